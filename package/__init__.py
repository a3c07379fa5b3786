"""The components as a Pulumi component package, for programs in any language."""
