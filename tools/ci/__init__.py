"""What the workflows do that isn't one command: for GitHub, and in part for other systems.

Standard library alone, so that a job needs no virtual environment for it.
"""
