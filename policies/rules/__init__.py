"""The pack's rules, one module per rule family, and what adapts them to the engine."""
