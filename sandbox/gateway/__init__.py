"""The Apigee runtime: executes the bundles that are deployed in the sandbox's organization.

`ingress` is its front door, `bundle` reads a bundle, `policies/` holds one module for each policy.
It executes what it knows as Apigee documents it, and refuses the rest when a bundle is loaded.
"""
