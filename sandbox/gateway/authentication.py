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
from sandbox.gateway.reading import getter_of, whole_number
from sandbox.gateway.variables import Getter, as_text

Authenticate = Callable[[Context, Message, str], Awaitable[None]]
"""Writes the token into the message; the text is the URL that the message goes to, if known.

Raises Fault `GoogleTokenGenerationFailure`.
"""

_Token = Callable[[Context, str], Awaitable[str]]
_Text = Callable[[Context], str]

_LONGEST_SECONDS = 43_200


def read_authentication(element: Element) -> Authenticate:
    """Read an `<Authentication>` element. Raises BundleError."""
    header_element = element.child("HeaderName")
    header = _text(header_element, "Authorization") if header_element is not None else None
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
        message.set_header(header(ctx) if header is not None else "Authorization", value)

    return authenticate


def _access_token(element: Element) -> _Token:
    scopes = tuple(scope.text() for scope in element.need("Scopes").children("Scope"))
    if not scopes or not all(scopes):
        raise element.error("<Scopes> needs at least one <Scope>, and none that is empty")
    life = element.child("LifetimeInSeconds")
    get = _referenced(life) if life is not None else None
    text = life.text() if life is not None else ""
    # A value that can't be a lifetime is an error now where it is a literal, else later.
    seconds = whole_number(life, text, 1, _LONGEST_SECONDS) if life is not None and text else None

    async def token(ctx: Context, url: str) -> str:
        found = get(ctx) if get is not None else None
        lifetime = str(seconds or google.LIFETIME) if found is None else as_text(found)
        return f"Bearer {await google.access_token(ctx, scopes, lifetime)}"

    return token


def _id_token(element: Element) -> _Token:
    audience_element = element.need("Audience")
    use_target = audience_element.flag("useTargetUrl", default=False)
    get = _referenced(audience_element)
    audience = audience_element.text()
    if re.search(r"[{}]", audience):
        raise audience_element.error('the audience takes no variable but by the attribute "ref"')
    if not (audience or use_target or get is not None):
        raise audience_element.error("the audience is missing")
    include_element = element.child("IncludeEmail")
    include = _boolean(include_element) if include_element is not None else (lambda ctx: False)

    async def token(ctx: Context, url: str) -> str:
        found = get(ctx) if get is not None else None
        wanted = as_text(found) or audience or (url.partition("?")[0] if use_target else "")
        return f"Bearer {await google.identity_token(ctx, wanted, include(ctx))}"

    return token


def _referenced(element: Element) -> Getter | None:
    ref = element.attribute("ref")
    return getter_of(element, ref) if ref is not None else None


def _text(element: Element, default: str) -> _Text:
    """The referenced variable's value, or else the element's text, or else the default."""
    get, text = _referenced(element), element.text()
    return lambda ctx: as_text(get(ctx) if get is not None else None) or text or default


def _boolean(element: Element) -> Callable[[Context], bool]:
    get, literal = _referenced(element), element.boolean(default=False)

    def value(ctx: Context) -> bool:
        found = get(ctx) if get is not None else None
        return literal if found is None else as_text(found).lower() == "true"

    return value
