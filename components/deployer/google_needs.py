"""What the program's Google resources take of their deployer, by their types.

Owns the lists; `deployer_rights` gives what is in them. A type that the program registers and that
no list has fails a test, and so does one that it doesn't register. Permissions are those of the
REST methods that the provider calls (`hashicorp/terraform-provider-google-beta`); Google names them
in 'Apigee roles and permissions' and in the permissions index.

Left out on purpose: `iam.serviceAccounts.actAs`, which a deployer has on each account alone
(`GatewayIdentity`'s `deployer`), minting tokens, keys of service accounts, debug sessions, and
switching services off.
"""

from components.deployer.need import Need

_APIGEE = "Apigee roles and permissions"
_IAM = "IAM roles and permissions"
_OPERATION = "apigee.operations.get"


def _apigee(*kinds_and_verbs: tuple[str, str]) -> tuple[str, ...]:
    """Permissions of Apigee, from kinds of resources and their verbs, separated by spaces."""
    return tuple(
        f"apigee.{kind}.{verb}" for kind, verbs in kinds_and_verbs for verb in verbs.split()
    )


BY_CUSTOM_ROLE = {
    "gcp:apigee/organization:Organization": Need(
        _apigee(("organizations", "get")), "read how the organization is billed", _APIGEE
    ),
    "gcp:apigee/environment:Environment": Need(
        (*_apigee(("environments", "create delete get update")), _OPERATION),
        "make environments, or read one that exists",
        _APIGEE,
    ),
    "gcp:apigee/instanceAttachment:InstanceAttachment": Need(
        (*_apigee(("instanceattachments", "create delete get")), _OPERATION),
        "let the instance serve an environment",
        _APIGEE,
    ),
    "gcp:apigee/envGroup:EnvGroup": Need(
        (*_apigee(("envgroups", "create delete get update")), _OPERATION),
        "declare host names",
        _APIGEE,
    ),
    "gcp:apigee/envGroupAttachment:EnvGroupAttachment": Need(
        (*_apigee(("envgroupattachments", "create delete get")), _OPERATION),
        "let an environment answer to them",
        _APIGEE,
    ),
    "gcp:apigee/environmentDebugmask:EnvironmentDebugmask": Need(
        _apigee(("maskconfigs", "get update")), "hide secrets in debug sessions", _APIGEE
    ),
    "gcp:apigee/environmentKeyvaluemaps:EnvironmentKeyvaluemaps": Need(
        _apigee(("keyvaluemaps", "create delete"), ("keyvaluemapentries", "list")),
        "make the map that the shared flow reads",
        _APIGEE,
    ),
    "gcp:apigee/environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries": Need(
        _apigee(("keyvaluemapentries", "create delete get")),
        "write the declaration into it",
        _APIGEE,
    ),
    "gcp:apigee/envKeystore:EnvKeystore": Need(
        _apigee(("keystores", "create delete get")), "make keystores for targets' TLS", _APIGEE
    ),
    "gcp:apigee/envReferences:EnvReferences": Need(
        _apigee(("references", "create delete get")), "refer to them", _APIGEE
    ),
    "gcp:apigee/sharedflow:Sharedflow": Need(
        _apigee(("sharedflows", "create delete get")), "upload revisions of the flow", _APIGEE
    ),
    "gcp:apigee/sharedflowDeployment:SharedflowDeployment": Need(
        _apigee(("sharedflowrevisions", "deploy undeploy"), ("deployments", "get")),
        "deploy the flow",
        _APIGEE,
    ),
    "gcp:apigee/api:Api": Need(
        _apigee(("proxies", "create delete get")), "upload revisions of proxies", _APIGEE
    ),
    "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment": Need(
        _apigee(("proxyrevisions", "deploy undeploy"), ("deployments", "get")),
        "deploy proxies",
        _APIGEE,
    ),
    "gcp:apigee/natAddress:NatAddress": Need(
        (*_apigee(("nataddresses", "activate create delete get")), _OPERATION),
        "reserve the addresses that calls leave from",
        _APIGEE,
    ),
    "gcp:projects/service:Service": Need(
        (
            "resourcemanager.projects.get",
            "serviceusage.services.enable",
            "serviceusage.services.get",
            "serviceusage.services.list",
        ),
        "switch on the services that the gateway calls",
        "Service Usage roles and permissions",
    ),
    "gcp:projects/serviceIdentity:ServiceIdentity": Need(
        ("serviceusage.services.enable",),
        "make Apigee's service agent",
        "Create and grant roles to service agents",
    ),
    "gcp:serviceaccount/account:Account": Need(
        tuple(f"iam.serviceAccounts.{verb}" for verb in ("create", "delete", "get", "update")),
        "make the account that an environment runs as",
        _IAM,
    ),
    "gcp:serviceaccount/iAMMember:IAMMember": Need(
        ("iam.serviceAccounts.getIamPolicy", "iam.serviceAccounts.setIamPolicy"),
        "let Apigee mint tokens as that account, and the deployer deploy under it",
        _IAM,
    ),
}
"""By the role that is made for the deployer."""

BY_CONDITION = {
    "gcp:projects/iAMMember:IAMMember": Need(
        ("resourcemanager.projects.getIamPolicy", "resourcemanager.projects.setIamPolicy"),
        "let the account write the fetch log, and give no other role in the project",
        "Set limits on granting roles",
    ),
}
"""By a second such role, whose grant holds as far as its condition allows."""
