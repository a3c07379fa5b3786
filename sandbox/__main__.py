"""`python -m sandbox`: see `cli`."""

from sandbox.cli import main

if __name__ == "__main__":
    main()
