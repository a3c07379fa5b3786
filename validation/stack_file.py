"""A stack's declaration, read from its file without the engine.

Owns the way from `Pulumi.STACK.yaml` to checked settings. What the settings mean is the program's.
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from components.configuration.settings import Settings, parse


class StackFileError(Exception):
    """A stack's file that isn't there or can't be read; its text is for the user."""


def load(stack: str, folder: Path) -> Settings:
    """Read and check a stack's declaration.

    Arguments:
        stack: the stack's name.
        folder: the program's folder, with `Pulumi.STACK.yaml` and the bundles' sources under
            `apigee/`.

    Raises:
        StackFileError: there is no such file, or it is no YAML with a `config`.
        ConfigurationError: with every mistake that the declaration has.
    """
    path = folder / f"Pulumi.{stack}.yaml"
    if not path.exists():
        there = ", ".join(sorted(p.name.split(".")[1] for p in folder.glob("Pulumi.*.yaml")))
        raise StackFileError(
            f"{path}: there is no such file; stacks with one: {there or 'none, in this folder'}"
        )
    return read(path, stack, folder)


def read(path: Path, stack: str, folder: Path) -> Settings:
    """Read and check a declaration from any file, such as one of another commit.

    Arguments:
        path: the file.
        stack: the stack's name.
        folder: the program's folder, with the bundles' sources under `apigee/`.

    Raises:
        StackFileError: it can't be read, or is no YAML with a `config`.
        ConfigurationError: with every mistake that the declaration has.
    """
    try:
        tree = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StackFileError(f"{path}: can't be read: {error}") from error
    config = tree.get("config") if isinstance(tree, dict) else None
    if not isinstance(config, dict):
        raise StackFileError(f"{path}: has no block `config`")
    encrypted = [key for key, value in config.items() if _is_encrypted(value)]
    given = {
        str(key): value if isinstance(value, str) else json.dumps(value)
        for key, value in config.items()
        if key not in encrypted
    }
    proxies = sorted(p.parent.name for p in (folder / "apigee" / "proxies").glob("*/apiproxy"))
    return parse(given, encrypted, stack, proxies)


def _is_encrypted(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"secure"}
