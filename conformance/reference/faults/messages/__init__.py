"""Faults of Messages and of counting tokens."""
