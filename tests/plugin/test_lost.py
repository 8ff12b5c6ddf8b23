"""Runs in which the gateway no longer answers what it answered before: what pytest says, and its exit code."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.reference.gateway import Answer, Answering, Call
from conformance.reference.gateway.wire import whole
from tests.support import suite
from tests.support.in_process import without_sockets

URL = "--gateway-url=http://gateway.test/v1"
FEW = "responses/text/input or chat_completions/tools/forced or chat_completions/text/recall"
Wrong = Callable[[Call], Answer | None]


def error(status: int, message: str) -> Answer:
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
    return Answer(
        status, (("content-type", "application/json"), ("x-request-id", "req_1")), whole(json.dumps(body).encode())
    )


def without_responses(call: Call) -> Answer | None:
    return error(404, "Invalid URL (POST /v1/responses)") if call.path.startswith("/v1/responses") else None


def without_storage(call: Call) -> Answer | None:
    wanted = call.path == "/v1/responses"
    return error(501, "Stored responses are not implemented; set store to false.") if wanted else None


def without_tools(call: Call) -> Answer | None:
    return error(400, "This model does not support tools.") if b'"tools"' in call.body else None


def healthy(call: Call) -> Answer | None:
    return None


def run(folder: Path, wrong: Wrong, *options: str) -> subprocess.CompletedProcess[str]:
    def around(answering: Answering) -> Answering:
        async def answer(call: Call) -> Answer:
            return wrong(call) or await answering(call)

        return answer

    with without_sockets(around):
        return suite.run(URL, "-q", "-k", FEW, f"--gateway-report-dir={folder}", *options)


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("clean")
    result = run(folder, healthy, "--gateway-fail-on=regression", "--gateway-baseline=none")
    assert result.returncode == 0, result.stdout
    assert "note: there is no baseline, so no case can regress" in result.stdout
    assert "not apply" not in result.stdout
    return f"--gateway-baseline={folder / 'run.json'}"


@pytest.mark.parametrize(
    ("wrong", "said", "reason"),
    [
        (without_responses, "responses: none of ", "the gateway has no responses endpoint"),
        (without_tools, "rejects tools (", "the gateway rejects it, and its profile does not claim tools"),
    ],
)
def test_what_is_lost_fails_the_run_if_there_is_a_baseline(
    wrong: Wrong, said: str, reason: str, baseline: str, tmp_path: Path
) -> None:
    alone = run(tmp_path, wrong)
    assert alone.returncode == 0, alone.stdout
    assert said in alone.stdout
    for options in ((), ("--gateway-fail-on=regression",)):
        compared = run(tmp_path, wrong, baseline, *options)
        assert compared.returncode == 1, compared.stdout
        assert f"lost: {reason}" in compared.stdout


def test_an_endpoint_that_the_profile_leaves_out_is_not_lost(baseline: str, tmp_path: Path) -> None:
    profile = tmp_path / "gateway.yaml"
    profile.write_text("endpoints: [chat_completions, messages, models]\n", "utf-8")
    options = (f"--gateway-profile={profile}", "--gateway-fail-on=regression")
    result = run(tmp_path, without_responses, baseline, *options)
    assert result.returncode == 0, result.stdout
    assert "no longer applicable: the profile does not offer responses" in result.stdout
    assert "lost:" not in result.stdout


def test_a_refusal_that_names_a_parameter_is_not_a_missing_endpoint(tmp_path: Path) -> None:
    result = run(tmp_path, without_storage, "--gateway-retries=0")
    assert result.returncode == 1, result.stdout
    _, _, summary = result.stdout.partition("gateway conformance")
    first = summary.splitlines()[1]
    assert first.startswith("responses refuses a plain request with status 501: ")
    assert first.endswith(" cases got the same error")


def test_a_regression_without_a_baseline_is_refused(tmp_path: Path) -> None:
    result = run(tmp_path, healthy, "--gateway-fail-on=regression")
    assert result.returncode == 4
    assert "give its run.json with --gateway-baseline" in result.stderr
    assert not (tmp_path / "run.json").exists()
