"""One request to one exchange: the only user of httpx; pool, retries, rate limit and budget."""
