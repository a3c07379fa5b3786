"""How long the gateway's calls take, leg by leg, and where a cache would gain something.

Reads the lines that the shared flow writes for each call, from Cloud Logging or a file.
"""
