"""Unusual lists of models and counts of tokens."""
