"""Sends requests and returns exchanges: pool, retries, rate limit and budget. Only this package uses httpx."""
