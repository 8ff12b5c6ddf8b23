"""Unusual errors and JSON, in every family."""
