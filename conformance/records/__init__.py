"""Files of exchanges and verdicts: run.json, HAR, JSON lines, the journal, and merging."""
