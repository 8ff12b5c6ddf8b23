"""Unusual answers and streams of Messages."""
