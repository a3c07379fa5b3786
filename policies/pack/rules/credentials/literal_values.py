"""What looks like a credential has no place in a setting.

Owns settings that are read by whoever may read the resource: Apigee's key value maps, target servers and
attributes of apps; environment variables and application settings of both clouds. A value is judged by
its look, a setting by its name as well.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from ...model import About, Context, Finding, Resource, ResourceRule
from ...tokens import normalise
from ...values import UNKNOWN

# By type, the properties that are settings.
_SETTINGS: Final = {
    "gcp:apigee:environmentkeyvaluemapsentries": ("name", "value"),
    "gcp:apigee:targetserver": ("host", "description"),
    "gcp:apigee:developerapp": ("attributes",),
    "gcp:apigee:appgroup": ("attributes",),
    "gcp:apigee:apiproduct": ("attributes",),
    "gcp:cloudrunv2:service": ("template",),
    "gcp:cloudrunv2:job": ("template",),
    "gcp:cloudfunctionsv2:function": ("serviceConfig", "buildConfig"),
    "gcp:cloudfunctions:function": ("environmentVariables", "buildEnvironmentVariables"),
    "azure-native:web:webapp": ("siteConfig",),
    "azure-native:web:webappapplicationsettings": ("properties",),
    "azure-native:app:containerapp": ("configuration", "template"),
}
_CREDENTIAL: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+"  # a JSON web token
    r"|\b(AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bAIza[\w-]{35}\b"
    r"|\bgh[pousr]_\w{36,}"
    r"|\bxox[abprs]-[\w-]{10,}"
    r"|\b(AccountKey|SharedAccessKey|sig|client_secret|password|pwd)=[^;&\s{]{8,}"
    r"|\"private_key\"\s*:"
    r"|\b[\w.~-]{3}[78]Q~[\w.~-]{31,34}\b"  # a client secret of Entra's
    r"|://[^/\s:@{]+:[^/\s:@{]+@",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(
    r"(^|[._-])(password|passwd|pwd|secret|client-?secret|api-?key|token|private-?key|credential)s?($|[._-])",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[A-Za-z0-9+/=_-]{24,}")
# English and names have under 4 bits a character, random base64 has more.
_RANDOM_BITS: Final = 4.3


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds a setting whose value looks like a credential, or whose name says that it is one.

    Args:
        resource: what has settings.
        context: of no use to this rule.
    """
    properties = _SETTINGS[normalise(resource.token)]
    entry = resource.properties
    if properties == ("name", "value"):
        found = _looks(str(entry.get("name", "")), entry.get("value"))
    else:
        found = next((n for p in properties for n in _within(p, entry.get(p))), None)
    if found is UNKNOWN:
        yield _finding(resource, "a setting isn't known, and may be a credential", decided=False)
    elif found:
        yield _finding(resource, str(found), decided=True)


def _finding(resource: Resource, what: str, decided: bool) -> Finding:
    return Finding(
        resource.urn,
        f"'{resource.name}': {what}. Whoever may read the resource, or Pulumi's state, has it. Put it "
        "into the vault and name it in the setting; then change it.",
        decided,
    )


def _within(name: str, value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        # Settings come as name and value, or as a map.
        if isinstance(value.get("name"), str) and "value" in value:
            yield from filter(None, [_looks(value["name"], value["value"])])
        for key, part in value.items():
            yield from _within(key, part)
    elif isinstance(value, list):
        for part in value:
            yield from _within(name, part)
    elif value is not UNKNOWN:
        yield from filter(None, [_looks(name, value)])


def _looks(name: str, value: object) -> object:
    """What gives a value away; `UNKNOWN` where its name would and it isn't known."""
    named = _NAMED.search(name) is not None
    if value is UNKNOWN:
        return UNKNOWN if named else None
    if not isinstance(value, str):
        return None
    if _CREDENTIAL.search(value):
        return "a setting has the look of a credential"
    if named and value and not _is_reference(value):
        return "a setting's name says that its value is a credential"
    if any(_is_random(word) for word in _WORD.findall(value)):
        return "a setting has the look of a random key"
    return None


def _is_reference(value: str) -> bool:
    """Whether a value names where a secret is, or is too short to be one: a flag, a number, a word."""
    return value.startswith(("@Microsoft.KeyVault(", "projects/", "https://")) or len(value) < 8


def _is_random(word: str) -> bool:
    classes = sum(bool(re.search(kind, word)) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return classes == 3 and _bits(word) > _RANDOM_BITS


def _bits(word: str) -> float:
    """Shannon's entropy of its characters, in bits each."""
    return -sum(n / len(word) * math.log2(n / len(word)) for n in Counter(word).values())


RULE = ResourceRule(
    about=About(
        name="credential-looking-value",
        description="No setting of a resource looks like a credential.",
        severity="high",
        controls=("MCSB IM-8", "Checkov CKV_SECRET_6"),
        remediation=(
            "1. Put the value into the vault, under a name.\n"
            "2. Read it at run time: in a proxy by the shared flow, elsewhere by a reference.\n"
            "3. Change it: whoever read the setting has it."
        ),
    ),
    types=frozenset(_SETTINGS),
    judge=judge,
)
