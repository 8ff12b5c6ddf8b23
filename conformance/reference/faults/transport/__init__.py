"""Faults of HTTP, event streams, routing and timing."""
