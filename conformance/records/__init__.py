"""Files of exchanges and verdicts: run.json, HAR, JSON lines and the journal; merging of shards."""
