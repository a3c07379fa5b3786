"""Each key vault has a diagnostic setting that keeps its audit logs.

Owns the link from a setting to its vault and what counts as kept. How long a destination keeps what
it gets, and who reads it, is not judged here.

Outputs of a setting don't say which resource it is for. So the link is what the setting's
`resourceUri` was computed from, checked against the setting's id wherever that is known: an id
contains the path of the resource, and it is what Azure has.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ...certainty import Certainty, at, is_one_of, is_text, is_true
from ...model import About, Context, Finding, Resource, StackRule
from ...values import UNKNOWN

VAULT: Final = "azure-native:keyvault:vault"
SETTING: Final = "azure-native:monitor:diagnosticsetting"

# Microsoft Learn, "Enable Key Vault logging": the audit category, and the groups that contain it.
# Compared without case: Azure takes another spelling as the same category or refuses the setting,
# so none can leave a vault unaudited.
CATEGORIES: Final = frozenset({"auditevent"})
GROUPS: Final = frozenset({"audit", "alllogs"})

# Workspace, storage account, event hub. What a marketplace partner keeps is out of the owner's
# hands; `serviceBusRuleId` is a retired form; an event hub's name alone names no destination.
DESTINATIONS: Final = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId")

_TARGET: Final = re.compile(
    r"/providers/microsoft\.keyvault/vaults/([^/]+)"
    r"(?:/providers/microsoft\.insights/diagnosticsettings/[^/]+)?/?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Vaults:
    """The stack's vaults.

    Attributes:
        keys: by vault URN, what identifies the vault: its name (unique in a whole cloud, whatever
            its case), or its URN while the name isn't known. Two resources may be one vault.
        known: all the keys.
        nameless: the keys that are URNs.
    """

    keys: Mapping[str, str]
    known: frozenset[str]
    nameless: frozenset[str]


@dataclass(frozen=True)
class _Link:
    """Which vault a setting is for.

    Attributes:
        keys: the vaults that it may be for; for exactly one of them.
        adrift: it may also be for any vault of the stack.
        adrift_nameless: it may also be for any vault whose name isn't known.
    """

    keys: frozenset[str] = frozenset()
    adrift: bool = False
    adrift_nameless: bool = False


@dataclass
class _Coverage:
    """What the settings seen so far do for the vaults: the best of them, and what they lack."""

    by_key: dict[str, Certainty] = field(default_factory=dict)
    shortfalls: dict[str, list[str]] = field(default_factory=dict)
    any_vault: Certainty = Certainty.NO
    nameless_vault: Certainty = Certainty.NO

    def add(self, link: _Link, setting: Resource) -> None:
        logs = _audit_logs(setting.properties.get("logs"))
        destination = max(_destination(setting, key) for key in DESTINATIONS)
        keeps = min(logs, destination)
        perhaps = min(keeps, Certainty.UNDECIDED)
        for key in link.keys:
            certainty = keeps if len(link.keys) == 1 else perhaps
            self.by_key[key] = max(certainty, self.by_key.get(key, Certainty.NO))
            if keeps is Certainty.NO:
                self.shortfalls.setdefault(key, []).append(_shortfall(setting, logs, destination))
        if link.adrift:
            self.any_vault = max(perhaps, self.any_vault)
        if link.adrift_nameless:
            self.nameless_vault = max(perhaps, self.nameless_vault)

    def of(self, key: str, vaults: _Vaults) -> Certainty:
        certainty = max(self.by_key.get(key, Certainty.NO), self.any_vault)
        return max(certainty, self.nameless_vault) if key in vaults.nameless else certainty


def judge(resources: Mapping[str, Sequence[Resource]], context: Context) -> Iterator[Finding]:
    """Finds each vault whose audit logs no diagnostic setting of the stack keeps.

    Takes time in proportion to the number of vaults, settings and their dependencies.

    Args:
        resources: vaults and diagnostic settings, by normalised type.
        context: of no use to this rule.

    Yields:
        At most one finding a vault; undecided where a value that decides isn't known yet.
    """
    vaults = _identify(resources.get(VAULT, ()))
    coverage = _Coverage()
    for setting in sorted(resources.get(SETTING, ()), key=lambda setting: setting.urn):
        coverage.add(_link(vaults, setting), setting)
    for vault in resources.get(VAULT, ()):
        key = vaults.keys[vault.urn]
        certainty = coverage.of(key, vaults)
        if certainty is Certainty.UNDECIDED:
            yield _undecided(vault)
        elif certainty is Certainty.NO:
            yield _violation(vault, coverage.shortfalls.get(key, ()))


def _identify(vaults: Sequence[Resource]) -> _Vaults:
    keys: dict[str, str] = {}
    nameless: set[str] = set()
    for vault in vaults:
        # The output is `name`; a preview's outputs may still be the inputs: `vaultName`.
        names = (vault.properties.get(key) for key in ("name", "vaultName"))
        name = next((name for name in names if isinstance(name, str)), None)
        if name is None:
            nameless.add(vault.urn)
        keys[vault.urn] = vault.urn if name is None else name.lower()
    return _Vaults(keys, frozenset(keys.values()), frozenset(nameless))


def _link(vaults: _Vaults, setting: Resource) -> _Link:
    origins = setting.dependencies.get("resourceUri", ())
    sources = frozenset(vaults.keys[urn] for urn in origins if urn in vaults.keys)
    # A preview's outputs may still be the inputs, and then hold `resourceUri`.
    paths = [setting.properties.get(key) for key in ("id", "resourceUri")]
    path = next((path for path in paths if isinstance(path, str)), None)
    if path is not None:
        return _link_by_path(vaults, path, sources)
    return _Link(sources, adrift=not sources)


def _link_by_path(vaults: _Vaults, path: str, sources: frozenset[str]) -> _Link:
    match = _TARGET.search(path)
    if match is None:
        return _Link()
    name = match[1].lower()
    if name in vaults.known:
        return _Link(frozenset({name}))
    unnamed = sources & vaults.nameless
    return _Link(unnamed, adrift_nameless=not unnamed)


def _audit_logs(logs: object) -> Certainty:
    if logs is UNKNOWN:
        return Certainty.UNDECIDED
    if not isinstance(logs, list):
        return Certainty.NO
    return max((_audit_log(entry) for entry in logs), default=Certainty.NO)


def _audit_log(entry: object) -> Certainty:
    named = max(
        is_one_of(at(entry, "category"), CATEGORIES),
        is_one_of(at(entry, "categoryGroup"), GROUPS),
    )
    return min(named, is_true(at(entry, "enabled")))


def _destination(setting: Resource, key: str) -> Certainty:
    value = setting.properties.get(key)
    if value is UNKNOWN:
        # Another resource's output, not known before that resource exists: set.
        return Certainty.YES if setting.dependencies.get(key) else Certainty.UNDECIDED
    return is_text(value)


def _shortfall(setting: Resource, logs: Certainty, destination: Certainty) -> str:
    lacks = []
    if logs is Certainty.NO:
        lacks.append("its logs have no enabled entry of an audit category")
    if destination is Certainty.NO:
        lacks.append(f"it has none of {', '.join(DESTINATIONS)}")
    return f"'{setting.name}' doesn't count: {' and '.join(lacks)}."


def _violation(vault: Resource, shortfalls: Sequence[str]) -> Finding:
    found = " ".join(shortfalls[:_SHORTFALLS_SHOWN]) or "None in this stack is for this vault."
    return Finding(
        vault.urn,
        f"Vault '{vault.name}': no diagnostic setting keeps its audit logs, so nobody could tell "
        f"later who read a secret. {found} {_MEND}",
    )


def _undecided(vault: Resource) -> Finding:
    return Finding(
        vault.urn,
        f"Vault '{vault.name}': a diagnostic setting may keep its audit logs, but its resourceUri, "
        "logs or destination isn't known. A preview leaves that to the update, which refuses what "
        "still can't be told. Compute resourceUri from this vault's id alone, and write logs as "
        "literals.",
        decided=False,
    )


_SHORTFALLS_SHOWN: Final = 3

_MEND: Final = (
    "Add a DiagnosticSetting with resourceUri computed from this vault's id, logs with "
    '{categoryGroup: "audit", enabled: true} (or category "AuditEvent", or group "allLogs"), and '
    f"one of {', '.join(DESTINATIONS)}."
)

RULE: Final = StackRule(
    about=About(
        name="vault-without-audit-logs",
        description="Each key vault has a diagnostic setting that keeps its audit logs.",
        severity="high",
        controls=(
            "MCSB LT-3",
            "MCSB DP-8",
            "CIS 6.1.1.4",
            "PSRule AZR-000119",
            "Azure Policy cf820ca0",
        ),
        remediation=(
            "1. Choose where the logs are kept: a Log Analytics workspace, a storage account or an "
            "event hub.\n"
            "2. Add a DiagnosticSetting whose resourceUri is the vault's id, with an enabled logs "
            "entry of categoryGroup audit (or category AuditEvent, or group allLogs) and that "
            "destination.\n"
            "3. Let secrets depend on the setting, so that their first read is already logged."
        ),
    ),
    types=frozenset({VAULT, SETTING}),
    judge=judge,
)
