"""The digest of what a preview would do, by which an approval is bound to a deployment."""
