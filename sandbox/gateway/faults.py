"""Faults as Apigee raises and prints them. Owns their shape, not when they occur."""

from __future__ import annotations

import json

from sandbox.gateway.messages import Message


class Fault(Exception):
    """An error that puts the flow into its error state.

    `code` is the fault code (`steps.raisefault.RaiseFault`); its last part is `fault.name`. Apigee
    documentation, "Policy error reference" and "Runtime error catalog".
    """

    def __init__(
        self,
        code: str,
        text: str,
        status: int = 500,
        reason: str | None = None,
        response: Message | None = None,
    ) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.status = status
        self.reason = reason
        self.response = response

    @property
    def name(self) -> str:
        """What `fault.name` holds."""
        return self.code.rpartition(".")[2]

    def body(self) -> bytes:
        """The JSON that a client gets when no fault rule writes another."""
        detail: dict[str, str] = {"errorcode": self.code}
        if self.reason is not None:
            detail["reason"] = self.reason
        return json.dumps({"fault": {"faultstring": self.text, "detail": detail}}).encode()


def fault_message(fault: Fault) -> Message:
    """The JSON answer for a fault that no fault rule has shaped."""
    message = Message("response")
    message.status = fault.status
    message.content = fault.body()
    message.set_header("Content-Type", "application/json")
    return message
