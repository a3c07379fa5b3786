"""How long things take to spread in the clouds, in seconds. On always; tests and the demo move the clock."""

ROLE_ASSIGNMENT = 120.0
"""A grant given or taken away. Azure documents "up to 10 minutes"; minutes are usual."""

FEDERATED_CREDENTIAL = 60.0
"""A new trust. Microsoft Learn, "workload identity federation": may fail for minutes after creation."""

DEPLOYMENT = 5.0
"""A deployment, or its end, until the last message processor knows of it. Apigee documents no time."""

AUDIT_ROW = 120.0
"""A Key Vault audit row until it can be queried in Log Analytics; Azure documents 2 to 10 minutes."""
