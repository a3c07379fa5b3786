"""The command `policy-config`: read the declaration, print the pack's configuration."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from components.configuration.errors import ConfigurationError
from validation import stack_file
from validation.policy_config.expectations import policy_config


def write(stack: str, folder: Path) -> int:
    """Print a stack's policy-pack configuration, as JSON, on standard output.

    Arguments:
        stack: the stack's name.
        folder: the program's folder.

    Returns:
        0, or 2 when the declaration can't be read or has mistakes.
    """
    try:
        settings = stack_file.load(stack, folder)
    except (stack_file.StackFileError, ConfigurationError) as error:
        print(f"couldn't look: {error}", file=sys.stderr)
        return 2
    print(json.dumps(policy_config(settings), indent=2))
    return 0
