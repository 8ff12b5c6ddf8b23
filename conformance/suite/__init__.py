"""Reads case files: loading, templates, requirement sets, shards and lint."""
