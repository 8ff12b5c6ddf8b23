"""The files of clients: each mistake is told with its file and line, and those of the suite have none."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core import data_files
from conformance.core.globs import Ids
from conformance.core.yaml_input import InputError
from conformance.suite.applies import TWO_SIDED
from conformance.suite.clients import check_cases, load_clients, named
from conformance.suite.load import load_cases

NEED = """\
  - id: answers
    title: answers
    without: stops
    sentence: The program gets no answer.
    cases: ["chat_completions/text/*"]
    rules: [case.accepted, $stream, "!sse.data.done"]
    source: https://example.org/client
    verified: 2026-11-30
    measured: true
"""
CLIENT = f"""\
name: A client
versions: "1"
setup: BASE_URL=https://gateway.example/v1
source: https://example.org/client
needs:
{NEED}"""
RULES = "stream: [sse.data.*]\n"


def write(folder: Path, client: str = CLIENT, rules: str = RULES) -> Path:
    (folder / "client.yaml").write_text(client)
    (folder / "_rules.yaml").write_text(rules)
    return folder


def test_a_need_has_the_rules_of_its_globs_and_lists(tmp_path: Path) -> None:
    [client] = load_clients(write(tmp_path))
    [need] = client.needs
    assert client.id == "client"
    assert need.rules == {"case.accepted", "sse.data.json", "sse.data.object", "sse.data.one-document"}
    assert need.verified == "2026-11-30"
    assert need.measured
    assert need.place == f"{tmp_path}/client.yaml:6"


def test_a_need_covers_the_cases_of_its_globs(tmp_path: Path) -> None:
    [client] = load_clients(write(tmp_path))
    assert client.sends("chat_completions/text/recall[stream=true]")
    assert not client.sends("chat_completions/tools/auto[stream=true]")


@pytest.mark.parametrize(
    ("client", "rules", "message"),
    [
        (CLIENT.replace("case.accepted", "case.acepted"), RULES, "client.yaml:11: no rule matches 'case.acepted'"),
        (CLIENT.replace("$stream", "$streams"), RULES, "client.yaml:11: there is no list '$streams'"),
        (CLIENT.replace("without: stops", "without: dies"), RULES, "client.yaml:8: needs/0/without"),
        (CLIENT.replace("2026-11-30", "yesterday"), RULES, "client.yaml:13: needs/0/verified"),
        (CLIENT.replace("no answer.", "no answer"), RULES, "client.yaml:9: needs/0/sentence"),
        (CLIENT.replace("measured: true", "measure: true"), RULES, "client.yaml:14: unknown key 'measure'"),
        (CLIENT + NEED, RULES, "client.yaml:15: the need answers is already at"),
        (CLIENT, "stream: [sse.dat.*]\n", "_rules.yaml:1: no rule matches 'sse.dat.*'"),
        (CLIENT, "stream: [$later]\nlater: [sse.data.*]\n", "_rules.yaml:1: there is no list '$later'"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, client: str, rules: str, message: str) -> None:
    with pytest.raises(InputError) as told:
        load_clients(write(tmp_path, client, rules))
    assert message in str(told.value)


def test_a_folder_without_clients_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the folder has no clients"):
        load_clients(tmp_path)


def test_a_glob_without_a_case_is_refused(tmp_path: Path) -> None:
    clients = load_clients(write(tmp_path))
    check_cases(clients, Ids(["chat_completions/text/recall[stream=true]"]))
    with pytest.raises(InputError, match=r"client\.yaml:6: no case matches 'chat_completions/text/\*'"):
        check_cases(clients, Ids(["messages/text/recall"]))


def test_an_unknown_client_is_refused_with_similar_names() -> None:
    clients = load_clients()
    assert [client.id for client in named(clients, ["codex", "claude-code"])] == ["claude-code", "codex"]
    with pytest.raises(InputError, match="there is no client 'claude'; did you mean claude-code"):
        named(clients, ["claude"])


def test_the_clients_of_the_suite_are_the_ones_that_people_use() -> None:
    used = {"claude-code", "codex", "opencode", "anthropic-python", "anthropic-js", "langchain", "openai-agents"}
    used |= {"litellm", "cline", "aider", "open-webui", "openai-python-chat", "openai-python-responses"}
    used |= {"openai-js-chat", "openai-js-responses", "vercel-ai-openai", "vercel-ai-anthropic"}
    assert {client.id for client in load_clients()} >= used


def test_the_globs_of_the_suite_match_cases_in_front_of_the_gateway() -> None:
    cases = load_cases(data_files.folder("cases"))
    check_cases(load_clients(), Ids(case.id for case in cases if TWO_SIDED not in case.marks))


def test_every_client_stops_without_something() -> None:
    for client in load_clients():
        assert any(need.without == "stops" for need in client.needs), client.id
