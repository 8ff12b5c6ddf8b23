"""The gateway under test: its profile, capabilities, address and key."""
