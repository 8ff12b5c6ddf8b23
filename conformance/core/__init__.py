"""Shared by all other packages: records, JSON Pointer, YAML input, ids, redaction and terminal escaping."""
