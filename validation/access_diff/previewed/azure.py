"""Statements from Azure's resources: roles, a vault's own policies, and from where it is reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from components import roles
from validation.access_diff.model import Access, Danger
from validation.access_diff.previewed.surroundings import Surroundings, environment_of, known
from validation.preview.model import State

# Roles that are the program's own, in words; every other one is told by its id.
_ROLES: Final = {
    roles.KEY_VAULT_SECRETS_USER.guid: (Danger.VALUE, "read", "secrets"),
    roles.KEY_VAULT_SECRETS_OFFICER.guid: (Danger.RIGHTS, "read and write", "secrets"),
    roles.KEY_VAULT_CRYPTO_USER.guid: (Danger.VALUE, "use", "keys"),
}
_NAMES: Final = {role.guid: role.name for role in (*roles.ASSIGNED, roles.RBAC_ADMINISTRATOR)}


def role_assignment(state: State, around: Surroundings) -> Iterator[Access]:
    """Who has which role on what. A principal that isn't said to be a workload may be a person."""
    role = known(state.value("roleDefinitionId")).rsplit("/", 1)[-1].lower()
    scope = known(state.value("scope"))
    danger, may, noun = _ROLES.get(role, (Danger.RIGHTS, _role(role), ""))
    workload = state.text("principalType") == "ServicePrincipal"
    yield Access(
        danger if workload else Danger.PERSON,
        "Azure",
        environment_of(state),
        _principal(state, around, workload),
        may,
        _scope(scope, noun) if scope else f"{noun or 'scope'} of a vault to be made".strip(),
    )


def _role(guid: str) -> str:
    return f"have the role {_NAMES.get(guid, guid) or '(known after deployment)'} on"


def _principal(state: State, around: Surroundings, workload: bool) -> str:
    principal = known(state.value("principalId"))
    noun = "workload" if workload else f"{state.text('principalType') or 'person (no type given)'}"
    if not principal:
        return f"{noun} of {state.name} (to be made)"
    return around.principals.get(principal, f"{noun} {principal}")


def _scope(scope: str, noun: str) -> str:
    """A scope by the vault and what is in it; another one by its last names."""
    parts = scope.strip("/").split("/")
    lowered = [part.lower() for part in parts]
    if "vaults" not in lowered:
        return f"scope {scope}"
    at = lowered.index("vaults") + 1
    vault = f"vault {parts[at]}" if at < len(parts) else scope
    if len(parts) > at + 2:
        return f"{lowered[at + 1].removesuffix('s')} {parts[at + 2]} in {vault}"
    return f"{noun} of {vault}" if noun else vault


def vault(state: State, _around: Surroundings) -> Iterator[Access]:
    """From where a vault is reached, and whom its own access policies let in."""
    properties = state.value("properties")
    if not isinstance(properties, Mapping):
        return
    environment, what = environment_of(state), f"vault {_vault_name(state)}"
    for who in _reached_from(properties):
        yield Access(Danger.NETWORK, "Azure", environment, who, "reach", what)
    for policy in properties.get("accessPolicies") or ():
        who = known(policy.get("objectId")) if isinstance(policy, Mapping) else ""
        yield _by_policy(environment, who, what)


def access_policy(state: State, _around: Surroundings) -> Iterator[Access]:
    """Whom a separate access policy lets in: it has no type, so it may be a person."""
    policy = state.value("policy")
    who = known(policy.get("objectId")) if isinstance(policy, Mapping) else ""
    what = f"vault {known(state.value('vaultName')) or '(known after deployment)'}"
    yield _by_policy(environment_of(state), who, what)


def private_endpoint(state: State, _around: Surroundings) -> Iterator[Access]:
    """Which private network reaches what the endpoint leads to."""
    subnet = state.value("subnet")
    where = known(subnet.get("id")) if isinstance(subnet, Mapping) else ""
    who = f"private network of {where or state.name}"
    yield Access(
        *(Danger.NETWORK, "Azure", environment_of(state), who, "reach"),
        f"what the endpoint {state.name} leads to",
    )


def _by_policy(environment: str, who: str, what: str) -> Access:
    return Access(
        *(Danger.PERSON, "Azure", environment, f"principal {who or '(known after deployment)'}"),
        *("have an access policy on", what),
    )


def _vault_name(state: State) -> str:
    return known(state.inputs.get("vaultName")) or known(state.outputs.get("name")) or state.name


def _reached_from(properties: Mapping[str, object]) -> Iterator[str]:
    """Azure's defaults are open: no rules, or no default action, let any address in."""
    if known(properties.get("publicNetworkAccess")).lower() == "disabled":
        return
    rules = properties.get("networkAcls")
    if not isinstance(rules, Mapping) or known(rules.get("defaultAction")).lower() != "deny":
        yield "any address"
        return
    if known(rules.get("bypass")).lower() != "none":
        yield "Azure's trusted services"
    for rule in rules.get("ipRules") or ():
        value = known(rule.get("value")) if isinstance(rule, Mapping) else ""
        yield f"addresses {value or '(known after deployment)'}"
    for rule in rules.get("virtualNetworkRules") or ():
        yield f"subnet {known(rule.get('id')) if isinstance(rule, Mapping) else ''}"
