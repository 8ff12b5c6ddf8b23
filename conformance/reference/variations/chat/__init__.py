"""Unusual answers and streams of Chat Completions."""
