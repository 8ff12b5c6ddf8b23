"""The options about the connection to the gateway, which commands that send requests share with a run."""

from __future__ import annotations

import argparse

from conformance.core.options import OPTIONS

_NAMES = (
    "--gateway-ca-bundle",
    "--gateway-insecure",
    "--gateway-client-cert",
    "--gateway-client-key",
    "--gateway-proxy",
    "--gateway-trust-env",
)


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the options; `conformance.run.config` reads them."""
    group = parser.add_argument_group("connection")
    for option in OPTIONS:
        if option.name in _NAMES and option.is_flag:
            group.add_argument(option.name, action="store_true", help=option.plain)
        elif option.name in _NAMES:
            group.add_argument(option.name, metavar=option.metavar, help=option.plain)
