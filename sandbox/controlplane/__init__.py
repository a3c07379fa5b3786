"""The control plane: the Pulumi providers of both clouds, served over the provider protocol.

Owns what a create, read, update and delete do to the clouds' objects and which inputs are refused.
It doesn't serve the clouds' own management APIs; those are endpoints of the data plane.
"""
