"""The contents of a results site: submitted runs of several gateways, side by side and over time."""
