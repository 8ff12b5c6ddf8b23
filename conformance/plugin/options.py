"""The options that the suite adds to the command line of pytest."""

from __future__ import annotations

import pytest

from conformance.client.http import MAX_BYTES
from conformance.records import run_file
from conformance.run.config import DEFAULT_CONCURRENCY, DEFAULT_RETRIES


def add(parser: pytest.Parser) -> None:
    """Adds the options to pytest's own."""
    group = parser.getgroup("gateway-conformance", "the gateway under test")
    group.addoption(
        "--gateway-url", action="append", default=[], metavar="URL", help="base URL, ending in /v1 (of each route)"
    )
    group.addoption("--gateway-profile", metavar="FILE", help="YAML file with what the gateway claims")
    group.addoption(
        "--model", action="append", default=[], metavar="[FAMILY=]NAME", help="the model to ask (for one family)"
    )
    group.addoption("--cases", metavar="DIR", help="a folder of cases instead of the suite's own")
    group.addoption("--set", dest="case_set", metavar="DATE", help="the requirements of a day (the newest; or none)")
    group.addoption("--record", metavar="FILE.har", help="write all exchanges, secrets removed, as HAR 1.2")
    group.addoption("--known-failures", metavar="FILE", help="YAML file of failures that are known")
    group.addoption("--baseline", metavar="FILE", help="an earlier run.json, to show what changed")
    group.addoption("--fail-on", choices=run_file.FAIL_ON, help="what the exit code speaks of")
    group.addoption("--report-dir", default="reports/latest", metavar="DIR", help="where run.json goes")
    group.addoption("--resume", action="store_true", help="go on with the run that --report-dir tells of")
    _add_upstream(group)
    _add_engine(group)
    _add_wire(group)


def _add_upstream(group: pytest.OptionGroup) -> None:
    group.addoption("--control-url", metavar="URL", help="the upstream, asked too, to see who is to blame")
    group.addoption("--control-profile", metavar="FILE", help="YAML file with what the upstream claims")


def _add_engine(group: pytest.OptionGroup) -> None:
    number = {"type": int, "metavar": "N"}
    group.addoption(
        "--concurrency", default=DEFAULT_CONCURRENCY, help="requests at once, of all processes together (8)", **number
    )
    group.addoption("--max-rpm", default=None, help="requests a minute, evenly spread", **number)
    group.addoption("--retries", default=DEFAULT_RETRIES, help="tries after a 408, 409, 429 or 5xx (2)", **number)
    group.addoption("--max-requests", default=None, help="end the run after so many requests", **number)
    group.addoption("--max-tokens-total", default=None, help="end the run after so many tokens, in and out", **number)
    group.addoption("--repeat", default=1, help="run each case N times, and say how stable it is", **number)
    group.addoption("--shard", metavar="I/N", help="run only this share of the cases")
    group.addoption("--durations-from", metavar="FILE", help="balance by the times in an earlier run.json")


def _add_wire(group: pytest.OptionGroup) -> None:
    seconds = {"type": float, "metavar": "SECONDS"}
    group.addoption("--timeout", default=None, help="for one exchange, all of it (the profile's, or 60)", **seconds)
    group.addoption(
        "--max-body", type=int, default=MAX_BYTES, metavar="BYTES", help="cut off an answer beyond this (64 MiB)"
    )
    group.addoption("--ca-bundle", metavar="FILE", help="PEM file of the authorities to trust")
    group.addoption("--insecure", action="store_true", help="trust any certificate; the report says so")
    group.addoption("--http2", action="store_true", help="speak HTTP/2 where the gateway offers it")
