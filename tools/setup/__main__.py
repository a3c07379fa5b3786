"""The command `python3 -m tools.setup`: prepares the checkout, or says in one line what is missing.

Owns the order of the steps and the exit code. It must start under any Python 3, so that an old one
gets that one line too: the other modules are imported only after the version is known.
"""

import pathlib
import sys

PYTHON_MINIMUM = (3, 11)


def main() -> int:
    """Prepare the checkout that this file lies in.

    Returns:
        The exit code: 0; 1 after a message on stderr; 130 after an interruption.
    """
    if sys.version_info < PYTHON_MINIMUM:
        found = ".".join(str(part) for part in sys.version_info[:2])
        sys.stderr.write(
            f"setup: Python 3.11 or newer is needed, this is {found}: install one "
            "(https://www.python.org/downloads/) and name it: make PYTHON=python3.12 setup\n"
        )
        return 1

    from tools.setup import engine_build, environment  # noqa: PLC0415 - an old Python can't
    from tools.setup.errors import SetupError  # noqa: PLC0415 - an old Python can't

    root = pathlib.Path(__file__).resolve().parents[2]
    try:
        environment.require_tools(root)
        engine_build.require_tools()
        environment.ensure(root)
        engine_build.ensure()
    except (SetupError, OSError) as error:
        sys.stderr.write(f"setup: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("setup: interrupted; run it again, unfinished work is done anew\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
