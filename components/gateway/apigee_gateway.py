"""What the Apigee organization holds once, for all environments.

Owns the shared flow, the proxies, the claim to their names, the egress addresses, Apigee's service
agent and the Google services that all of them call. The organization and its instance exist
already: they are read or named, never made or changed. What is in one environment, deployments
among it, is `gateway_environment`'s. Whether the bundles are fresh is the caller's business
(`bundles`).

    gateway = ApigeeGateway(
        "gateway",
        ApigeeGatewayArgs(
            project="my-project",
            shared_flow_bundle=bundles.build(bundles.SHARED_FLOW, naming.SHARED_FLOW),
            proxy_bundles=bundles.build_all(bundles.PROXY, ["orders-v1"]),
            instance="europe-west1",
            nat_addresses=2,
        ),
    )

On already and not switched on here: `apigee.googleapis.com`, without which there is no organization,
and `serviceusage.googleapis.com` and `cloudresourcemanager.googleapis.com`, through which the
provider switches on the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp.apigee as apigee
import pulumi_gcp.projects as projects
import pulumi_gcp.serviceaccount as serviceaccount

from components import naming

# Service accounts and their policies; minting ID tokens as one of them; writing the fetch log.
SERVICES = ("iam.googleapis.com", "iamcredentials.googleapis.com", "logging.googleapis.com")
APIGEE = "apigee.googleapis.com"


@dataclass(frozen=True)
class ApigeeGatewayArgs:
    """What the organization's part needs.

    Attributes:
        project: id of the Google project, which is the organization's name too.
        shared_flow_bundle: path of the shared flow's zip, relative to the working directory.
        proxy_bundles: paths of the proxies' zips, by the proxy's name.
        name_suffix: what a second stack in the organization appends to the names of its shared
            flow and proxies; its bundles are built with the same suffix (`bundles`). Without one
            of its own its `up` is refused.
        instance: name of the Apigee instance whose egress addresses are reserved.
        nat_addresses: how many egress addresses the instance gets. All that runs on the instance
            leaves from them as soon as they are there, and that can't be taken back (Google Cloud,
            'Provisioning NAT IPs'). One stack alone reserves those of an instance.
        protect: whether Pulumi refuses to delete the addresses: others may allow them by number.

    Raises:
        ValueError: for addresses without an instance, or less than none.
    """

    project: str
    shared_flow_bundle: str
    proxy_bundles: Mapping[str, str]
    name_suffix: str | None = None
    instance: str = ""
    nat_addresses: int = 0
    protect: bool = False

    def __post_init__(self) -> None:
        if self.nat_addresses < 0:
            raise ValueError(f"nat_addresses {self.nat_addresses}: use 0 or more")
        if self.nat_addresses and not self.instance:
            raise ValueError("nat_addresses without an instance: name the instance that gets them")


class ApigeeGateway(pulumi.ComponentResource):
    """One revision of the shared flow and of each proxy, ready to be deployed.

    A revision is the organization's; it is deployed into any number of environments, in each with
    that environment's own service account.

    Attributes:
        billing_type: how the organization is billed: `PAYG`, `SUBSCRIPTION` or `EVALUATION`.
        services: what identities must wait for: the APIs, and Apigee's service agent.
        service_agent: email of the agent as which Apigee mints tokens.
        nat_addresses: the egress addresses, IPv4, in the order of their numbers.
        shared_flow: the shared flow's name.
        shared_flow_revision: its newest revision, digits as text.
        proxy_revisions: the newest revision of each proxy, keyed as `proxy_bundles` is, digits as
            text.
    """

    billing_type: pulumi.Output[str]
    services: Sequence[pulumi.Resource]
    service_agent: pulumi.Output[str]
    nat_addresses: Sequence[pulumi.Output[str]]
    shared_flow: pulumi.Output[str]
    shared_flow_revision: pulumi.Output[str]
    proxy_revisions: Mapping[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: ApigeeGatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:ApigeeGateway", name, None, opts)
        organization = apigee.Organization.get(
            f"{name}-organization",
            naming.apigee_organization(args.project),
            pulumi.ResourceOptions(parent=self),
        )
        services = self._services(name, args)
        # Google makes the agent with an organization, or at the first call of a service that needs
        # it: not always before a role is granted to it (Google Cloud, 'Service agents').
        agent = projects.ServiceIdentity(
            f"{name}-service-agent",
            project=args.project,
            service=APIGEE,
            opts=pulumi.ResourceOptions(parent=self, depends_on=services),
        )
        self.billing_type = organization.billing_type
        self.services = [*services, agent]
        self.service_agent = agent.email
        claim = self._claim_names(name, args, services)
        self.nat_addresses = self._nat_addresses(name, args, claim)
        self._upload(name, args, pulumi.ResourceOptions(parent=self, depends_on=[*services, claim]))
        self.register_outputs(
            {
                "billingType": self.billing_type,
                "serviceAgent": self.service_agent,
                "natAddresses": self.nat_addresses,
                "sharedFlow": self.shared_flow,
                "sharedFlowRevision": self.shared_flow_revision,
                "proxyRevisions": self.proxy_revisions,
            }
        )

    def _services(self, name: str, args: ApigeeGatewayArgs) -> list[projects.Service]:
        return [
            projects.Service(
                f"{name}-{service}",
                project=args.project,
                service=service,
                disable_on_destroy=False,  # others in the project may use it
                opts=pulumi.ResourceOptions(parent=self),
            )
            for service in SERVICES
        ]

    def _nat_addresses(
        self, name: str, args: ApigeeGatewayArgs, claim: pulumi.Resource
    ) -> list[pulumi.Output[str]]:
        """Addresses that calls leave from; after the claim, which says it if another stack has them."""
        addresses = [
            apigee.NatAddress(
                f"{name}-nat-{number}",
                name=naming.nat_address(number, args.name_suffix),
                instance_id=naming.apigee_instance(args.project, args.instance),
                activate=True,  # only then do calls leave from it
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=[claim]),
            )
            for number in range(1, args.nat_addresses + 1)
        ]
        return [address.ip_address for address in addresses]

    def _claim_names(
        self, name: str, args: ApigeeGatewayArgs, services: Sequence[pulumi.Resource]
    ) -> pulumi.Resource:
        """What only one stack can make: the account that is named as the shared flow.

        Apigee takes a bundle under a name that is taken for the next revision of what is there (API
        reference, 'organizations.sharedflows.create'), so another stack's would be overwritten. A
        service account that exists is refused (409). This one has no role and no key, and nothing
        runs as it. Its logical name is what a refusal shows: it says what to mend.
        """
        return serviceaccount.Account(
            f"{name}-one-stack-per-nameSuffix",
            account_id=naming.suffixed(naming.SHARED_FLOW, args.name_suffix),
            project=args.project,
            display_name="Claims a name in Apigee; nothing runs as it",
            description=(
                "Marks Apigee's shared flow of this name as one Pulumi stack's. Another stack in the"
                " organization sets apigee.nameSuffix."
            ),
            # Another suffix is another account: it can be made before this one goes.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=services, delete_before_replace=False
            ),
        )

    def _upload(self, name: str, args: ApigeeGatewayArgs, opts: pulumi.ResourceOptions) -> None:
        # Explicit names: a FlowCallout finds its flow by name.
        flow = apigee.Sharedflow(
            f"{name}-shared-flow",
            name=naming.suffixed(naming.SHARED_FLOW, args.name_suffix),
            org_id=args.project,
            config_bundle=args.shared_flow_bundle,
            opts=opts,
        )
        proxies = {
            proxy: apigee.Api(
                f"{name}-{proxy}",
                name=naming.suffixed(proxy, args.name_suffix),
                org_id=args.project,
                config_bundle=bundle,
                opts=opts,
            )
            for proxy, bundle in args.proxy_bundles.items()
        }
        self.shared_flow = flow.name
        self.shared_flow_revision = flow.latest_revision_id
        self.proxy_revisions = {proxy: api.latest_revision_id for proxy, api in proxies.items()}
