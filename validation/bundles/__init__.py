"""Checks of Apigee bundles that `apigeelint` doesn't make. Reads files; knows no cloud."""
