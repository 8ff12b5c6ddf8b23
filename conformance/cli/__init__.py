"""The console script `gateway-conformance`, one module per command."""

from conformance.cli.main import main

__all__ = ["main"]
