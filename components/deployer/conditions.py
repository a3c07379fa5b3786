"""What the deployer may assign, as each cloud's conditions say it. Pure functions."""

from collections.abc import Sequence

from components.roles import Role

VERSION = "2.0"

_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"


def azure(roles: Sequence[Role], deployer_id: str) -> str:
    """A condition on who has Role Based Access Control Administrator.

    It may assign, and take back, these roles alone and to workloads alone, never to itself. Microsoft
    Learn, 'Examples to delegate Azure role assignment management with conditions' and 'Authorization
    actions and attributes'.

    Arguments:
        roles: the roles.
        deployer_id: the object id of who has it.
    """
    itself = (
        f"@Request[{_ASSIGNMENTS}:PrincipalId] ForAnyOfAllValues:GuidNotEquals {{{deployer_id}}}"
    )
    return " AND ".join(
        [
            _where("write", f"{_assignment('Request', roles)} AND {itself}"),
            _where("delete", _assignment("Resource", roles)),
        ]
    )


def _where(action: str, allowed: str) -> str:
    return f"((!(ActionMatches{{'{_ASSIGNMENTS}/{action}'}})) OR ({allowed}))"


def _assignment(source: str, roles: Sequence[Role]) -> str:
    guids = ", ".join(role.guid for role in roles)
    return (
        f"@{source}[{_ASSIGNMENTS}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{guids}}}"
        f" AND @{source}[{_ASSIGNMENTS}:PrincipalType]"
        " ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}"
    )


def google(roles: Sequence[str]) -> str:
    """A condition on who may write the project's policy: it may grant and revoke these roles alone.

    Google Cloud, 'Set limits on granting roles'.
    """
    listed = ", ".join(f"'{role}'" for role in roles)
    return f"api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([{listed}])"
