"""The vault is hardened."""
