"""Google credentials as the Apigee platform gets them for a policy.

The platform itself holds the service agent's token; a token of the deployment's service account is
minted by IAM Credentials, over HTTPS, as that agent. Apigee documentation, "Using Google
authentication"; Google Cloud documentation, "projects.serviceAccounts.generateIdToken" and
"projects.serviceAccounts.generateAccessToken".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sandbox import world
from sandbox.gateway import outgoing
from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.messages import Message

LIFETIME = 3600
"""Seconds that an access token lives when the policy doesn't say."""

_ENDPOINT = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"
_TIMEOUTS = outgoing.Timeouts(read=10.0)


async def identity_token(ctx: Context, audience: str, include_email: bool) -> str:
    """An ID token of the deployment's service account.

    Raises Fault `GoogleTokenGenerationFailure` for whatever goes wrong: a deployment without an
    account, a missing grant and an outage look alike.
    """
    asked = {"audience": audience, "includeEmail": include_email}
    return await _minted(ctx, "generateIdToken", asked, "token")


async def access_token(ctx: Context, scopes: Sequence[str], seconds: str) -> str:
    """An access token of the deployment's service account, for so many seconds (a whole number).

    Raises Fault `GoogleTokenGenerationFailure`, as `identity_token` does.
    """
    asked = {"scope": list(scopes), "lifetime": f"{seconds}s"}
    return await _minted(ctx, "generateAccessToken", asked, "accessToken")


async def _minted(ctx: Context, method: str, asked: Mapping[str, object], field: str) -> str:
    account = ctx.deployed.service_account
    if account is None:
        raise _failure("the proxy is deployed without a service account")
    request = Message("request")
    request.verb = "POST"
    request.set_header("Content-Type", "application/json")
    agent = ctx.runtime.access_token(world.APIGEE_SERVICE_AGENT)
    request.set_header("Authorization", f"Bearer {agent}")
    request.content = json.dumps(asked).encode()
    url = f"{_ENDPOINT}/{account}:{method}"
    try:
        answer = await outgoing.call(ctx.runtime.client, request, url, _TIMEOUTS)
    except outgoing.CallError as error:
        raise _failure("IAM Credentials can't be reached") from error
    if answer.status != 200:
        raise _failure(f"IAM Credentials answered {answer.status} for {account}")
    try:
        token = json.loads(answer.content)[field]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _failure("IAM Credentials' answer holds no token") from error
    return str(token)


def _failure(why: str) -> Fault:
    text = f"Failed to generate a Google token: {why}"
    return Fault("messaging.adaptors.http.filter.GoogleTokenGenerationFailure", text)
