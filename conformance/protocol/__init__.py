"""What each API is (family, rules, schemas, stream grammar), and how its bytes are read (SSE, errors, answers)."""
