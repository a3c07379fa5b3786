"""The gateway's identities in Google and Entra, and the trust between them."""
