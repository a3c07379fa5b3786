"""Types of the random provider, one module each."""

from sandbox.controlplane.random.random_string import RandomString

TYPES = (RandomString,)
