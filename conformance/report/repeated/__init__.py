"""The repeated cases of a run: how often each broke a rule."""
