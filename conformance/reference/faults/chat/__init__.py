"""Faults of Chat Completions."""
