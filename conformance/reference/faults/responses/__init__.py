"""Faults of Responses."""
