"""The stack's configuration as one typed, frozen model.

Owns which keys there are, their types, bounds and defaults, and reading them from Pulumi's
configuration. Checks that span several keys are in `config_checks`, the report in
`config_errors`. Holds no secret: a secret's name is configuration, its value never is.
"""

import json
from collections.abc import Collection, Mapping, Sized
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pulumi.runtime import get_config_env, is_config_secret
from pulumi.runtime.config import CONFIG
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, PydanticCustomError

from components import naming
from components.config_checks import cross_checks
from components.config_errors import ConfigurationError, Mistake, dotted, nearest

NAMESPACE = naming.PROJECT + ":"

# A cached read still costs the gateway's own cache look-up. A fetch this fast is hardly slower, so
# a cache would make values stale for nothing.
MINIMUM_MEASURED_MILLISECONDS = 10
MAXIMUM_CACHE_SECONDS = 3600

_Sized = TypeVar("_Sized", bound=Sized)


def _named(rule: naming.NameRule) -> AfterValidator:
    """Check a string against what the clouds allow in such a name."""

    def check(value: str) -> str:
        if not rule.allows(value):
            raise PydanticCustomError(
                "illegal", "is not a legal {kind}", {"kind": rule.kind, "mend": rule.description}
            )
        return value

    return AfterValidator(check)


def _between(low: int, high: int, unit: str) -> AfterValidator:
    """Check a number against inclusive bounds."""

    def check(value: int) -> int:
        if not low <= value <= high:
            raise PydanticCustomError(
                "illegal", "is out of bounds", {"mend": f"{low} to {high} {unit}"}
            )
        return value

    return AfterValidator(check)


def _at_least_one(value: _Sized) -> _Sized:
    """Refuse an empty list or block; pydantic's own check counts only the legal members."""
    if not value:
        raise PydanticCustomError("empty", "is empty")
    return value


def _digits(value: object) -> object:
    """Take an unquoted number, as YAML reads it, for its digits."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _worth_caching(value: float) -> float:
    """Refuse a measurement under which a cache has nothing to gain."""
    if value < MINIMUM_MEASURED_MILLISECONDS:
        raise PydanticCustomError(
            "nothing_to_gain",
            "a fetch under {least} ms has nothing to gain from a cache",
            {"least": MINIMUM_MEASURED_MILLISECONDS},
        )
    return value


Guid = Annotated[str, _named(naming.GUID), AfterValidator(str.lower)]
ProxyName = Annotated[str, _named(naming.PROXY)]
SecretName = Annotated[str, _named(naming.SECRET)]
WriterName = Annotated[str, _named(naming.WRITER)]
HostName = Annotated[str, _named(naming.HOSTNAME)]
EnvironmentName = Annotated[str, _named(naming.ENVIRONMENT)]


class _Block(BaseModel):
    """A block of configuration: camel-case keys, no unknown ones, no type coercion."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, alias_generator=to_camel, allow_inf_nan=False
    )


class Cache(_Block):
    """How long the gateway may answer from its cache, and the measurement that justifies it."""

    seconds: Annotated[int, _between(1, MAXIMUM_CACHE_SECONDS, "seconds")] = Field(
        description="how long a value may be served from the cache, in seconds"
    )
    measured_milliseconds: Annotated[float, AfterValidator(_worth_caching)] = Field(
        description="how long a fetch of this secret takes, in milliseconds, as measured"
    )


class Secret(_Block):
    """One secret of an environment: who may ask for it, and whether it may be cached."""

    callers: Annotated[tuple[ProxyName, ...], AfterValidator(_at_least_one)] = Field(
        description="the proxies that may ask for the secret"
    )
    cache: Cache | None = None


class Environment(_Block):
    """One Apigee environment with its own vault and identity."""

    hostnames: Annotated[tuple[HostName, ...], AfterValidator(_at_least_one)] = Field(
        description="the host names that the environment answers to"
    )
    proxies: tuple[ProxyName, ...] = ()
    secrets: Mapping[SecretName, Secret] = Field(default_factory=dict)
    writers: Mapping[WriterName, Guid] = Field(default_factory=dict)


class Apigee(_Block):
    """The Apigee organization, which exists already and is named as its Google project."""

    instance: Annotated[str, _named(naming.APIGEE_INSTANCE)] = Field(
        description="the name of the Apigee instance that serves the environments"
    )
    project_number: Annotated[
        str, BeforeValidator(_digits), _named(naming.GOOGLE_PROJECT_NUMBER)
    ] = Field(description="the Google project's number, which names Apigee's service agent")


class Audit(_Block):
    """What is kept of the audit trail."""

    # Log Analytics keeps interactive data 30 to 730 days: Microsoft Learn, 'Manage data retention'.
    retention_days: Annotated[int, _between(30, 730, "days")] = 90


class Settings(_Block):
    """The whole configuration of a stack."""

    project: Annotated[str, _named(naming.GOOGLE_PROJECT)] = Field(
        alias="gcp:project", description="the Google project's id"
    )
    tenant_id: Guid = Field(alias="azure-native:tenantId", description="the Entra tenant's id")
    subscription_id: Guid = Field(
        alias="azure-native:subscriptionId", description="the Azure subscription's id"
    )
    location: Annotated[str, _named(naming.AZURE_LOCATION)] = Field(
        alias="azure-native:location", description="the Azure location, such as westeurope"
    )
    apigee: Apigee = Field(description="the Apigee organization's instance and project number")
    audit: Audit = Field(default_factory=Audit)
    environments: Annotated[
        Mapping[EnvironmentName, Environment], AfterValidator(_at_least_one)
    ] = Field(description="the Apigee environments with their secrets")

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
        mistakes += [_mistake(detail) for detail in error.errors(include_url=False)]
        raise ConfigurationError(stack, mistakes) from None
    if mistakes:
        raise ConfigurationError(stack, mistakes)
    return settings


def _raw(config: Mapping[str, str]) -> dict[str, object]:
    """The keys that concern this program, under the names that the model gives them."""
    foreign = {alias for alias in _aliases(Settings) if ":" in alias}
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


_WRONG_TYPES = {
    "string_type": "a text; quote it if it looks like a number",
    "int_type": "a whole number, unquoted",
    "int_from_float": "a whole number, unquoted",
    "float_type": "a number, unquoted",
    "tuple_type": "a list",
    "mapping_type": "keys with values",
    "dict_type": "keys with values",
    "model_type": "keys with values",
}


def _mistake(detail: ErrorDetails) -> Mistake:
    """What pydantic found, in the words of this program and without the value itself."""
    # Pydantic marks a mistake in a key itself by a last part; a key may be named so, too.
    location = detail["loc"][:-1] if detail["loc"][-1:] == ("[key]",) else detail["loc"]
    path, kind, context = dotted(location), detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return Mistake(path, "is missing", f"give {_description(location)}")
    if kind == "extra_forbidden":
        siblings = _aliases(_block_at(location[:-1]))
        ours = [alias for alias in siblings if ":" not in alias]
        return Mistake(path, "is an unknown key", nearest(str(location[-1]), ours))
    if kind == "empty":
        return Mistake(path, "is empty", f"give {_description(location)}: at least one")
    if kind == "nothing_to_gain":
        return Mistake(path, detail["msg"], "remove the cache block")
    if kind in _WRONG_TYPES:
        return Mistake(path, "has the wrong type", f"give {_WRONG_TYPES[kind]}")
    return Mistake(path, detail["msg"], f"use {context.get('mend', 'another value')}")


def _aliases(block: type[BaseModel]) -> list[str]:
    """The keys of a block as they are written in the configuration."""
    return [field.alias or name for name, field in block.model_fields.items()]


def _description(location: tuple[int | str, ...]) -> str:
    """What the model says a key is for."""
    fields = _block_at(location[:-1]).model_fields.values()
    return next(field.description or "it" for field in fields if field.alias == location[-1])


def _block_at(location: tuple[int | str, ...]) -> type[BaseModel]:
    """The block that holds the keys at a location of the model."""
    kind: Any = Settings  # a type form; typing has no narrower type for those
    for part in location:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = next(f.annotation for f in kind.model_fields.values() if f.alias == part)
        else:
            kind = get_args(kind)[-1]
        if get_origin(kind) in (Union, UnionType):
            kind = next(arm for arm in get_args(kind) if arm is not NoneType)
    block: type[BaseModel] = kind
    return block
