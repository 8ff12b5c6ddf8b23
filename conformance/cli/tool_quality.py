"""`tool-quality`: compares the tool calls of a gateway with those of its upstream, over many tries."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from conformance.cli import output
from conformance.cli.commands import BROKEN
from conformance.core.terminal_text import plain
from conformance.core.yaml_input import InputError
from conformance.protocol.family import MAIN

if TYPE_CHECKING:
    from conformance.cli.commands import Commands
    from conformance.run import connect
    from conformance.run.tool_quality import Measured, Plan


def add(commands: Commands) -> None:
    """Adds `tool-quality`."""
    parser = commands.add_parser(
        "tool-quality", help="compare the tool calls of a gateway with those of its upstream, over many tries"
    )
    parser.add_argument("--gateway-url", metavar="URL", help="base URL of the gateway (default: the reference gateway)")
    parser.add_argument("--gateway-profile", metavar="FILE", help="its profile")
    parser.add_argument(
        "--gateway-model",
        action="append",
        default=[],
        metavar="[FAMILY=]NAME",
        help="its model (default: the first one of its list)",
    )
    parser.add_argument("--gateway-upstream-url", metavar="URL", help="base URL of its upstream")
    parser.add_argument(
        "--gateway-upstream-profile", metavar="FILE", help="the profile of the upstream, with its model"
    )
    parser.add_argument(
        "--family",
        action="append",
        choices=MAIN,
        help=f"the endpoint to compare; may be repeated (default: {MAIN[0]})",
    )
    parser.add_argument(
        "--upstream-family", choices=MAIN, help="the endpoint of the upstream (default: the same as the gateway's)"
    )
    parser.add_argument("--tries", type=int, metavar="N", help="tries of each prompt at each side (default: 24)")
    parser.add_argument(
        "--margin", type=float, default=5, metavar="POINTS", help="a smaller difference is equal (default: %(default)s)"
    )
    parser.add_argument("--seed", metavar="TEXT", help="of the words in the prompts and their order (default: random)")
    parser.add_argument("--cost", action="store_true", help="print the number of requests and tokens, and send nothing")
    parser.add_argument("--gateway-max-requests", type=int, metavar="N", help="the most requests; judge their answers")
    parser.add_argument("--gateway-max-tokens-total", type=int, metavar="N", help="the most input and output tokens")
    parser.add_argument("--gateway-max-rpm", type=int, metavar="N", help="requests per minute")
    parser.add_argument("--gateway-concurrency", type=int, default=8, metavar="N", help="requests at once (default: 8)")
    parser.add_argument("--gateway-retries", type=int, default=2, metavar="N", help="retries (default: 2)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.set_defaults(command=_tool_quality)


def _tool_quality(chosen: argparse.Namespace) -> int:
    plan = _plan(chosen)
    options = _options(chosen)
    if chosen.cost:
        output.put("\n".join(_cost(plan)), None)
        return 0
    # Imported here: no other command needs the HTTP client.
    from conformance.run.tool_quality import measure_chosen

    for line in _cost(plan):
        _tell(line)
    found = measure_chosen(plan, options, _tell)
    lines = [json.dumps(_document(found, plan), indent=1)] if chosen.json else _lines(found, plan, chosen.markdown)
    output.put("\n".join(lines), None)
    return BROKEN if any(quality.verdict == "worse" for quality in found.qualities.values()) else 0


def _tell(line: str) -> None:
    print(plain(line), file=sys.stderr, flush=True)


def _plan(chosen: argparse.Namespace) -> Plan:
    """The plan that the options ask for. Raises InputError."""
    from conformance.run.tool_quality import TRIES, Plan, send_limits

    least = {
        "--tries": (chosen.tries, 1),
        "--gateway-max-requests": (chosen.gateway_max_requests, 1),
        "--gateway-max-tokens-total": (chosen.gateway_max_tokens_total, 1),
        "--gateway-max-rpm": (chosen.gateway_max_rpm, 1),
        "--gateway-concurrency": (chosen.gateway_concurrency, 1),
        "--gateway-retries": (chosen.gateway_retries, 0),
    }
    for option, (given, minimum) in least.items():
        if given is not None and given < minimum:
            raise InputError(f"{option} {given}: give a number from {minimum}")
    if not 0 < chosen.margin < 100:
        raise InputError(f"--margin {chosen.margin:g}: give points between 0 and 100, such as 5")
    families = list(dict.fromkeys(chosen.family or MAIN[:1]))
    return Plan(
        [(family, chosen.upstream_family or family) for family in families],
        chosen.tries or TRIES,
        chosen.seed or secrets.token_hex(4),
        chosen.margin / 100,
        send_limits(
            chosen.gateway_concurrency,
            chosen.gateway_retries,
            chosen.gateway_max_rpm,
            chosen.gateway_max_requests,
            chosen.gateway_max_tokens_total,
        ),
    )


def _options(chosen: argparse.Namespace) -> connect.Options:
    """The two addresses that the options name. Raises InputError."""
    from conformance.run import connect
    from conformance.run.config import Wire

    upstream = connect.upstream(chosen.gateway_upstream_url, chosen.gateway_upstream_profile)
    urls = [chosen.gateway_url] if chosen.gateway_url else []
    options = connect.options(urls, chosen.gateway_profile, chosen.gateway_model, Wire(), upstream)
    if options.is_reference and upstream:
        raise InputError("--gateway-url: the URL is missing; give it with --gateway-upstream-url, or give neither")
    if not options.is_reference and not upstream:
        raise InputError(
            "--gateway-upstream-url: the URL is missing; the tool calls of a gateway are compared with its upstream's"
        )
    return options


def _cost(plan: Plan) -> Iterator[str]:
    """The cost of a plan, and the drop that it shows."""
    from conformance.analysis.tool_quality import power
    from conformance.analysis.tool_quality.tried import MEASURES

    comparisons = len(MEASURES) * len(plan.endpoints)
    wanted = sum(bool(prompt.calls) for prompt in plan.prompts)
    yield (
        f"{plan.requests:,} requests ({len(plan.prompts)} prompts, {plan.tries} tries, 2 sides"
        f"{f', {len(plan.endpoints)} endpoints' if len(plan.endpoints) > 1 else ''}), about {plan.input_tokens:,} "
        f"input tokens and at most {plan.output_tokens:,} output tokens, without retries"
    )
    limit = plan.limits.requests
    if limit is not None and limit < plan.requests:
        yield f"--gateway-max-requests={limit} ends the tries early"
    for rate in (power.USUAL, 0.8):
        drop = power.shown(wanted, plan.tries, comparisons, rate)
        yield (
            f"if the upstream is right in {100 * rate:.0f} % of its tries, a drop of {100 * drop:.1f} points is called "
            "worse in 95 of 100 runs"
        )


def _lines(found: Measured, plan: Plan, as_markdown: bool) -> Sequence[str]:
    from conformance.report.tool_quality import markdown, text, words

    form = markdown if as_markdown else text
    per_try = plan.requests // plan.tries
    lines = ["## Tool calls of the gateway and its upstream", ""] if as_markdown else []
    for (endpoint, behind), quality in found.qualities.items():
        lines += [*map(plain, form.lines(endpoint, behind, quality, plan.margin, per_try)), ""]
    if not found.is_whole:
        lines.append("The budget ended the tries early.")
    lines.append(f"sent {found.requests:,} requests; the answers report {found.tokens:,} tokens (seed {plan.seed})")
    return [*lines, *([""] if as_markdown else []), words.NO_CLAIM]


def _document(found: Measured, plan: Plan) -> object:
    from conformance.report.tool_quality.document import document

    return {
        "seed": plan.seed,
        "tries": plan.tries,
        "margin": plan.margin,
        "models": {side: list(models) for side, models in found.models.items()},
        "requests": found.requests,
        "tokens": found.tokens,
        "is_whole": found.is_whole,
        "endpoints": [document(*pair, quality) for pair, quality in found.qualities.items()],
    }
