"""Set-up of a checkout: the virtual environment and, where no Pulumi CLI is installed, the engine.

`python3 -m tools.setup` does both and does nothing when both are there. Other code learns from
`tools.setup.engine.directory` where the engine is. Nothing is done on import.
"""
