"""`<Authentication>`: a Google token in a header of what a policy or a target endpoint sends.

Apigee documentation, "Using Google authentication", "AssignMessage policy" and "ServiceCallout
policy". Owns the element; `google` gets the tokens. A deployment with a service account is needed,
which is the control plane's to refuse (`Compiled.google_token`).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from sandbox.gateway import google
from sandbox.gateway.context import Context
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Message
from sandbox.gateway.reading import whole_number
from sandbox.gateway.referenced import referenced

Authenticate = Callable[[Context, Message, str], Awaitable[None]]
"""Writes the token into the message; the text is the URL that the message goes to, if known.

Raises Fault `GoogleTokenGenerationFailure`.
"""

_Token = Callable[[Context, str], Awaitable[str]]

_LONGEST_SECONDS = 43_200


def read_authentication(element: Element) -> Authenticate:
    """Read an `<Authentication>` element. Raises BundleError."""
    header_element = element.child("HeaderName")
    header = referenced(header_element) if header_element is not None else None
    access, identity = element.child("GoogleAccessToken"), element.child("GoogleIDToken")
    if access is not None and identity is not None:
        raise element.error("one of <GoogleAccessToken> and <GoogleIDToken> is allowed, not both")
    if access is not None:
        token = _access_token(access)
    elif identity is not None:
        token = _id_token(identity)
    else:
        raise element.error("one of <GoogleAccessToken> and <GoogleIDToken> is needed")

    async def authenticate(ctx: Context, message: Message, url: str) -> None:
        value = await token(ctx, url)
        name = header.text(ctx) if header is not None else None
        message.set_header(name or "Authorization", value)

    return authenticate


def _access_token(element: Element) -> _Token:
    scopes = tuple(scope.text() for scope in element.need("Scopes").children("Scope"))
    if not scopes or not all(scopes):
        raise element.error("<Scopes> needs at least one <Scope>, and none that is empty")
    life_element = element.child("LifetimeInSeconds")
    life = referenced(life_element) if life_element is not None else None
    # A value that can't be a lifetime is an error now where it is a literal, else later.
    if life_element is not None and life is not None and life.literal:
        whole_number(life_element, life.literal, 1, _LONGEST_SECONDS)

    async def token(ctx: Context, url: str) -> str:
        seconds = (life.text(ctx) if life is not None else None) or str(google.LIFETIME)
        return f"Bearer {await google.access_token(ctx, scopes, seconds)}"

    return token


def _id_token(element: Element) -> _Token:
    audience_element = element.need("Audience")
    use_target = audience_element.flag("useTargetUrl", default=False)
    audience = referenced(audience_element)
    if re.search(r"[{}]", audience.literal):
        raise audience_element.error('the audience takes no variable but by the attribute "ref"')
    if not (audience.literal or use_target or audience.ref):
        raise audience_element.error("the audience is missing")
    include_element = element.child("IncludeEmail")
    include = _boolean(include_element) if include_element is not None else (lambda ctx: False)

    async def token(ctx: Context, url: str) -> str:
        wanted = audience.text(ctx) or (url.partition("?")[0] if use_target else "")
        return f"Bearer {await google.identity_token(ctx, wanted, include(ctx))}"

    return token


def _boolean(element: Element) -> Callable[[Context], bool]:
    """A boolean that a variable may hold instead of the element."""
    source = referenced(element)
    if source.literal.lower() not in ("", "true", "false"):
        raise element.error(f'value "{source.literal}" is neither true nor false')
    return lambda ctx: (source.text(ctx) or "").lower() == "true"
