"""Faults of what a gateway makes of its upstream."""
