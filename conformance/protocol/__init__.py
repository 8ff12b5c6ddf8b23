"""Describes each API (family, rules, schemas, stream grammar) and reads its bytes (SSE, errors, answers)."""
