"""A live run: connect, preflight, scheduler, control requests, upstream."""
