"""What the gateway costs and survives: external calls, reads, outages, ten thousand mixed requests.

The shared flow runs as deployed, in the sandbox's runtime, on its clock; the clouds answer as a
scenario says. Beside it, by their published rules, what others do on the same requests.
"""
