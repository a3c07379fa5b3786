"""`python -m sandbox`: the command line, with every command that it has."""

from sandbox import (
    cli,
    cli_clouds,  # noqa: F401 - importing it adds its commands
    cli_trouble,  # noqa: F401 - importing it adds its commands
)

cli.main()
