"""Measures the time that gateways add: the reference gateway, and another one if the options name it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from conformance.cli.overhead import measured
from conformance.core.yaml_input import InputError


def lines(chosen: argparse.Namespace) -> Iterator[str]:
    """A table for each gateway. Ends the process with one sentence if an option or a server is wrong."""
    own = argparse.Namespace(**{**vars(chosen), "gateway_url": None, "provider_url": None})
    try:
        yield from measured(own)
        if chosen.gateway_url or chosen.provider_url:
            yield ""
            yield from measured(chosen)
    except InputError as error:
        raise SystemExit(f"python -m benchmarks overhead: {error}") from error
