"""The budget of a run: counting, estimates and limits."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.client.budget import Budget, BudgetSpentError
from conformance.core import data_files
from conformance.core.model import Case, Chunk, Exchange, Request, Step
from conformance.protocol.usage import tokens
from conformance.records.merge import added
from conformance.suite.estimate import estimate
from tests.support.counting import counting_gateway
from tests.support.suite import case, library, report, run


@pytest.mark.parametrize(
    ("body", "used"),
    [
        ({"usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}}, (3, 4)),
        ({"usage": {"input_tokens": 3, "output_tokens": 4, "output_tokens_details": {"reasoning_tokens": 9}}}, (3, 4)),
        ({"input_tokens": 30}, (0, 0)),
        ({"error": {"message": "no"}}, (0, 0)),
    ],
)
def test_tokens_of_an_answer(body: Any, used: tuple[int, int]) -> None:
    assert tokens(json.dumps(body).encode()) == used


def test_the_last_usage_of_a_stream_counts() -> None:
    stream = b'data: {"usage":{"input_tokens":5,"output_tokens":1}}\n\ndata: {"usage":{"output_tokens": 8}}\n\n'
    assert tokens(stream) == (5, 8)


def test_tokens_counted_by_tools_are_not_tokens_of_the_answer() -> None:
    """LiteLLM appends members of the upstream's answer after the usage; one of them also counts tokens."""
    usage = {"input_tokens": 39, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 2}
    tool_usage = {"image_gen": {"input_tokens": 0, "output_tokens": 0}}
    assert tokens(json.dumps({"usage": usage, "tool_usage": tool_usage}).encode()) == (39, 2)
    assert tokens(json.dumps({"tool_usage": tool_usage, "usage": usage}).encode()) == (39, 2)


def test_requests_end() -> None:
    budget = Budget(requests=2)
    budget.take("messages")
    budget.take("responses")
    with pytest.raises(BudgetSpentError, match="--gateway-max-requests"):
        budget.take("messages")
    assert budget.document()["messages"] == {"requests": 1, "input_tokens": 0, "output_tokens": 0}


def test_tokens_end() -> None:
    budget = Budget(tokens=10)
    body = json.dumps({"usage": {"prompt_tokens": 6, "completion_tokens": 4}}).encode()
    budget.take("chat_completions")
    budget.count("chat_completions", Exchange("chat_completions", Request("POST", ""), 200, (), (Chunk(0, body),)))
    with pytest.raises(BudgetSpentError, match="--gateway-max-tokens-total"):
        budget.take("chat_completions")
    assert budget.document()["chat_completions"] == {"requests": 1, "input_tokens": 6, "output_tokens": 4}


def test_the_costs_of_several_workers_add_up() -> None:
    one = {"messages": {"requests": 1, "input_tokens": 2, "output_tokens": 3}}
    assert added([one, one, {}]) == {"messages": {"requests": 2, "input_tokens": 4, "output_tokens": 6}}


def test_the_estimate_counts_steps_and_limits() -> None:
    bodies: list[Any] = [
        {"max_tokens": 5},
        {"max_completion_tokens": 7},
        {"max_output_tokens": 11},
        {"max_tokens": 32_000},
        {},
        None,
        [],
    ]
    steps = tuple(Step({"body": body}, {"outcome": "success"}) for body in bodies)
    found = estimate([Case("a", "", "messages", "", "messages", "must", "", (), steps, "", 1)])
    assert (found.requests, found.output_tokens, found.unlimited) == (7, 23, 2)
    assert str(found) == "about 7 requests; their output is capped at 23 tokens (2 without a cap)"


def test_collect_only_shows_the_estimate(tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", case("one"), case("two"))
    assert "about 2 requests; their output is capped at 18 tokens" in run("--collect-only", f"--cases={folder}").stdout


@pytest.mark.e2e
@pytest.mark.parametrize("workers", ["0", "2"])
def test_max_requests_is_respected_and_the_rest_is_unverified(workers: str, tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", *(case(f"c{number}") for number in range(30)))
    with counting_gateway() as counted:
        result = run(
            f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}", "--max-requests=14",
            f"-n{workers}",
        )  # fmt: skip
    document = report(tmp_path)
    Draft202012Validator(data_files.schema("report.schema.json")).validate(document)
    entries: Any = document["verdicts"]
    unverified = [entry for entry in entries if entry["outcome"] == "unverified"]
    assert 0 < len(unverified) < 30
    assert all("--gateway-max-requests" in entry["reason"] for entry in unverified)
    spent: Any = document["spent"]
    assert len(counted.asked) == spent["messages"]["requests"] == 12  # the preflight needs the other two
    assert spent["messages"]["output_tokens"] > 0
    assert result.returncode == 1
    assert "requests: messages 12" in result.stdout


@pytest.mark.socket
def test_max_tokens_is_respected(tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", *(case(f"c{number}") for number in range(30)))
    with counting_gateway() as counted:
        run(
            f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}", "--max-tokens-total=60",
            "--concurrency=1",
        )  # fmt: skip
    spent: Any = report(tmp_path)["spent"]
    assert 60 <= spent["messages"]["input_tokens"] + spent["messages"]["output_tokens"] < 120
    assert len(counted.asked) < 30


@pytest.mark.parametrize(
    "option",
    ["concurrency=0", "retries=-1", "max-rpm=0", "repeat=0", "max-requests=0", "shard=4/3", "shard=x"],
)
def test_an_impossible_number_is_refused_in_one_sentence(option: str, tmp_path: Path) -> None:
    result = run(f"--gateway-{option}")
    said = [line for line in (result.stdout + result.stderr).splitlines() if line.startswith("ERROR: ")]
    assert len(said) == 1
    assert f"--gateway-{option.partition('=')[0]}" in said[0]
    assert result.returncode == 4


def test_the_totals_can_be_read_while_they_change() -> None:
    """One thread reads the totals while another thread adds endpoints."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    budget, ended = Budget(), threading.Event()

    def spend() -> None:
        for number in range(20_000):
            budget.take(f"family {number}")
            if number % 500 == 0:
                budget.spent.clear()
        ended.set()

    thread = threading.Thread(target=spend)
    try:
        thread.start()
        while not ended.is_set():
            assert budget.requests + budget.tokens >= 0
    finally:
        thread.join()
        sys.setswitchinterval(usual)
