"""The pack: rules, and what runs and serves them.

`rules/` has a folder a family and a module a rule; the modules beside this one are what all rules
share.
"""
