"""Unusual HTTP and unusual framing of event streams."""
