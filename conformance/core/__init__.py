"""Records, JSON Pointer, YAML input, ids, redaction and terminal escaping: what every other package builds on."""
