"""What the Apigee organization holds once, for all environments.

Owns the shared flow, the proxies, and the Google services that they call. The organization and
its instance exist already. What is in one environment, deployments among it, is
`gateway_environment`'s. Whether the bundles are fresh is the caller's business (`bundles`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp.apigee as apigee
import pulumi_gcp.projects as projects

from components import naming

# Minting ID tokens as a service account, and writing the fetch log.
SERVICES = ("iamcredentials.googleapis.com", "logging.googleapis.com")


@dataclass(frozen=True)
class ApigeeGatewayArgs:
    """What the organization's part needs.

    Attributes:
        project: id of the Google project, which is the organization's name too.
        shared_flow_bundle: path of the shared flow's zip, relative to the working directory.
        proxy_bundles: paths of the proxies' zips, by the proxy's name.
    """

    project: str
    shared_flow_bundle: str
    proxy_bundles: Mapping[str, str]


class ApigeeGateway(pulumi.ComponentResource):
    """One revision of the shared flow and of each proxy, ready to be deployed.

    A revision is the organization's; it is deployed into any number of environments, in each with
    that environment's own service account.

    Attributes:
        shared_flow: the shared flow's name.
        shared_flow_revision: its newest revision, digits as text.
        proxy_revisions: the newest revision of each proxy, by its name, digits as text.
    """

    shared_flow: pulumi.Output[str]
    shared_flow_revision: pulumi.Output[str]
    proxy_revisions: Mapping[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: ApigeeGatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:ApigeeGateway", name, None, opts)
        services = [
            projects.Service(
                f"{name}-{service}",
                project=args.project,
                service=service,
                disable_on_destroy=False,  # others in the project may use it
                opts=pulumi.ResourceOptions(parent=self),
            )
            for service in SERVICES
        ]
        bundled = pulumi.ResourceOptions(parent=self, depends_on=services)
        # Explicit names: a FlowCallout finds its flow by name.
        flow = apigee.Sharedflow(
            f"{name}-shared-flow",
            name=naming.SHARED_FLOW,
            org_id=args.project,
            config_bundle=args.shared_flow_bundle,
            opts=bundled,
        )
        proxies = {
            proxy: apigee.Api(
                f"{name}-{proxy}",
                name=proxy,
                org_id=args.project,
                config_bundle=bundle,
                opts=bundled,
            )
            for proxy, bundle in args.proxy_bundles.items()
        }
        self.shared_flow = flow.name
        self.shared_flow_revision = flow.latest_revision_id
        self.proxy_revisions = {proxy: api.latest_revision_id for proxy, api in proxies.items()}
        self.register_outputs(
            {
                "sharedFlow": self.shared_flow,
                "sharedFlowRevision": self.shared_flow_revision,
                "proxyRevisions": self.proxy_revisions,
            }
        )
