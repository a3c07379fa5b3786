"""What prepares and checks the checkout: set-up, lint runners, the engine's Go module.

Runs under a bare Python before anything is installed, so it uses the standard library only.
"""
