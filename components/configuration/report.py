"""What pydantic finds wrong with a configuration, in the words of this program.

Owns the translation alone. A value is never repeated: somebody may have pasted a secret into the
wrong place.
"""

from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from components.configuration.errors import Mistake, dotted, nearest

_WRONG_TYPES = {
    "bool_type": "true or false, unquoted",
    "string_type": "a text; quote it if it looks like a number",
    "int_type": "a whole number, unquoted",
    "int_from_float": "a whole number, unquoted",
    "float_type": "a number, unquoted",
    "tuple_type": "a list",
    "mapping_type": "keys with values",
    "dict_type": "keys with values",
    "model_type": "keys with values",
}


def mistake(detail: ErrorDetails, model: type[BaseModel]) -> Mistake:
    """One of pydantic's errors about a configuration that `model` describes."""
    # Pydantic marks a mistake in a key itself by a last part; a key may be named so, too.
    location = detail["loc"][:-1] if detail["loc"][-1:] == ("[key]",) else detail["loc"]
    path, kind, context = dotted(location), detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return Mistake(path, "is missing", f"give {_description(model, location)}")
    if kind == "extra_forbidden":
        siblings = aliases(_block_at(model, location[:-1]))
        ours = [alias for alias in siblings if ":" not in alias]
        return Mistake(path, "is an unknown key", nearest(str(location[-1]), ours))
    if kind == "empty":
        return Mistake(path, "is empty", f"give {_description(model, location)}: at least one")
    if kind == "literal_error":
        return Mistake(path, "is none of what can be chosen", f"use {context['expected']}")
    if kind in _WRONG_TYPES:
        return Mistake(path, "has the wrong type", f"give {_WRONG_TYPES[kind]}")
    return Mistake(path, detail["msg"], str(context.get("mend", "use another value")))


def aliases(block: type[BaseModel]) -> list[str]:
    """The keys of a block as they are written in the configuration."""
    return [field.alias or name for name, field in block.model_fields.items()]


def _description(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    """What the model says a key is for."""
    block = _block_at(model, location[:-1])
    if not hasattr(block, "model_fields"):
        # A key of the owner's own naming: what its map is for.
        return _description(model, location[:-1])
    fields = block.model_fields.values()
    return next(field.description or "it" for field in fields if field.alias == location[-1])


def _block_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel]:
    """The block that holds the keys at a location of the model."""
    kind: Any = model  # a type form; typing has no narrower type for those
    for part in location:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = next(f.annotation for f in kind.model_fields.values() if f.alias == part)
        else:
            kind = get_args(kind)[-1]
        if get_origin(kind) in (Union, UnionType):
            kind = next(arm for arm in get_args(kind) if arm is not NoneType)
    block: type[BaseModel] = kind
    return block
