"""`python -m validation`: the command line, with every command that it has."""

from validation import cli

cli.main()
