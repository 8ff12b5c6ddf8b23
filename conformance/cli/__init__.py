"""The console script `gateway-conformance`, one module a command."""

from conformance.cli.main import main

__all__ = ["main"]
