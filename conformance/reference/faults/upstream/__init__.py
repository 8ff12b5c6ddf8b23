"""Faults behind the gateway: what it sends to its upstream."""
