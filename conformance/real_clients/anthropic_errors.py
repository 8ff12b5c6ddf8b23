"""Errors, retries, timeouts, model lists and wrong base URLs with the Anthropic SDK.

The SDK chooses the class of an error by the status and `error.details.error_code`, and reads the request id from the
header only (`_exceptions.py` of anthropic 2.12). Since 2.0 it sends the key as a bearer token,
and before as `x-api-key`.
"""

from __future__ import annotations

import time
from functools import partial
from itertools import islice
from typing import Any

from conformance.real_clients.anthropic_messages import create, text_of
from conformance.real_clients.openai_errors import BUSY, SILENCE
from conformance.real_clients.place import Place
from conformance.real_clients.prompts import PONG, says, user
from conformance.real_clients.scenario import scenario

anthropic_errors = partial(scenario, "anthropic")

MANY = 2000
"""More models than any gateway has: a gateway that ignores `after_id` repeats the first page without end."""


def raised(kind: str, call: Any) -> Any:
    """The error of this class of the SDK that a call raises. Raises AssertionError if it raises none."""
    import anthropic

    wanted: Any = getattr(anthropic, kind)
    try:
        call()
    except wanted as error:
        return error
    raise AssertionError(f"the SDK raises no {kind}")


def kind_of(error: Any) -> Any:
    """The type of an error in Anthropic's envelope. Raises AssertionError for another envelope."""
    assert isinstance(error.body, dict), "the error is not in JSON"
    assert error.body.get("type") == "error", "the error is not in Anthropic's envelope"
    return error.body["error"]["type"]


@anthropic_errors("messages-content-empty")
def anthropic_key_in_own_header(at: Place) -> None:
    """The key is accepted as `x-api-key` alone, and as a bearer token alone."""
    for credential in ({"api_key": None, "auth_token": at.key}, {"api_key": None, "default_headers": _own_key(at)}):
        client = at.anthropic(**credential)
        says(text_of(client.messages.create(model=at.messages, max_tokens=64, messages=user(PONG))))


def _own_key(at: Place) -> dict[str, str]:
    return {**at.headers, "x-api-key": at.key}


@anthropic_errors("asking-old-version-only")
def anthropic_both_versions(at: Place) -> None:
    """Both versions of the API are accepted, as old and new SDKs send them."""
    for version in ("2023-06-01", "2026-10-21"):
        says(text_of(create(at, extra_headers={"anthropic-version": version})))


@anthropic_errors("anthropic-error-key-in-openai-envelope")
def anthropic_wrong_key(at: Place) -> None:
    """A wrong key raises AuthenticationError, without the key in its text."""
    client = at.anthropic(api_key="sk-wrong-0123456789abcdef")
    error = raised(
        "AuthenticationError",
        lambda: client.messages.create(model=at.messages, max_tokens=64, messages=user(PONG)),
    )
    assert kind_of(error) == "authentication_error"
    assert "sk-wrong-0123456789abcdef" not in str(error)


@anthropic_errors("anthropic-error-model-in-openai-envelope")
def anthropic_unknown_model(at: Place) -> None:
    """An unknown model raises NotFoundError."""
    assert kind_of(raised("NotFoundError", lambda: create(at, model="no-such-model"))) == "not_found_error"


@anthropic_errors("anthropic-error-in-openai-envelope")
def anthropic_bad_request(at: Place) -> None:
    """A request without messages raises BadRequestError."""
    assert kind_of(raised("BadRequestError", lambda: create(at, []))) == "invalid_request_error"


@anthropic_errors("anthropic-error-request-id-other")
def anthropic_error_request_id(at: Place) -> None:
    """An error has the request id of the header."""
    error = raised("BadRequestError", lambda: create(at, []))
    assert error.request_id
    assert error.request_id == error.body.get("request_id", error.request_id)


@anthropic_errors("messages-empty-list-500")
def anthropic_stream_refused(at: Place) -> None:
    """A bad request for a stream raises BadRequestError before the stream begins."""
    raised("BadRequestError", lambda: create(at, [], stream=True))


@anthropic_errors("upstream-error-all-400", scripted=True)
def anthropic_retries_a_rate_limit(at: Place) -> None:
    """After a 429, the SDK waits as long as `retry-after` says, and gets the answer."""
    client = at.anthropic(max_retries=2)
    with at.upstream("anthropic-retries-a-rate-limit", BUSY, {}) as token:
        started = time.monotonic()
        turns = user(f"{token} {PONG}")
        says(text_of(client.messages.create(model=at.messages, max_tokens=64, messages=turns)))
    assert 0.9 <= time.monotonic() - started < 4, "the wait is not the upstream's"


@anthropic_errors("upstream-limit-as-500", scripted=True)
def anthropic_rate_limit(at: Place) -> None:
    """Without retries, a 429 raises RateLimitError with the wait in its headers."""
    with at.upstream("anthropic-rate-limit", BUSY) as token:
        error = raised("RateLimitError", lambda: create(at, token))
    assert error.response.headers["retry-after"] == "1"
    assert kind_of(error) == "rate_limit_error"


@anthropic_errors("upstream-error-all-500", scripted=True)
def anthropic_overloaded(at: Place) -> None:
    """An overloaded upstream raises an error of the status 529, which clients retry later."""
    busy = {"status": 529, "error": {"message": "Overloaded.", "type": "overloaded_error"}}
    with at.upstream("anthropic-overloaded", busy) as token:
        error = raised("APIStatusError", lambda: create(at, token))
    assert error.status_code == 529
    assert kind_of(error) == "overloaded_error"


@anthropic_errors("upstream-stream-collected", scripted=True)
def anthropic_silent_stream(at: Place) -> None:
    """Signs of life of the upstream are passed on: the SDK's timeout is for the time between two pieces."""
    write = {"silence": {**SILENCE, "with": 'event: ping\ndata: {"type": "ping"}\n\n'}}
    with at.upstream("anthropic-silent-stream", {"reply": {"text": "Pelican."}, "write": write}) as token:
        client = at.anthropic(timeout=1.5)
        with client.messages.stream(model=at.messages, max_tokens=64, messages=user(token)) as stream:
            says("".join(stream.text_stream), "pelican")


@anthropic_errors("upstream-cut-silent", scripted=True)
def anthropic_stream_error(at: Place) -> None:
    """An error event in a stream raises APIStatusError with the type of the error."""
    failing = {
        "reply": {"text": "Pelicans are large birds."},
        "fail": {"after": "text", "how": "error", "error": {"message": "Overloaded.", "type": "overloaded_error"}},
    }
    with at.upstream("anthropic-stream-error", failing) as token:
        error = raised("APIStatusError", lambda: list(create(at, token, stream=True)))
    assert kind_of(error) == "overloaded_error"


@anthropic_errors("models-page-after-ignored")
def anthropic_model_list(at: Place) -> None:
    """The list of models has the model in use, and its pages come to an end."""
    models: set[str] = set()
    for model in islice(at.anthropic().models.list(limit=1), MANY):
        assert model.id not in models, "the pages repeat models"
        models.add(model.id)
    assert at.messages in models


@anthropic_errors("models-one-display-name-lost")
def anthropic_model_retrieve(at: Place) -> None:
    """A model is found by its name."""
    model = at.anthropic().models.retrieve(at.messages)
    assert model.id == at.messages
    assert model.display_name


def _asks(at: Place, base_url: str) -> None:
    """With a wrong base URL, a request is answered, or raises NotFoundError with a message in JSON."""
    import anthropic

    client = at.anthropic(base_url=base_url)
    try:
        message = client.messages.create(model=at.messages, max_tokens=64, messages=user(PONG))
    except anthropic.NotFoundError as error:
        body: Any = error.body
        assert isinstance(body, dict), "the error is not in JSON"
        assert body["error"]["message"], "the error has no message"
    else:
        says(text_of(message))


@anthropic_errors("messages-content-empty")
def anthropic_base_url_with_slash(at: Place) -> None:
    """A base URL that ends in a slash works."""
    client = at.anthropic(base_url=f"{at.root}/")
    says(text_of(client.messages.create(model=at.messages, max_tokens=64, messages=user(PONG))))


@anthropic_errors("elsewhere-error-page")
def anthropic_base_url_with_version(at: Place) -> None:
    """With `/v1` in the base URL, the SDK posts to `/v1/v1/messages`: it is served, or not found."""
    _asks(at, at.url)


@anthropic_errors("routing-unknown-path-with-200")
def anthropic_base_url_with_endpoint(at: Place) -> None:
    """With the endpoint in the base URL, the SDK posts to `/v1/messages/v1/messages`."""
    _asks(at, f"{at.url}/messages")


@anthropic_errors("elsewhere-error-in-words")
def anthropic_base_url_of_vendor(at: Place) -> None:
    """With a path of another product in the base URL, the request is served, or not found."""
    _asks(at, f"{at.root}/anthropic")
