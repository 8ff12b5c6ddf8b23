"""The gateway under test: URLs of paths, models of endpoints, and the key."""

from __future__ import annotations

import pytest

from conformance.core.yaml_input import InputError
from conformance.target import target
from conformance.target.profile import Profile
from conformance.target.target import Target


def at(base: str, **models: str) -> Target:
    return Target(base, Profile(), "sk-secret-key", models)


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://h/v1", "/v1/messages", "https://h/v1/messages"),
        ("https://h/v1", "/health", "https://h/health"),
        ("https://h/v1", "/v1", "https://h/v1"),
        ("https://h/team/v1", "/v1/models", "https://h/team/v1/models"),
        ("https://h/team/v1", "/v1beta/models", "https://h/team/v1beta/models"),
        ("https://h/openai", "/v1/models", "https://h/openai/models"),
        ("https://h/openai", "/v2/models", "https://h/openai/v2/models"),
        ("https://h", "/v1/models", "https://h/models"),
        ("http://[::1]:80/v1", "/v1/models", "http://[::1]:80/v1/models"),
    ],
)
def test_v1_in_a_path_stands_for_the_base_url(base: str, path: str, url: str) -> None:
    assert at(base).url(path) == url


def test_each_endpoint_has_its_model() -> None:
    found = at("https://h/v1", default="d", messages="c", count_tokens="t")
    assert [found.model(name) for name in ("messages", "responses", "count_tokens", "model_anthropic")] == [
        "c", "d", "t", "c",
    ]  # fmt: skip
    assert at("https://h/v1").model("messages") == ""


def test_the_key_is_not_shown() -> None:
    assert "sk-secret-key" not in repr(at("https://h/v1"))


def test_the_key_comes_from_the_variable_that_the_profile_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", "sk-default")
    monkeypatch.setenv("OTHER_KEY", "sk-other")
    assert target.key(Profile()) == "sk-default"
    assert target.key(Profile(key_env="OTHER_KEY")) == "sk-other"


def test_a_missing_key_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEWAY_API_KEY", raising=False)
    with pytest.raises(InputError, match=r"^GATEWAY_API_KEY: .* is not set; set it \(export GATEWAY_API_KEY=\.\.\.\)"):
        target.key(Profile())
    monkeypatch.setenv("GATEWAY_API_KEY", "")
    assert target.key(Profile(), default="sk-reference") == "sk-reference"


def test_secrets_in_headers_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = Profile(headers={"x-tenant": "acme", "x-tenant-token": "$TENANT", "x-price": "$5"})
    monkeypatch.setenv("TENANT", "tt-0815-4711")
    assert target.secrets(profile) == {"$TENANT": "tt-0815-4711"}
    monkeypatch.setenv("TENANT", "tt-\n4711")
    with pytest.raises(InputError, match=r"^TENANT: .* set it again") as caught:
        target.secrets(profile)
    assert "4711" not in str(caught.value)
    monkeypatch.delenv("TENANT")
    with pytest.raises(InputError, match=r"^TENANT: .* header x-tenant-token is not set; set it"):
        target.secrets(profile)


@pytest.mark.parametrize("key", ["sk-ключ-123", "sk-two\nlines", "sk-spaces ", " sk-spaces", "sk-\x7f"])
def test_a_key_that_is_invalid_in_a_header_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", key)
    with pytest.raises(InputError) as caught:
        target.key(Profile())
    assert "sk-" not in str(caught.value)
