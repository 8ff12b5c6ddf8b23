"""Faults behind the gateway: what it sends to its upstream, and what it makes of the answer."""
