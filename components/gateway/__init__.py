"""Apigee: the organization's parts, its environments, and the bundles that run there."""
