"""What a change of each input does to the types of Apigee.

From the source of Google's Terraform provider (magic-modules, `immutable`).
"""

from __future__ import annotations

from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.replacements.row import Row

ROWS: tuple[Row, ...] = (
    Row(
        rig.ORGANIZATION_TYPE,
        create_first=(
            "analyticsRegion apiConsumerDataEncryptionKeyName apiConsumerDataLocation "
            "billingType controlPlaneEncryptionKeyName projectId "
            "runtimeDatabaseEncryptionKeyName runtimeType"
        ),
        updated=(
            "authorizedNetwork deletionPolicy description disableVpcPeering displayName "
            "properties retention"
        ),
    ),
    Row(
        rig.INSTANCE,
        delete_first=(
            "accessLoggingConfig description diskEncryptionKeyName displayName ipRange "
            "location orgId peeringCidrRange"
        ),
        create_first="name",
        updated="consumerAcceptLists deletionPolicy",
    ),
    Row(
        rig.NAT_ADDRESS,
        delete_first="instanceId",
        create_first="name",
        updated="activate deletionPolicy",
    ),
    Row(
        rig.ENVIRONMENT,
        delete_first="apiProxyType deploymentType orgId",
        create_first="name",
        updated=(
            "clientIpResolutionConfig deletionPolicy description displayName "
            "forwardProxyUri nodeConfig properties type"
        ),
    ),
    Row(
        rig.INSTANCE_ATTACHMENT,
        create_first="environment instanceId",
        updated="deletionPolicy",
    ),
    Row(
        rig.ENV_GROUP,
        delete_first="orgId",
        create_first="name",
        updated="deletionPolicy hostnames",
    ),
    Row(
        rig.ENV_GROUP_ATTACHMENT,
        create_first="envgroupId environment",
        updated="deletionPolicy",
    ),
    Row(
        rig.KVM,
        delete_first="envId",
        create_first="name",
        updated="deletionPolicy",
    ),
    Row(
        rig.ENTRY,
        delete_first="envKeyvaluemapId value",
        create_first="name",
        updated="deletionPolicy",
    ),
    Row(
        rig.MASK,
        create_first="envId",
        updated=(
            "faultXPaths namespaces requestJsonPaths requestXPaths responseJsonPaths "
            "responseXPaths variables"
        ),
    ),
    Row(
        rig.KEYSTORE,
        delete_first="envId",
        create_first="name",
        updated="deletionPolicy",
    ),
    Row(
        rig.ALIAS,
        create_first="alias environment key keystore orgId",
        updated="cert password timeouts",
    ),
    Row(
        rig.REFERENCE,
        delete_first="description envId resourceType",
        create_first="name",
        updated="deletionPolicy refers",
    ),
    Row(
        rig.TARGET_SERVER,
        delete_first="envId protocol",
        create_first="name",
        updated="deletionPolicy description host isEnabled port sSlInfo",
    ),
    Row(
        rig.FLOW,
        delete_first="orgId",
        create_first="name",
        updated="configBundle deletionPolicy",
        ignored="detectMd5hash",
    ),
    Row(
        rig.API,
        delete_first="orgId",
        create_first="name",
        updated="configBundle deletionPolicy",
        ignored="detectMd5hash",
    ),
    Row(
        rig.FLOW_DEPLOYMENT,
        create_first="environment orgId serviceAccount sharedflowId",
        updated="deletionPolicy revision",
    ),
    Row(
        rig.FLOW_HOOK,
        create_first="continueOnError description environment flowHookPoint orgId sharedflow",
        updated="deletionPolicy",
    ),
    Row(
        rig.API_DEPLOYMENT,
        create_first="api environment orgId override revision sequencedRollout serviceAccount",
        updated="deletionPolicy",
    ),
    Row(
        rig.PRODUCT,
        delete_first="orgId space",
        create_first="name",
        updated=(
            "apiResources approvalType attributes deletionPolicy description displayName "
            "environments graphqlOperationGroup grpcOperationGroup operationGroup proxies "
            "quota quotaCounterScope quotaInterval quotaTimeUnit scopes"
        ),
    ),
    Row(
        rig.DEVELOPER,
        create_first="email orgId",
        updated="attributes deletionPolicy firstName lastName userName",
    ),
    Row(
        rig.APP,
        delete_first=(
            "appFamily consumerKey consumerSecret developerEmail keyExpiresIn orgId status"
        ),
        updated="apiProducts attributes callbackUrl deletionPolicy name scopes",
    ),
)
