"""Faults of lists of models and of single models."""
