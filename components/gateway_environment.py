"""One Apigee environment: where it is reached, what it enforces, and what runs in it.

Owns the environment, its attachment to the instance, its group with the host names, its key value
map, its debug mask and its deployments. The shared flow and the proxies themselves are the
organization's (`apigee_gateway`); the account that they run as is `gateway_identity`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp.apigee as apigee

from components import naming
from components.ordering import child_after

# The least type that runs AssignMessage and ServiceCallout, which are extensible policies (Google
# Cloud, 'Apigee environment types').
ENVIRONMENT_TYPE = "INTERMEDIATE"

# Variables that carry a secret, a token or an assertion outside `private.`, which alone no debug
# session shows: the shared flow's messages (`apigee/sharedflows/azure-key-vault`), and the header
# in which the sample proxy hands a secret to its backend.
MASKED_VARIABLES = (
    "entraRequest.content",
    "entraRequest.formparam.client_assertion",
    "entraResponse.content",
    "googleRequest.header.x-google-id-token",
    "request.header.x-api-key",
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
        hostnames: host names that it answers to.
        key_value_map_entries: what the shared flow reads there (`declaration`).
        service_account: email of the account that everything in it runs as.
        shared_flow, shared_flow_revision: which revision of the shared flow is deployed.
        proxy_revisions: which revision of each proxy is deployed, by the proxy's name.
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


class GatewayEnvironment(pulumi.ComponentResource):
    """An environment in which nothing runs before all that it relies on is there.

    Give it `depends_on` the identity and the access of its gateway: the deployments wait for it.

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
        environment = apigee.Environment(
            f"{name}-environment",
            name=args.environment,
            org_id=naming.apigee_organization(args.project),
            type=ENVIRONMENT_TYPE,
            opts=pulumi.ResourceOptions(parent=self),
        )
        prepared = [
            *self._attach(name, args, environment),
            *self._configure(name, args, environment),
        ]
        flow = self._deploy_flow(name, args, environment, child_after(self, opts, prepared))
        self._deploy_proxies(name, args, environment, child_after(self, opts, [*prepared, flow]))
        self.endpoints = [f"https://{hostname}" for hostname in args.hostnames]
        self.shared_flow_revision = flow.revision
        self.register_outputs(
            {"endpoints": self.endpoints, "sharedFlowRevision": self.shared_flow_revision}
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

    def _configure(
        self, name: str, args: GatewayEnvironmentArgs, environment: apigee.Environment
    ) -> list[pulumi.Resource]:
        """Write what the shared flow reads, and mask what nobody may see in a debug session."""
        children = pulumi.ResourceOptions(parent=self)
        mask = apigee.EnvironmentDebugmask(
            f"{name}-debug-mask",
            env_id=environment.id,
            variables=MASKED_VARIABLES,
            opts=children,
        )
        key_value_map = apigee.EnvironmentKeyvaluemaps(
            f"{name}-map", name=naming.KEY_VALUE_MAP, env_id=environment.id, opts=children
        )
        entries = [
            apigee.EnvironmentKeyvaluemapsEntries(
                f"{name}-{key}",
                name=key,
                value=value,
                env_keyvaluemap_id=key_value_map.id,
                opts=children,
            )
            for key, value in args.key_value_map_entries.items()
        ]
        return [mask, *entries]

    def _deploy_flow(
        self,
        name: str,
        args: GatewayEnvironmentArgs,
        environment: apigee.Environment,
        opts: pulumi.ResourceOptions,
    ) -> apigee.SharedflowDeployment:
        return apigee.SharedflowDeployment(
            f"{name}-shared-flow",
            org_id=args.project,
            environment=environment.name,
            sharedflow_id=args.shared_flow,
            revision=args.shared_flow_revision,
            service_account=args.service_account,
            opts=opts,
        )

    def _deploy_proxies(
        self,
        name: str,
        args: GatewayEnvironmentArgs,
        environment: apigee.Environment,
        opts: pulumi.ResourceOptions,
    ) -> None:
        for proxy, revision in args.proxy_revisions.items():
            apigee.EnvironmentApiRevisionDeployment(
                f"{name}-{proxy}",
                org_id=args.project,
                environment=environment.name,
                api=proxy,
                revision=pulumi.Output.from_input(revision).apply(int),
                service_account=args.service_account,
                # A new revision takes over from the old one, which is then gone already: no gap.
                override=True,
                opts=opts,
            )
