"""The rules: a folder a family, a module a rule. A module has its `RULE`; `catalogue` lists them."""
