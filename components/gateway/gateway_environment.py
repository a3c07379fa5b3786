"""One Apigee environment: where it is reached, what it enforces, and what runs in it.

Owns the environment, its attachment to the instance, its group with the host names, its debug mask,
its key value map and its deployments. Of an existing environment it owns the last two alone: the
others are read (`existing_environment`) and never changed. The shared flow and the proxies
themselves are the organization's (`apigee_gateway`); the account that they run as is
`gateway_identity`'s.

    GatewayEnvironment(
        "alpha",
        GatewayEnvironmentArgs(
            environment="alpha",
            project="my-project",
            instance="europe-west1",
            hostnames=["alpha.api.example.com"],
            key_value_map_entries={
                "grant.orders-backend-key.orders-v1": "allowed",
                "identity.odd": pulumi.Output.concat("0001:", identity.client_id),
                "identity.tenant-id": tenant_id,
                "vault.host": vault.host,
                "token.seconds": "600",
            },
            service_account=identity.google_service_account,
            shared_flow=gateway.shared_flow,
            shared_flow_revision=gateway.shared_flow_revision,
            proxy_revisions={"orders-v1": gateway.proxy_revisions["orders-v1"]},
            billing_type=gateway.billing_type,
        ),
        pulumi.ResourceOptions(depends_on=[identity, access]),
    )
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pulumi
import pulumi_gcp.apigee as apigee

from components import naming
from components.gateway import existing_environment
from components.ordering import child_after

# The types that run AssignMessage and ServiceCallout, which are extensible policies; the first one
# costs less (Google Cloud, 'Apigee environment types').
INTERMEDIATE = "INTERMEDIATE"
TYPES = (INTERMEDIATE, "COMPREHENSIVE")
# The way of paying under which the type decides what may run (Google Cloud, 'Policy reference
# overview').
PAY_AS_YOU_GO = "PAYG"


# Variables that carry a secret, a token or an assertion outside `private.`, which alone no debug
# session shows: the shared flow's messages (`apigee/sharedflows/azure-key-vault`), and the header
# in which the sample proxy hands a secret to its backend.
MASKED_VARIABLES = (
    "entraRequest.content",
    "entraRequest.formparam.client_assertion",
    "entraResponse.content",
    "googleRequest.header.x-google-id-token",
    "request.header.x-api-key",
    "vaultRequest.content",
    "vaultRequest.header.Authorization",
    "vaultResponse.content",
)


@dataclass(frozen=True)
class GatewayEnvironmentArgs:
    """What an environment needs.

    Attributes:
        environment: its name.
        project: id of the Google project, which is the organization's name too.
        instance: name of the Apigee instance that serves it.
        hostnames: host names that it answers to. Those of an existing environment are its owner's
            to set up; here they only say where it is reached.
        key_value_map_entries: what the shared flow reads there (`declaration`).
        service_account: email of the account that everything in it runs as. Apigee can't change it
            for a revision that runs, so a change of it ships with new revisions of shared flow and
            proxies; alone it is refused.
        shared_flow, shared_flow_revision: which revision of the shared flow is deployed.
        proxy_revisions: which revision of each proxy is deployed, by the proxy's name.
        name_suffix: what is appended to the proxies' names in the organization (`ApigeeGateway`).
        existing: whether the environment exists already; then it is read and never changed.
        type: `INTERMEDIATE` or `COMPREHENSIVE`.
        billing_type: how the organization is billed (`ApigeeGateway`). Unless it pays as it goes,
            types mean nothing and none is set.
        protect: whether Pulumi refuses to delete the environment, and its data with it.
        masked_variables: the flow variables in which its proxies hand on what is secret; debug
            sessions hide them, beside those of the shared flow and of the sample `orders-v1`.
        keystores: the keystores' names by the reference that targets name them by. What they hold,
            keys and certificates, is written by whoever rotates it, never by this program.

    Raises:
        ValueError: for a type in which the shared flow can't run.
    """

    environment: str
    project: str
    instance: str
    hostnames: Sequence[str]
    key_value_map_entries: Mapping[str, pulumi.Input[str]]
    service_account: pulumi.Input[str]
    shared_flow: pulumi.Input[str]
    shared_flow_revision: pulumi.Input[str]
    proxy_revisions: Mapping[str, pulumi.Input[str]]
    name_suffix: str | None = None
    existing: bool = False
    type: str = INTERMEDIATE
    billing_type: pulumi.Input[str] = PAY_AS_YOU_GO
    protect: bool = False
    masked_variables: Sequence[str] = ()
    keystores: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def debug_mask(self) -> Sequence[str]:
        """Every variable that no debug session may show, each once."""
        return tuple(dict.fromkeys((*MASKED_VARIABLES, *self.masked_variables)))

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(
                f"environment {self.environment}: type {self.type!r} doesn't run the shared flow:"
                f" use {' or '.join(TYPES)}"
            )


class GatewayEnvironment(pulumi.ComponentResource):
    """An environment in which nothing runs before all that it relies on is there.

    Give it `depends_on` the identity and the access of its gateway: the deployments wait for it.
    The run fails, before anything is deployed, where an existing environment is of a type in which
    the shared flow can't run, or its debug mask leaves out what must be masked.

    Attributes:
        endpoints: the addresses under which the environment's proxies are reached.
        shared_flow_revision: the revision of the shared flow that is deployed.
    """

    endpoints: Sequence[str]
    shared_flow_revision: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: GatewayEnvironmentArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("apigee-keyvault:components:GatewayEnvironment", name, None, opts)
        prepared: list[pulumi.Resource] = []
        if args.existing:
            environment = existing_environment.read(
                name,
                naming.apigee_environment(args.project, args.environment),
                args.debug_mask,
                pulumi.ResourceOptions(parent=self),
            )
        else:
            made = self._make(name, args)
            environment = made.name
            prepared += [*self._attach(name, args, made), self._mask(name, args, made)]
        prepared += self._declare(name, args, environment)
        prepared += self._keystores(name, args, environment)
        flow = self._deploy_flow(name, args, environment, child_after(self, opts, prepared))
        self._deploy_proxies(name, args, environment, child_after(self, opts, [*prepared, flow]))
        self.endpoints = [f"https://{hostname}" for hostname in args.hostnames]
        self.shared_flow_revision = flow.revision
        self.register_outputs(
            {"endpoints": self.endpoints, "sharedFlowRevision": self.shared_flow_revision}
        )

    def _make(self, name: str, args: GatewayEnvironmentArgs) -> apigee.Environment:
        return apigee.Environment(
            f"{name}-environment",
            name=args.environment,
            org_id=naming.apigee_organization(args.project),
            type=pulumi.Output.from_input(args.billing_type).apply(partial(_type, args.type)),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )

    def _attach(
        self, name: str, args: GatewayEnvironmentArgs, environment: apigee.Environment
    ) -> list[pulumi.Resource]:
        """Connect the environment to the instance and to its host names."""
        children = pulumi.ResourceOptions(parent=self)
        instance = apigee.InstanceAttachment(
            f"{name}-instance",
            instance_id=naming.apigee_instance(args.project, args.instance),
            environment=environment.name,
            opts=children,
        )
        group = apigee.EnvGroup(
            f"{name}-group",
            name=args.environment,
            org_id=naming.apigee_organization(args.project),
            hostnames=args.hostnames,
            opts=children,
        )
        attachment = apigee.EnvGroupAttachment(
            f"{name}-group-attachment",
            envgroup_id=group.id,
            environment=environment.name,
            opts=children,
        )
        return [instance, attachment]

    def _mask(
        self, name: str, args: GatewayEnvironmentArgs, environment: apigee.Environment
    ) -> pulumi.Resource:
        """Hide what nobody may see in a debug session. A new environment's mask is empty."""
        return apigee.EnvironmentDebugmask(
            f"{name}-debug-mask",
            env_id=environment.id,
            variables=args.debug_mask,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _declare(
        self, name: str, args: GatewayEnvironmentArgs, environment: pulumi.Output[str]
    ) -> list[pulumi.Resource]:
        """Write what the shared flow reads."""
        children = pulumi.ResourceOptions(parent=self)
        key_value_map = apigee.EnvironmentKeyvaluemaps(
            f"{name}-map",
            name=naming.KEY_VALUE_MAP,
            env_id=environment.apply(partial(naming.apigee_environment, args.project)),
            opts=children,
        )
        return [
            apigee.EnvironmentKeyvaluemapsEntries(
                f"{name}-{key}",
                name=key,
                value=value,
                env_keyvaluemap_id=key_value_map.id,
                opts=children,
            )
            for key, value in args.key_value_map_entries.items()
        ]

    def _keystores(
        self, name: str, args: GatewayEnvironmentArgs, environment: pulumi.Output[str]
    ) -> list[pulumi.Resource]:
        """Make the keystores of the targets' TLS, empty, and the references to them.

        Where a reference points is the rotation's to change (Google Cloud, 'Working with
        references'), so a difference there is none.
        """
        path = environment.apply(partial(naming.apigee_environment, args.project))
        children = pulumi.ResourceOptions(parent=self)
        made: list[pulumi.Resource] = []
        for reference, names in args.keystores.items():
            stores = [
                apigee.EnvKeystore(
                    f"{name}-keystore-{store}", name=store, env_id=path, opts=children
                )
                for store in names
            ]
            made.append(
                apigee.EnvReferences(
                    f"{name}-reference-{reference}",
                    name=reference,
                    env_id=path,
                    resource_type="KeyStore",
                    refers=stores[0].name,
                    opts=pulumi.ResourceOptions(
                        parent=self, depends_on=stores, ignore_changes=["refers"]
                    ),
                )
            )
        return made

    def _deploy_flow(
        self,
        name: str,
        args: GatewayEnvironmentArgs,
        environment: pulumi.Output[str],
        opts: pulumi.ResourceOptions,
    ) -> apigee.SharedflowDeployment:
        return apigee.SharedflowDeployment(
            f"{name}-shared-flow",
            org_id=args.project,
            environment=environment,
            sharedflow_id=args.shared_flow,
            revision=args.shared_flow_revision,
            service_account=args.service_account,
            opts=opts,
        )

    def _deploy_proxies(
        self,
        name: str,
        args: GatewayEnvironmentArgs,
        environment: pulumi.Output[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        for proxy, revision in args.proxy_revisions.items():
            apigee.EnvironmentApiRevisionDeployment(
                f"{name}-{proxy}",
                org_id=args.project,
                environment=environment,
                api=naming.suffixed(proxy, args.name_suffix),
                revision=pulumi.Output.from_input(revision).apply(int),
                service_account=args.service_account,
                # A new revision takes over from the old one, which is then gone already: no gap.
                override=True,
                opts=opts,
            )


def _type(wanted: str, billing_type: str) -> str | None:
    """The type to set in an organization that is billed so."""
    return wanted if billing_type == PAY_AS_YOU_GO else None
