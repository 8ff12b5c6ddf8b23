"""Which family a recorded request belongs to, and which requests belong to none."""

from __future__ import annotations

import pytest

from conformance.records.classify import family_of

VERSION = (("Anthropic-Version", "2023-06-01"),)


@pytest.mark.parametrize(
    ("request_line", "family"),
    [
        ("POST https://h/v1/chat/completions", "chat_completions"),
        ("post https://h/v1/chat/completions/", "chat_completions"),
        ("POST https://h/v1/chat/completions?api-version=2025-01-01#top", "chat_completions"),
        ("POST https://h/openai/deployments/gpt/chat/completions", "chat_completions"),
        ("POST http://127.0.0.1:4000/chat/completions", "chat_completions"),
        ("POST https://h/v1/responses", "responses"),
        ("POST https://h/openai/responses", "responses"),
        ("POST https://h/api/v4/responses", "responses"),
        ("POST https://h/v1/messages", "messages"),
        ("POST https://h/anthropic/v1/messages?beta=true", "messages"),
        ("POST https://h/messages", "messages"),
        ("POST https://h/v1/messages/count_tokens", "count_tokens"),
        ("GET https://h/v1/models", "models"),
        ("GET https://h/v1/models/", "models"),
        ("GET https://h/v1beta/models", "models"),
        ("GET https://h/v1/models/gpt-5", "model"),
        ("GET https://h/v1/models/org/models-of-ours", "model"),
    ],
)
def test_an_endpoint_is_known_by_its_path(request_line: str, family: str) -> None:
    method, url = request_line.split()
    assert family_of(method, url, ()) == family


@pytest.mark.parametrize(
    "request_line",
    [
        "GET https://h/v1/chat/completions",
        "GET https://h/v1/responses/resp_1",
        "GET https://h/v1/modelsandmore",
        "GET https://huggingface.co/api/models",
        "DELETE https://h/v1/models/gpt-5",
        "POST https://h/v1/models",
        "POST https://h/v1/threads/thread_1/messages",
        "POST https://h/v1/messages/batches",
        "POST https://h/v17.0/1234/messages",
        "POST https://forms.example/api/survey/responses",
        "POST https://h/v1/responses/resp_1/cancel",
        "POST https://h/v1/embeddings",
        "GET https://h/",
        "POST data:text/plain,x",
    ],
)
def test_other_traffic_belongs_to_no_family(request_line: str) -> None:
    method, url = request_line.split()
    assert family_of(method, url, ()) is None


@pytest.mark.parametrize(
    ("request_line", "family"),
    [
        ("GET https://h/v1/models", "models_anthropic"),
        ("GET https://h/v1/models/claude", "model_anthropic"),
        ("GET https://h/api/models", "models_anthropic"),
        ("POST https://h/tenant/messages", "messages"),
        ("POST https://h/v1/chat/completions", "chat_completions"),
    ],
)
def test_the_version_header_says_whose_shape_was_asked_for(request_line: str, family: str) -> None:
    method, url = request_line.split()
    assert family_of(method, url, VERSION) == family


def test_an_invalid_url_is_reported() -> None:
    with pytest.raises(ValueError, match="IPv6"):
        family_of("GET", "http://[::1/v1/models", ())
