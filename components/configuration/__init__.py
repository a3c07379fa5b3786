"""The stack's configuration: its types, its checks, its errors."""
