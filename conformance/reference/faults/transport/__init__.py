"""Faults of HTTP, of event streams, of routes and of time."""
