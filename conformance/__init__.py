"""A conformance suite for AI API gateways: it sends requests, records the exchanges, and judges them."""
