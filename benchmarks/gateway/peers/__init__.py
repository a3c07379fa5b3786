"""How others resolve a secret of Azure Key Vault for a request: their published rules, one module each.

A peer is asked at a time and says what it answers with. Each module cites what it follows; nothing of
a peer's own code runs here.
"""
