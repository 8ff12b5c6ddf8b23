"""Faults that every family can have."""
