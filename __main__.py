"""The program: reads the stack's configuration, packs the bundles, deploys, exports what is made."""

import asyncio
import gc

# The SDKs keep nearly all that they make until the end. By default Python would look through it for
# garbage thousands of times, while they load too: half of a preview of fifty environments.
gc.set_threshold(50_000)

import pulumi

from components import naming
from components.configuration import settings
from components.configuration.errors import ConfigurationError
from components.gateway import bundles
from components.stack.composition import compose

stack = pulumi.get_stack()
try:
    config = settings.load(stack, bundles.available(bundles.PROXY))
    suffix = config.apigee.name_suffix
    shared_flow_bundle = bundles.build(bundles.SHARED_FLOW, naming.SHARED_FLOW, suffix=suffix)
    proxy_bundles = bundles.build_all(bundles.PROXY, config.proxies, suffix)
except (ConfigurationError, bundles.BundleError) as error:
    raise pulumi.RunError(str(error)) from None

for name, value in compose(stack, config, shared_flow_bundle, proxy_bundles).items():
    pulumi.export(name, value)


async def let_registrations_begin() -> None:
    """Give way once, so that all registrations have begun when the SDK starts to wait for them.

    It waits for each of those in turn. Had none begun, it would wait for any of the thousands of
    outputs instead, and look through all of them again after each: a quarter of a preview of ten
    environments.
    """
    await asyncio.sleep(0)


pulumi.run(let_registrations_begin)
