"""Names of everything that is deployed, and what each cloud allows in a name.

Pure functions and patterns. Whether a user's name is legal is reported by `settings`; which
resource gets which name is decided here alone.
"""

import hashlib
import re
import uuid
from dataclasses import dataclass

PROJECT = "apigee-keyvault"
SHARED_FLOW = "azure-key-vault"
KEY_VALUE_MAP = "azure-key-vault"
VAULT_SUFFIX_LENGTH = 6

# The longest environment and stack names that still fit into every name derived from them:
# a vault's `kv-<environment>-<suffix>` has 24 characters, a workspace's `<project>-<stack>` 63.
MAX_ENVIRONMENT_LENGTH = 24 - len("kv--") - VAULT_SUFFIX_LENGTH
MAX_STACK_LENGTH = 63 - len(PROJECT) - 1
# A service account's id has up to 30 characters; one is named as the shared flow, with its suffix.
MAX_NAME_SUFFIX_LENGTH = 30 - len(SHARED_FLOW) - 1


@dataclass(frozen=True)
class NameRule:
    """What a cloud allows in one kind of name.

    Attributes:
        kind: what is named, as it reads in a message.
        pattern: the whole name must match it.
        description: the rule in words, as it reads after "use".
    """

    kind: str
    pattern: re.Pattern[str]
    description: str

    def allows(self, name: str) -> bool:
        """Whether `name` obeys the rule."""
        return self.pattern.fullmatch(name) is not None


# An environment names an Apigee environment (2-32: lower case, digits, hyphens), a Google service
# account (`apigee-kv-<environment>`, 6-30) and a vault (3-24, no consecutive hyphens). The vault's
# limit is the tightest. Google Cloud, 'Apigee: Creating an environment', 'IAM: Create service
# accounts'; Microsoft Learn, 'About keys, secrets, and certificates: object identifiers'.
ENVIRONMENT = NameRule(
    "environment name",
    re.compile(rf"(?=.{{2,{MAX_ENVIRONMENT_LENGTH}}}$)[a-z][a-z0-9]*(-[a-z0-9]+)*"),
    f"2 to {MAX_ENVIRONMENT_LENGTH} lower-case letters, digits and single hyphens, starting with "
    "a letter (the vault's name adds ten characters and may have 24)",
)
# Lower case alone: Azure would take the resource groups of `Prod` and `prod` for one.
STACK = NameRule(
    "stack name",
    re.compile(rf"(?=.{{1,{MAX_STACK_LENGTH}}}$)[a-z0-9]+(-[a-z0-9]+)*"),
    f"1 to {MAX_STACK_LENGTH} lower-case letters, digits and single hyphens (it becomes part of "
    "the Log Analytics workspace's name)",
)
SECRET = NameRule(
    "secret name",
    re.compile(r"[0-9a-zA-Z-]{1,127}"),
    "1 to 127 letters, digits and hyphens, as Key Vault does",
)
PROXY = NameRule(
    "proxy name",
    re.compile(r"[A-Za-z0-9._-]{1,255}"),
    "1 to 255 letters, digits, dots, underscores and hyphens, as Apigee does",
)
# What a debug mask hides: Google Cloud, 'Apigee: Masking and hiding data'.
FLOW_VARIABLE = NameRule(
    "flow variable",
    re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+"),
    "a flow variable such as request.header.Authorization or partnerResponse.content",
)
# Google Cloud, 'Apigee API: environments.keystores', 'environments.references': letters, digits, spaces,
# dots, hyphens. Narrower here: a reference stands in the bundles' XML, as ref://NAME.
KEYSTORE = NameRule(
    "keystore or reference name",
    re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,127}"),
    "1 to 128 letters, digits, dots and hyphens, starting with a letter or digit",
)
HOSTNAME = NameRule(
    "host name",
    re.compile(
        r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
    ),
    "a full lower-case host name without scheme, port or path, such as api.example.com",
)
# Microsoft Learn, 'About keys, secrets, and certificates: object identifiers'; Azure ignores case.
VAULT = NameRule(
    "vault name",
    re.compile(r"(?=.{3,24}$)[a-z][a-z0-9]*(-[a-z0-9]+)*"),
    "3 to 24 lower-case letters, digits and single hyphens, starting with a letter",
)
NAME_SUFFIX = NameRule(
    "name suffix",
    re.compile(rf"(?=.{{1,{MAX_NAME_SUFFIX_LENGTH}}}$)[a-z0-9]+(-[a-z0-9]+)*"),
    f"1 to {MAX_NAME_SUFFIX_LENGTH} lower-case letters, digits and single hyphens, without the "
    "hyphen in front",
)
WRITER = NameRule(
    "writer name",
    re.compile(r"[a-z][a-z0-9-]{0,31}"),
    "1 to 32 lower-case letters, digits and hyphens, starting with a letter",
)
GOOGLE_PROJECT = NameRule(
    "Google project id",
    re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]"),
    "the project's id (6 to 30 lower-case letters, digits and hyphens), not its number",
)
# Service accounts, and what a workload identity pool vouches for; a workforce pool vouches for
# people. Google Cloud, 'Principal identifiers'.
GOOGLE_WORKLOAD = NameRule(
    "workload",
    re.compile(
        r"serviceAccount:[^@\s]+@[^@\s]+"
        r"|principal(Set)?://iam\.googleapis\.com/projects/[0-9]+/locations/global"
        r"/workloadIdentityPools/\S+"
    ),
    "serviceAccount:EMAIL, or a principal of a workload identity pool",
)
APIGEE_INSTANCE = NameRule(
    "Apigee instance name",
    re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]"),
    "2 to 32 lower-case letters, digits and hyphens: the instance's own name, not its path",
)
AZURE_LOCATION = NameRule(
    "Azure location",
    re.compile(r"[a-z][a-z0-9]{2,31}"),
    "a location's short name, such as westeurope",
)
# A service account is named `apigee-ci-<environment>`, and has up to 30 characters.
GITHUB_ENVIRONMENT = NameRule(
    "GitHub environment",
    re.compile(r"(?=.{1,20}$)[a-z0-9]+(-[a-z0-9]+)*"),
    "1 to 20 lower-case letters, digits and single hyphens",
)
GITHUB_REPOSITORY = NameRule(
    "GitHub repository",
    # With their numbers, which GitHub's subjects have since July 2026 (Microsoft Learn, 'Migrate
    # GitHub Actions federated credentials to immutable subjects').
    re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}(@[0-9]+)?/[A-Za-z0-9._-]{1,100}(@[0-9]+)?"),
    "OWNER/NAME or OWNER@ID/NAME@ID, as in the subject of the repository's tokens",
)
IDENTITY_POOL = NameRule(
    "workload identity pool",
    re.compile(
        r"projects/[0-9]+/locations/global/workloadIdentityPools/[a-z][a-z0-9-]{2,30}[a-z0-9]"
    ),
    "projects/NUMBER/locations/global/workloadIdentityPools/NAME",
)
GUID = NameRule(
    "GUID",
    re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "a GUID: 8-4-4-4-12 hexadecimal digits",
)


def azure_group(stack: str) -> str:
    """Name of the stack's resource group."""
    return f"{PROJECT}-{stack}"


def workspace(stack: str) -> str:
    """Name of the stack's Log Analytics workspace."""
    return f"{PROJECT}-{stack}"


def vault(environment: str, suffix: str) -> str:
    """Name of an environment's vault: globally unique by its random `suffix`."""
    return f"kv-{environment}-{suffix}"


def gateway_identity(environment: str, generation: int = 1) -> str:
    """Name that an environment's identity has in both clouds.

    It is the Google service account's id, the user-assigned identity's name and the name of the
    federated credential between the two. Later generations of the identity are marked behind an
    underscore, which no environment's name can hold: `alpha_2` is not the environment `alpha-2`.
    """
    first = f"apigee-kv-{environment}"
    return first if generation == 1 else f"{first}_{generation}"


def gateway_application(project: str, environment: str, generation: int) -> str:
    """Display name of an environment's app registration: with the project, since a tenant has many."""
    return f"{gateway_identity(environment, generation)} ({project})"


def suffixed(name: str, suffix: str | None) -> str:
    """Name of a shared flow or proxy in the organization: a second stack there has a suffix."""
    return f"{name}-{suffix}" if suffix else name


def nat_address(number: int, suffix: str | None = None) -> str:
    """Name of an egress address of an instance, counted from 1; Apigee allows 20 characters.

    Stacks of one instance are told apart by their suffix alone: with more there were too many.
    """
    return f"{suffix or 'key-vault'}-{number}"


def apigee_organization(project: str) -> str:
    """Path of the project's Apigee organization, which is always named as its project."""
    return f"organizations/{project}"


def apigee_instance(project: str, instance: str) -> str:
    """Path of an instance of the project's Apigee organization."""
    return f"{apigee_organization(project)}/instances/{instance}"


def apigee_environment(project: str, environment: str) -> str:
    """Path of an environment of the project's Apigee organization."""
    return f"{apigee_organization(project)}/environments/{environment}"


def vault_host(vault_name: str) -> str:
    """Host name under which a vault serves its secrets (Azure's public cloud)."""
    return f"{vault_name}.vault.azure.net"


def role_assignment(scope: str, principal_id: str, role_guid: str) -> str:
    """GUID that names the one assignment of a role to a principal at a scope.

    Deterministic, so that a second run finds the same assignment; Azure compares ids without case.
    """
    key = f"{scope}|{principal_id}|{role_guid}".lower()
    return str(uuid.uuid5(uuid.NAMESPACE_URL, key))


def deployer_role(stack: str) -> str:
    """Name of the Azure role of the stack's deployer; a tenant has one role of a name."""
    return f"{PROJECT} deployer of {stack}"


def deployer_role_guid(stack: str, subscription_id: str) -> str:
    """GUID of that role."""
    key = f"{deployer_role(stack)}|{subscription_id}".lower()
    return str(uuid.uuid5(uuid.NAMESPACE_URL, key))


def deployer_google_role(stack: str, part: str) -> str:
    """Id of a role of the stack's deployer in the Google project: without hyphens, up to 64 characters."""
    return f"apigee_{part}_{stack.replace('-', '_')}"


def ci_group(stack: str) -> str:
    """Azure resource group of the identities that CI has for a stack."""
    return f"{PROJECT}-ci-{stack}"


def ci_identity(environment: str) -> str:
    """Name of CI's identity in both clouds for a GitHub environment."""
    return f"apigee-ci-{environment}"


def scope_key(scope: str) -> str:
    """A scope in a logical name: its last part to be read, its hash to be told from others."""
    last = re.sub(r"[^\w.-]", "-", scope.rsplit("/", 1)[1])
    return f"{last}-{hashlib.sha256(scope.lower().encode()).hexdigest()[:6]}"


def tags(stack: str, environment: str | None = None) -> dict[str, str]:
    """Tags of an Azure resource: who made it, from which stack, for which environment."""
    common = {"managed-by": "pulumi", "project": PROJECT, "stack": stack}
    return common if environment is None else {**common, "environment": environment}
