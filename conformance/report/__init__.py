"""What a run says: pure functions from verdicts to text and JSON, one module each."""
