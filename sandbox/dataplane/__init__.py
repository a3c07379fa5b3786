"""The clouds' HTTPS endpoints, one module each, behind one CONNECT proxy on loopback.

`hosts` maps host names to endpoints, `connect` accepts connections, `server` answers them.
"""
