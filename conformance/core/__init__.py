"""What every other package uses: records, JSON Pointer, YAML input, ids, redaction and terminal escaping."""
