"""The policy pack: what may be deployed.

Self-contained: the engine runs this folder by itself, so nothing here imports the program, and
nothing in the program imports this.
"""
