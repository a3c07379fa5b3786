"""Both clouds on one machine: a running service for the program, the policy pack and clients, unchanged.

`README.md` in this folder says how it is laid out, how to extend it and where it differs from the clouds.
"""
