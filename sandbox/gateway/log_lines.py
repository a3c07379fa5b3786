"""Log entries on their way to Cloud Logging, in one call those that came during the one before.

Owns the sending and what becomes of entries that can't be sent: they are lost, and no request is
told. What is in an entry is the policy's.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Coroutine

import httpx

from sandbox.gateway import outgoing
from sandbox.gateway.messages import Message

_log = logging.getLogger(__name__)
_ENDPOINT = "https://logging.googleapis.com/v2/entries:write"
_TIMEOUTS = outgoing.Timeouts(read=10.0)
# Cloud Logging takes a thousand entries a call (documentation, "Quotas and limits").
_MOST_WAITING = 1_000

Entry = dict[str, object]


class LogLines:
    """Used from the event loop only.

    `later` runs work that no request waits for, and says whether it will; `client` is the next
    call's; `token_of` mints an account's access token.
    """

    def __init__(
        self,
        later: Callable[[Coroutine[object, object, None]], bool],
        client: Callable[[], httpx.AsyncClient],
        token_of: Callable[[str], str],
    ) -> None:
        self._later, self._client, self._token_of = later, client, token_of
        # By account, those that wait for the call under way; no key where there is none.
        self._waiting: dict[str, list[Entry]] = {}

    def write(self, account: str, entry: Entry) -> None:
        """Send an entry as an account: at once, or with others when the call under way is done."""
        if account not in self._waiting:
            self._waiting[account] = [entry]
            if not self._later(self._send_all(account)):
                del self._waiting[account]
        elif len(self._waiting[account]) < _MOST_WAITING:
            self._waiting[account].append(entry)
        else:
            _log.warning("a log line is lost: %d wait already", _MOST_WAITING)

    async def _send_all(self, account: str) -> None:
        try:
            while entries := self._waiting[account]:
                self._waiting[account] = []
                await self._send(account, entries)
        finally:
            del self._waiting[account]

    async def _send(self, account: str, entries: list[Entry]) -> None:
        request = Message("request")
        request.verb = "POST"
        request.set_header("Authorization", f"Bearer {self._token_of(account)}")
        request.set_header("Content-Type", "application/json")
        request.content = json.dumps({"entries": entries}).encode()
        try:
            answer = await outgoing.call(self._client(), request, _ENDPOINT, _TIMEOUTS)
        except outgoing.CallError as error:
            _log.warning("%d log lines are lost: %s", len(entries), error)
            return
        if answer.status >= 300:
            _log.warning(
                "%d log lines are lost: Cloud Logging answered %d", len(entries), answer.status
            )
