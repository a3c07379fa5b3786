"""The stack's configuration as one typed, frozen model.

Owns the stack's own keys and reading them all from Pulumi's configuration; the blocks in them are
in the other `settings` modules. Checks that span several keys are in `config_checks`, the report
in `config_errors`. Holds no secret: a secret's name is configuration, its value never is.
"""

import json
from collections.abc import Collection, Mapping
from typing import Annotated

from pulumi.runtime import get_config_env, is_config_secret
from pulumi.runtime.config import CONFIG
from pydantic import Field, ValidationError

from components import naming
from components.configuration.audit import Audit
from components.configuration.checks import cross_checks
from components.configuration.environment import Environment
from components.configuration.errors import ConfigurationError, Mistake
from components.configuration.report import aliases, mistake
from components.configuration.setting_types import (
    NOT_EMPTY,
    Block,
    EnvironmentName,
    Guid,
    between,
    named,
)

NAMESPACE = naming.PROJECT + ":"

# Apigee documents no limit. A reserved address costs money and an active one can't be let go of, so
# a slip of the keyboard shouldn't get far.
MAXIMUM_NAT_ADDRESSES = 20


class Apigee(Block):
    """The Apigee organization, which exists already and is named as its Google project."""

    instance: Annotated[str, named(naming.APIGEE_INSTANCE)] = Field(
        description="the name of the Apigee instance that serves the environments"
    )
    name_suffix: Annotated[str, named(naming.NAME_SUFFIX)] | None = Field(
        default=None,
        description="what is added to the names of the shared flow and the proxies, where another "
        "stack serves the same organization",
    )
    deployer: Annotated[str, named(naming.GOOGLE_WORKLOAD)] | None = Field(
        default=None,
        description="the workload that deploys, as a member of Google's IAM, where it may not act "
        "as every service account of the project",
    )
    nat_addresses: Annotated[int, between(0, MAXIMUM_NAT_ADDRESSES, "addresses")] = Field(
        default=0, description="how many fixed addresses the instance's calls leave from"
    )


class Settings(Block):
    """The whole configuration of a stack."""

    project: Annotated[str, named(naming.GOOGLE_PROJECT)] = Field(
        alias="gcp:project", description="the Google project's id"
    )
    tenant_id: Guid = Field(alias="azure-native:tenantId", description="the Entra tenant's id")
    subscription_id: Guid = Field(
        alias="azure-native:subscriptionId", description="the Azure subscription's id"
    )
    location: Annotated[str, named(naming.AZURE_LOCATION)] = Field(
        alias="azure-native:location", description="the Azure location, such as westeurope"
    )
    apigee: Apigee = Field(description="the Apigee organization's instance")
    audit: Audit = Field(default_factory=Audit, description="what is recorded, where, for how long")
    environments: Annotated[Mapping[EnvironmentName, Environment], NOT_EMPTY] = Field(
        description="the Apigee environments with their secrets"
    )

    protect: bool = Field(
        default=False,
        description="that vaults and the workspace can't be deleted before they are unprotected",
    )

    @property
    def proxies(self) -> tuple[str, ...]:
        """Every proxy that is deployed somewhere, sorted."""
        return tuple(sorted({p for env in self.environments.values() for p in env.proxies}))


def load(stack: str, bundled_proxies: Collection[str]) -> Settings:
    """Read the running program's configuration.

    Arguments:
        stack: the stack's name.
        bundled_proxies: names of the proxies whose sources are there to be deployed.

    Raises:
        ConfigurationError: with every mistake that the configuration has.
    """
    # The language host fills CONFIG; the environment variable is there where it doesn't.
    config = {**get_config_env(), **CONFIG.get()}
    encrypted = {key for key in config if is_config_secret(key)}
    return parse(config, encrypted, stack, bundled_proxies)


def parse(
    config: Mapping[str, str],
    encrypted: Collection[str],
    stack: str,
    bundled_proxies: Collection[str],
) -> Settings:
    """Check a configuration as a whole and return it as settings.

    Arguments:
        config: full key (`apigee-keyvault:environments`) to value: text, or JSON for a structure.
        encrypted: the keys that hold something encrypted.
        stack: the stack's name.
        bundled_proxies: names of the proxies whose sources are there to be deployed.

    Raises:
        ConfigurationError: with every mistake that the configuration has.
    """
    raw = _raw(config)
    mistakes = [
        Mistake(
            key.removeprefix(NAMESPACE),
            "is encrypted",
            "write it in plain text: only a vault may hold secret values",
        )
        for key in encrypted
        if key.removeprefix(NAMESPACE) in raw
    ]
    if not naming.STACK.allows(stack):
        mistakes.append(
            Mistake("stack", "is not a legal stack name", f"use {naming.STACK.description}")
        )
    mistakes += cross_checks(raw, bundled_proxies)
    try:
        settings = Settings.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        mistakes += [mistake(detail, Settings) for detail in error.errors(include_url=False)]
        raise ConfigurationError(stack, mistakes) from None
    if mistakes:
        raise ConfigurationError(stack, mistakes)
    return settings


def _raw(config: Mapping[str, str]) -> dict[str, object]:
    """The keys that concern this program, under the names that the model gives them."""
    foreign = {alias for alias in aliases(Settings) if ":" in alias}
    raw: dict[str, object] = {key: config[key] for key in foreign if key in config}
    for key, value in config.items():
        if key.startswith(NAMESPACE):
            raw[key.removeprefix(NAMESPACE)] = _structure(value)
    return raw


def _structure(value: str) -> object:
    """A structured value, or the text itself where it is none."""
    try:
        structure: object = json.loads(value)
    except ValueError:
        return value
    return structure
