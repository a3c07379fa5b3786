"""What is deployed: one module a component, and the pure modules that they share.

The package imports nothing by itself, so that a program pays only for the components it uses.
"""
