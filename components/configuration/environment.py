"""One Apigee environment, as configuration: the block that a new environment takes."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from components.configuration.contents import Certificate, Key, Secret
from components.configuration.setting_types import (
    NOT_EMPTY,
    Block,
    FlowVariable,
    Generations,
    Guid,
    HostName,
    KeystoreName,
    ObjectName,
    ProxyName,
    ShortName,
)
from components.configuration.vault import Vault


class Identity(Block):
    """The Entra identity that the environment's gateway acts as."""

    kind: Literal["managed", "application"] = Field(
        default="managed",
        description="managed (a user-assigned identity) or application (an app registration)",
    )
    generations: Generations = Field(
        default=(1,),
        description=(
            "the generations of the identity that work now: a new token is asked for the newer, and"
            " for the other where that one is refused"
        ),
    )
    owners: tuple[Guid, ...] = Field(
        default=(), description="the object ids of an application's owners, the deployer among them"
    )


class Environment(Block):
    """One Apigee environment with its own vault and identity."""

    existing: bool = Field(
        default=False, description="that the Apigee environment exists: it is used, never changed"
    )
    # The least type that runs the shared flow's policies: Google Cloud, 'Apigee environment types'.
    type: Literal["INTERMEDIATE", "COMPREHENSIVE"] = Field(
        default="INTERMEDIATE", description="the Apigee environment's type"
    )
    hostnames: Annotated[tuple[HostName, ...], NOT_EMPTY] = Field(
        description="the host names that the environment answers to"
    )
    proxies: tuple[ProxyName, ...] = Field(
        default=(), description="the proxies deployed in it: folders under apigee/proxies"
    )
    masked_variables: tuple[FlowVariable, ...] = Field(
        default=(),
        description="the flow variables in which its proxies hand on what is secret, hidden in"
        " debug sessions",
    )
    keystores: Mapping[KeystoreName, Annotated[tuple[KeystoreName, ...], NOT_EMPTY]] = Field(
        default_factory=dict,
        description="the keystores of its targets' TLS, by the reference that the targets name; it"
        " refers to the first until the rotation turns it",
    )
    identity: Identity = Field(
        default_factory=Identity, description="the identity that its gateway acts as"
    )
    vault: Vault = Field(default_factory=Vault, description="the vault that its gateway reads")
    secrets: Mapping[ObjectName, Secret] = Field(
        default_factory=dict, description="the secrets that its proxies may ask for, by name"
    )
    keys: Mapping[ObjectName, Key] = Field(
        default_factory=dict, description="the keys that its proxies may use, by name"
    )
    certificates: Mapping[ObjectName, Certificate] = Field(
        default_factory=dict, description="the certificates that its proxies may ask for, by name"
    )
    writers: Mapping[ShortName, Guid] = Field(
        default_factory=dict,
        description="the object ids of the workloads that write values, by a name for each",
    )
