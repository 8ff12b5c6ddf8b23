"""Reasons not to hold a finding against the gateway: transient errors, unclaimed capabilities, the model."""
