"""The policy pack's configuration, from a stack's declaration: what the pack is to expect of it."""
