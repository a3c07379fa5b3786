"""Entry point that the engine runs: serves the pack until the engine stops it."""

from pack.serving import serve  # type: ignore[import-not-found]  # engine: only this folder is on path

serve()
