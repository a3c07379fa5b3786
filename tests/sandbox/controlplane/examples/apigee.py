"""One example of every Apigee type."""

from __future__ import annotations

from sandbox import world
from tests.sandbox.controlplane import pem, rig
from tests.sandbox.controlplane.examples.example import Example, Made
from tests.sandbox.controlplane.rig import Plain
from tests.sandbox.gateway.rig import pack, proxy_files, shared_files, steps

_PRIVATE_KEY = pem.new_key()
_KEY, _CERTIFICATE = pem.key_file(_PRIVATE_KEY), pem.certificate(_PRIVATE_KEY)
_RAISE = "<RaiseFault name='RF'><FaultResponse/></RaiseFault>"
# Packed once: a zip holds times, and other bytes are another revision.
_FLOW_BUNDLE = pack(shared_files(_RAISE, steps=steps("RF")))
_API_BUNDLE = pack(proxy_files(_RAISE, request=steps("RF")))
_INSTANCE = f"{rig.ORGANIZATION}/instances/{world.INSTANCE}"
_BARE = {"orgId": world.ORGANIZATION}
_PLACE = {**_BARE, "environment": "alpha"}


def _group_attachment(made: Made) -> Plain:
    return {"envgroupId": made[rig.ENV_GROUP].id, "environment": "alpha"}


def _map(made: Made) -> Plain:
    return {"envId": made[rig.ENVIRONMENT].id, "name": "m"}


def _entry(made: Made) -> Plain:
    return {"envKeyvaluemapId": made[rig.KVM].id, "name": "token.seconds", "value": "600"}


def _mask(made: Made) -> Plain:
    return {"envId": made[rig.ENVIRONMENT].id, "variables": ["private.x"]}


def _write(made: Made, name: str, bundle: bytes) -> None:
    (made.directory / name).write_bytes(bundle)


def _flow(made: Made) -> Plain:
    _write(made, "flow.zip", _FLOW_BUNDLE)
    return {**_BARE, "name": "flow", "configBundle": "flow.zip"}


def _api(made: Made) -> Plain:
    _write(made, "api.zip", _API_BUNDLE)
    return {**_BARE, "name": "api", "configBundle": "api.zip"}


def _environment(made: Made) -> Plain:
    return {"envId": made[rig.ENVIRONMENT].id}


def _keystore(made: Made) -> Plain:
    return {**_environment(made), "name": "keys"}


def _alias(made: Made) -> Plain:
    return {**_PLACE, "keystore": "keys", "alias": "a", "cert": _CERTIFICATE, "key": _KEY}


def _reference(made: Made) -> Plain:
    return {**_environment(made), "name": "r", "refers": "keys", "resourceType": "KeyStore"}


def _target_server(made: Made) -> Plain:
    tls = {"enabled": True, "keyStore": "ref://r", "keyAlias": "a", "clientAuthEnabled": True}
    where = {"host": "backend.example.com", "port": 443}
    return {**_environment(made), "name": "t", **where, "sSlInfo": tls}


_PRODUCT = {
    "orgId": rig.ORGANIZATION,
    "name": "product",
    "displayName": "Product",
    "environments": ["alpha"],
    "proxies": ["api"],
    "apiResources": ["/**", "/"],
}
_DEVELOPER = {
    "orgId": rig.ORGANIZATION,
    "email": "ada@example.com",
    "userName": "ada",
    "firstName": "Ada",
    "lastName": "L",
}
_APP = {
    "orgId": rig.ORGANIZATION,
    "developerEmail": "ada@example.com",
    "name": "app",
    "callbackUrl": "https://app.example.com",
    "apiProducts": ["product"],
}

EXAMPLES: tuple[Example, ...] = (
    Example(
        rig.ORGANIZATION_TYPE,
        {"projectId": world.PROJECT_ID},
        adopted=rig.ORGANIZATION,
        # The root certificate of an organization's own authority: the sandbox has none.
        absent=frozenset({"caCertificate"}),
        twice="doesn't make",
        gone="doesn't delete",
    ),
    Example(
        rig.INSTANCE,
        {"orgId": rig.ORGANIZATION, "name": world.INSTANCE, "location": world.INSTANCE},
        adopted=_INSTANCE,
        # Where an instance is reached inside Google's network: the sandbox's is on loopback.
        absent=frozenset({"host", "peeringCidrRange", "serviceAttachment"}),
        twice="doesn't make",
        gone="doesn't delete",
    ),
    Example(rig.NAT_ADDRESS, {"instanceId": _INSTANCE, "name": "nat-1", "activate": True}),
    Example(rig.ENVIRONMENT, {"orgId": rig.ORGANIZATION, "name": "alpha", "type": "INTERMEDIATE"}),
    Example(rig.INSTANCE_ATTACHMENT, {"instanceId": _INSTANCE, "environment": "alpha"}),
    Example(
        rig.ENV_GROUP, {"orgId": rig.ORGANIZATION, "name": "g", "hostnames": ["a.example.com"]}
    ),
    Example(rig.ENV_GROUP_ATTACHMENT, _group_attachment),
    Example(rig.KVM, _map),
    Example(rig.ENTRY, _entry),
    # One an environment, always there: a create overwrites it, a delete leaves it.
    Example(rig.MASK, _mask, twice=None, stays=True, gone="Error clearing"),
    Example(rig.KEYSTORE, _keystore),
    # What was uploaded never comes back, and the provider doesn't look for a 404.
    Example(
        rig.ALIAS,
        _alias,
        imported=frozenset({"cert", "key"}),
        unreadable="Error 404",
        gone="Error 404",
    ),
    Example(rig.REFERENCE, _reference),
    Example(rig.TARGET_SERVER, _target_server),
    # The API never tells where a bundle came from; an import of one that exists makes a revision.
    Example(rig.FLOW, _flow, twice=None, imported=frozenset({"configBundle"})),
    Example(rig.API, _api, twice=None, imported=frozenset({"configBundle"})),
    # The provider deploys with override: what is deployed is deployed again.
    Example(rig.FLOW_DEPLOYMENT, {**_PLACE, "sharedflowId": "flow", "revision": "1"}, twice=None),
    Example(
        rig.FLOW_HOOK,
        {**_PLACE, "flowHookPoint": "PreProxyFlowHook", "sharedflow": "flow"},
        # Attaching is a PUT: it takes a point over without a word.
        twice=None,
    ),
    Example(
        rig.API_DEPLOYMENT,
        {**_PLACE, "api": "api", "revision": 1, "override": True},
        twice="already deployed",
        # Parameters of the call, which the API doesn't tell.
        imported=frozenset({"override"}),
    ),
    Example(rig.PRODUCT, _PRODUCT),
    Example(rig.DEVELOPER, _DEVELOPER),
    Example(rig.APP, _APP),
)
