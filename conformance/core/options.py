"""The command-line options of a run, declared once.

The parser, the checks of values, run.json's list of options and the README's table are made from this table. pytest
loads it in every project that the suite is installed beside, so it imports the standard library only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PREFIX = "--gateway-"
"""The beginning of the names of all options."""

_LINK = re.compile(r" \(\[[^]]*\]\([^)]*\)\)")


@dataclass(frozen=True, slots=True)
class Option:
    """One option. One without a `metavar` and without `choices` is a flag.

    `help` is Markdown, as the README shows it. `usual` describes a default that is not a plain value. `minimum` is the
    smallest number that is accepted. `recorded` options are listed in run.json, under their `old` name.
    """

    name: str
    help: str
    old: str = ""
    metavar: str = ""
    type: Callable[[str], Any] = str
    default: Any = None
    usual: str = ""
    minimum: int | None = None
    choices: tuple[str, ...] = ()
    repeatable: bool = False
    recorded: bool = False

    @property
    def dest(self) -> str:
        """The attribute of pytest's parsed options: `gateway_…`, so that no other plugin's has the same name."""
        return self.name.removeprefix("--").replace("-", "_")

    @property
    def is_flag(self) -> bool:
        return not self.metavar and not self.choices

    @property
    def described(self) -> str:
        """The help in Markdown, with the default."""
        usual = self.usual or (f"`{self.default}`" if isinstance(self.default, str) else str(self.default))
        return self.help if self.default is None and not self.usual else f"{self.help} Default: {usual}."

    @property
    def plain(self) -> str:
        """The help as `pytest --help` shows it: without links."""
        return _LINK.sub("", self.described).replace("`", "")

    @property
    def usage(self) -> str:
        """The option as it is written, such as `--gateway-model=NAME`."""
        value = "|".join(self.choices) or self.metavar
        return self.name if self.is_flag else f"{self.name}={value}"

    @property
    def short(self) -> str:
        """The name in a file of settings and in `gateway-conformance run`, such as `model`."""
        return self.name.removeprefix(PREFIX)

    @property
    def is_path(self) -> bool:
        """Whether the value names a file or a folder."""
        return self.metavar in ("FILE", "DIR", "FILE.har")

    def complaint(self, value: Any) -> str:
        """The error about one value of the right type, such as " 0: give 1 or more"; "" for a good value.

        An empty value comes from a script's variable that is not set; without an error the option would be ignored.
        """
        if isinstance(value, str) and not value.strip():
            instead = " to judge the reference gateway" if self.name == "--gateway-url" else ""
            return f": it is empty; check the variable that it comes from, or leave it out{instead}"
        if self.minimum is not None and value is not None and value < self.minimum:
            return f" {value}: give {self.minimum} or more"
        if isinstance(value, float) and not 0 < value < math.inf:
            return f" {value:g}: give seconds, more than 0"
        return ""


OPTIONS = (
    Option(
        "--gateway-url",
        "The base URL, ending in `/v1`. Repeat the option to test several routes to the same gateway.",
        metavar="URL", repeatable=True, usual="the reference gateway",
    ),
    Option(
        "--gateway-profile",
        "The profile with the gateway's claims: models, endpoints, capabilities, conversions "
        "([docs/profile.md](docs/profile.md)).",
        metavar="FILE",
    ),
    Option(
        "--gateway-model", "The model to use, for one family or for all. Repeatable.",
        old="--model", metavar="[FAMILY=]NAME", repeatable=True, usual="chosen from the gateway's model list",
    ),
    Option(
        "--gateway-unlisted-model",
        "Use a named model even if the gateway does not list it and does not answer a plain request to it. "
        "Without this option, the run ends at once: the name may be misspelled.",
        recorded=True,
    ),
    Option(
        "--gateway-cases", "Use the cases in this folder instead of the built-in ones.",
        old="--cases", metavar="DIR", recorded=True,
    ),
    Option(
        "--gateway-set",
        "The requirement set to test against. With `none`, every case has the level that its file gives.",
        old="--set", metavar="DATE", usual="the newest", recorded=True,
    ),
    Option(
        "--gateway-tier",
        "Send only the cases that tell most: at most 40 requests with `quick`, 300 with `standard` "
        "([docs/ci.md](docs/ci.md#tiers)).",
        choices=("quick", "standard", "full"), default="full", recorded=True,
    ),
    Option(
        "--gateway-client",
        "Send only the cases that a client needs, and tell whether the gateway is ready for it. Repeatable; "
        "`gateway-conformance clients` lists them ([docs/clients.md](docs/clients.md)).",
        metavar="NAME", repeatable=True, recorded=True,
    ),
    Option("--gateway-strict", "Fail on a broken `should` rule, too.", old="--strict", recorded=True),
    Option(
        "--gateway-fail-on",
        "Which problems make the run exit with 1. Cases that could not be checked do not count, unless the gateway "
        "stopped answering ([docs/ci.md](docs/ci.md#exit-codes)).",
        old="--fail-on", choices=("regression", "must", "should"), usual="any failed or unverified case",
        recorded=True,
    ),
    Option(
        "--gateway-known-failures",
        "A list of known failures, with reasons and expiry dates ([docs/reports.md](docs/reports.md#known-failures)).",
        old="--known-failures", metavar="FILE", recorded=True,
    ),
    Option(
        "--gateway-baseline",
        "An earlier `run.json`; the report shows what changed since. `--gateway-fail-on=regression` needs one; give "
        "`none` in the first run.",
        old="--baseline", metavar="FILE", recorded=True,
    ),
    Option(
        "--gateway-report-dir", "The folder for `run.json`, `exchanges.jsonl.gz` and `verdicts.jsonl`.",
        old="--report-dir", metavar="DIR", default="reports/latest",
    ),
    Option(
        "--gateway-keep",
        "Which exchanges to write: with `failed`, those of cases that passed or do not apply are not written, and "
        "`verify` cannot judge these cases again ([docs/reports.md](docs/reports.md#exchanges)).",
        choices=("all", "failed"), default="all", recorded=True,
    ),
    Option(
        "--gateway-record", "Write all exchanges to a HAR 1.2 file, with secrets removed.",
        old="--record", metavar="FILE.har",
    ),
    Option(
        "--gateway-resume",
        "Continue the interrupted run in `--gateway-report-dir`. Cases that have a verdict, including `unverified`, "
        "are not run again.",
        old="--resume", recorded=True,
    ),
    Option(
        "--gateway-upstream-url",
        "The gateway's upstream. Cases in which the gateway breaks a rule are run on the upstream as well, to find out "
        "which of the two is at fault. The key is `CONTROL_API_KEY` "
        "([docs/reports.md](docs/reports.md#gateway-or-upstream)).",
        old="--control-url", metavar="URL",
    ),
    Option(
        "--gateway-upstream-profile",
        "The profile of the upstream, if its models or capabilities differ from the gateway's.",
        old="--control-profile", metavar="FILE",
    ),
    Option(
        "--gateway-provider-listen",
        "Start the scripted provider at this address during the run; the gateway has to use it as its upstream. Then "
        "cases with the mark `two_sided` are run as well. Gateways send it the key `PROVIDER_API_KEY` "
        "([docs/both-ends.md](docs/both-ends.md)).",
        metavar="HOST:PORT", recorded=True,
    ),
    Option(
        "--gateway-provider-url",
        "The same, with a scripted provider that runs already (`serve provider --scripted`). The suite sends it the "
        "key `PROVIDER_CONTROL_KEY`.",
        metavar="URL", recorded=True,
    ),
    Option(
        "--gateway-soak",
        "After the cases, send the sessions of agents for this time, such as `10m`, and judge what only shows then: "
        "empty and cut streams, answers to other sessions, drift, open connections. It fails the run if it finds a "
        "problem. The limits of requests and tokens do not apply to it ([docs/soak.md](docs/soak.md)).",
        metavar="TIME", recorded=True,
    ),
    Option(
        "--gateway-soak-at-once", "The number of sessions at once in `--gateway-soak`.",
        metavar="N", type=int, default=64, minimum=1, recorded=True,
    ),
    Option(
        "--gateway-concurrency", "The number of concurrent requests, over all worker processes.",
        old="--concurrency", metavar="N", type=int, default=8, minimum=1, recorded=True,
    ),
    Option(
        "--gateway-max-rpm", "The maximum number of requests per minute, evenly spaced.",
        old="--max-rpm", metavar="N", type=int, minimum=1, recorded=True,
    ),
    Option(
        "--gateway-retries",
        "Retries after a 408, 409, 429, 5xx or a failed connection. Requests for which a case expects an error are not "
        "retried after a 408 or 409.",
        old="--retries", metavar="N", type=int, default=2, minimum=0, recorded=True,
    ),
    Option(
        "--gateway-max-requests",
        "The maximum number of requests in the run. The remaining cases are `unverified`.",
        old="--max-requests", metavar="N", type=int, minimum=1, recorded=True,
    ),
    Option(
        "--gateway-max-tokens-total",
        "The maximum number of input and output tokens in the run. The remaining cases are `unverified`.",
        old="--max-tokens-total", metavar="N", type=int, minimum=1, recorded=True,
    ),
    Option(
        "--gateway-repeat",
        "Run each case N times and report which verdicts are stable, and how often each rule is broken "
        "([docs/statistics.md](docs/statistics.md)).",
        old="--repeat", metavar="N", type=int, default=1, minimum=1, recorded=True,
    ),
    Option(
        "--gateway-shard",
        "Run shard I of N, to spread a run over several machines "
        "([docs/ci.md](docs/ci.md#shards-on-several-machines)).",
        old="--shard", metavar="I/N",
    ),
    Option(
        "--gateway-durations-from",
        "An earlier `run.json`, to balance the shards and to start the longest cases first.",
        old="--durations-from", metavar="FILE", recorded=True,
    ),
    Option(
        "--gateway-timeout", "The time limit for one exchange, including its whole body.",
        old="--timeout", metavar="SECONDS", type=float, usual="the profile's, or 60", recorded=True,
    ),
    Option(
        "--gateway-max-body", "Stop reading a longer answer.",
        old="--max-body", metavar="BYTES", type=int, default=16 * 1024 * 1024, usual="16 MiB", minimum=1, recorded=True,
    ),
    Option(
        "--gateway-http2", "Use HTTP/2 if the gateway offers it. It needs the extra `http2`.",
        old="--http2", recorded=True,
    ),
    Option(
        "--gateway-ca-bundle", "A PEM file of trusted certificate authorities, instead of the default ones.",
        old="--ca-bundle", metavar="FILE", recorded=True,
    ),
    Option(
        "--gateway-insecure", "Accept any TLS certificate. The report says so.", old="--insecure", recorded=True
    ),
    Option(
        "--gateway-client-cert",
        "A PEM file with the certificate to send if the gateway asks for one, and its chain "
        "([docs/ci.md](docs/ci.md#proxies-and-certificates)).",
        metavar="FILE", recorded=True,
    ),
    Option(
        "--gateway-client-key",
        "The certificate's private key, if it is in another file. The password of an encrypted key is "
        "`GATEWAY_CLIENT_KEY_PASSWORD`.",
        metavar="FILE",
    ),
    Option(
        "--gateway-proxy",
        "Send all requests through this HTTP proxy. A user and a password in the URL are not recorded "
        "([docs/ci.md](docs/ci.md#proxies-and-certificates)).",
        metavar="URL", recorded=True,
    ),
    Option(
        "--gateway-trust-env",
        "Use the proxies of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, which are ignored without it.",
        recorded=True,
    ),
)  # fmt: skip

OLD_NAMES = {option.old: option.name for option in OPTIONS if option.old}
"""Former names of options -> the names of today."""
