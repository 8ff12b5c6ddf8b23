"""Unusual answers and streams of Responses."""
