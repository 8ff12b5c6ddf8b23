"""Profiles: the claims of a gateway, and the messages for mistakes in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core.yaml_input import InputError
from conformance.target.profile import Profile, load_profile

FULL = """\
name: Example
version: "1.2"
base_url: https://gateway.example/v1
key_env: EXAMPLE_KEY
key_header: x-api-key
models: {default: m, messages: c}
endpoints: [messages, models]
capabilities: {tools: true, vision: false}
conversions: [{from: chat_completions, to: messages}]
headers: {x-team: a}
timeout: 5
"""


def load(folder: Path, text: str) -> Profile:
    (folder / "profile.yaml").write_text(text, "utf-8")
    return load_profile(folder / "profile.yaml")


def test_every_member_is_read(tmp_path: Path) -> None:
    claims = load(tmp_path, FULL)
    assert claims == Profile(
        name="Example", version="1.2", base_url="https://gateway.example/v1", key_env="EXAMPLE_KEY",
        key_header="x-api-key", models={"default": "m", "messages": "c"}, endpoints=("messages", "models"),
        capabilities={"tools": True, "vision": False}, conversions=frozenset({("chat_completions", "messages")}),
        headers={"x-team": "a"}, timeout=5,
    )  # fmt: skip
    assert (claims.offers("messages"), claims.offers("responses")) == (True, False)
    assert (claims.claims("tools"), claims.claims("vision"), claims.claims("audio")) == (True, False, None)
    assert claims.converts("chat_completions", "messages")
    assert not claims.converts("messages", "chat_completions")


def test_a_missing_entry_is_undecided(tmp_path: Path) -> None:
    claims = load(tmp_path, "name: Example\n")
    assert claims == Profile(name="Example")
    assert claims.offers("messages") is None
    assert (claims.key_env, claims.key_header, claims.timeout) == ("GATEWAY_API_KEY", "bearer", 60.0)


def test_an_empty_list_of_endpoints_is_a_claim(tmp_path: Path) -> None:
    assert load(tmp_path, "endpoints: []\n").offers("messages") is False


MISTAKES = {
    "": (":1: the file is empty",),
    "nmae: a\n": (":1: unknown key 'nmae'", "name"),
    "name: a\nversion: 1.0\n": (":2: version: 1.0 is not of type 'string'",),
    "endpoints:\n  - messages\n  - chat\n": (":3: unknown endpoint 'chat'", "chat_completions"),
    "endpoints: [default]\n": (":1: unknown endpoint 'default'",),
    "models:\n  default: a\n  claude: b\n": (":3: unknown endpoint 'claude'",),
    "conversions:\n  - from: chat_completions\n    to: message\n": (":3: unknown endpoint 'message'",),
    "conversions:\n  - from: chat_completions\n": (":2: conversions/0: 'to' is a required property",),
    "name: a\nkey_header: basic\n": (":2: key_header",),
    "key_env: 1KEY\n": (":1: key_env",),
    "capabilities: {tools: yes}\n": (":1: capabilities/tools: 'yes'",),
    "timeout: 0\n": (":1: timeout",),
    "timeout: 1e999\n": (":1:", "too large"),
    "name: a\nbase_url: gateway.example/v1\n": (":2: gateway.example/v1", "https://gateway.example/v1"),
    "name: a\nname: b\n": (":2: the key 'name' is given twice",),
    "name: [a\n": (":2: this is not valid YAML",),
    "headers:\n  x-tenant: a\n  x-api-key: sk-1\n": (":3: the header x-api-key carries a credential", "write $NAME"),
}


@pytest.mark.parametrize("text", MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_one_sentence_with_file_and_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, text)
    said = str(caught.value)
    assert said.startswith(str(tmp_path / "profile.yaml"))
    assert "\n" not in said
    assert all(part in said for part in MISTAKES[text]), said


def test_a_model_that_gives_up_leads_to_its_upstream() -> None:
    upstreams = {"a": {"messages": "messages"}, "b": {"messages": "messages", "responses": "unreachable"}}
    profile = Profile(upstreams=upstreams, timeouts={"b": 1.0})
    assert profile.lane("messages", "messages") == "a"
    assert profile.lane("messages", "messages", gives_up=True) == "b"
    assert profile.lane("responses", "messages", gives_up=True) is None
    assert profile.lane("responses", "unreachable") == "b"
    assert Profile().lane("messages", "messages", gives_up=True) is None
