"""Entry point that the engine runs: serves the components until the engine stops it."""

import sys
from pathlib import Path

# The engine puts this folder alone on the path; the components lie beside it.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from package.provider import serve  # found only now

serve()
