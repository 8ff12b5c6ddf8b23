"""Errors, retries, timeouts, model lists and wrong base URLs with the OpenAI SDK.

The SDK chooses the class of an error by the status alone, and reads `code`, `param` and `type` from the member `error`
of the body. It retries 408, 409, 429 and 5xx, and waits as long as `retry-after` says
(`_base_client.py` of openai 3.54).
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from conformance.real_clients.place import Place
from conformance.real_clients.prompts import MESSAGES_TOOL, PONG, says, user
from conformance.real_clients.scenario import scenario

openai_errors = partial(scenario, "openai")


def raised(kind: str, call: Any) -> Any:
    """The error of this class of the SDK that a call raises. Raises AssertionError if it raises none."""
    import openai

    wanted: Any = getattr(openai, kind)
    try:
        call()
    except wanted as error:
        return error
    raise AssertionError(f"the SDK raises no {kind}")


@openai_errors("error-status-403-chat-completions")
def openai_wrong_key(at: Place) -> None:
    """A wrong key raises AuthenticationError, without the key in its text."""
    client = at.openai(api_key="sk-wrong-0123456789abcdef")
    error = raised("AuthenticationError", lambda: client.chat.completions.create(model=at.chat, messages=user(PONG)))
    assert "sk-wrong-0123456789abcdef" not in str(error)


@openai_errors("chat-report-unknown-model-with-200")
def openai_chat_unknown_model(at: Place) -> None:
    """An unknown model raises NotFoundError with its code, which users handle apart."""
    client = at.openai()
    error = raised("NotFoundError", lambda: client.chat.completions.create(model="no-such-model", messages=user(PONG)))
    assert error.code == "model_not_found"
    assert error.type == "invalid_request_error"


@openai_errors("chat-error-param-lost")
def openai_chat_bad_value(at: Place) -> None:
    """A value out of range raises BadRequestError, which names the parameter."""
    client = at.openai()
    error = raised(
        "BadRequestError",
        lambda: client.chat.completions.create(model=at.chat, messages=user(PONG), temperature=3),
    )
    assert error.param == "temperature"


@openai_errors("chat-error-fastapi-text")
def openai_chat_error_body(at: Place) -> None:
    """An error has a message, and the request id."""
    client = at.openai()
    error = raised("BadRequestError", lambda: client.chat.completions.create(model=at.chat, messages=[]))
    assert error.body["message"]
    assert error.request_id


@openai_errors("responses-errors-with-422")
def openai_responses_bad_value(at: Place) -> None:
    """A value out of range raises BadRequestError with the name of the parameter in Responses, too."""
    client = at.openai()
    error = raised("BadRequestError", lambda: client.responses.create(model=at.responses, input=PONG, temperature=3))
    assert error.param == "temperature"


@openai_errors("http-maintenance-page")
def openai_responses_unknown(at: Place) -> None:
    """A response that does not exist raises NotFoundError."""
    raised("NotFoundError", lambda: at.openai().responses.retrieve("resp_0123456789abcdef0123456789abcdef"))


@openai_errors("chat-error-mistake-as-500")
def openai_chat_stream_refused(at: Place) -> None:
    """A bad request for a stream raises BadRequestError before the stream begins."""
    client = at.openai()
    raised(
        "BadRequestError",
        lambda: client.chat.completions.create(model=at.chat, messages=user(PONG), temperature=3, stream=True),
    )


BUSY = {"status": 429, "headers": {"retry-after": "1"}, "error": {"message": "Too many requests."}}
"""An upstream's rate limit, which asks for a wait of 1 s."""


@openai_errors("upstream-error-all-400", scripted=True)
def openai_retries_a_rate_limit(at: Place) -> None:
    """After a 429, the SDK waits as long as `retry-after` says, and gets the answer."""
    with at.upstream("openai-retries-a-rate-limit", BUSY, {}) as token:
        started = time.monotonic()
        client = at.openai(max_retries=2)
        says(client.chat.completions.create(model=at.chat, messages=user(f"{token} {PONG}")).choices[0].message.content)
    assert 0.9 <= time.monotonic() - started < 4, "the wait is not the upstream's"


@openai_errors("upstream-limit-as-500", scripted=True)
def openai_rate_limit(at: Place) -> None:
    """Without retries, a 429 raises RateLimitError with the wait in its headers."""
    client = at.openai()
    with at.upstream("openai-rate-limit", BUSY) as token:
        error = raised("RateLimitError", lambda: client.chat.completions.create(model=at.chat, messages=user(token)))
    assert error.response.headers["retry-after"] == "1"


@openai_errors("upstream-limit-as-500", scripted=True)
def openai_responses_rate_limit(at: Place) -> None:
    """A 429 of Responses raises RateLimitError."""
    client = at.openai()
    with at.upstream("openai-responses-rate-limit", BUSY) as token:
        raised("RateLimitError", lambda: client.responses.create(model=at.responses, input=token))


@openai_errors("upstream-failure-apology", scripted=True)
def openai_server_error(at: Place) -> None:
    """A failure of the upstream raises InternalServerError, and not an answer."""
    client = at.openai()
    failing = {"status": 500, "error": {"message": "The server failed."}}
    with at.upstream("openai-server-error", failing) as token:
        raised("InternalServerError", lambda: client.chat.completions.create(model=at.chat, messages=user(token)))


@openai_errors("upstream-code-dropped", scripted=True)
def openai_context_length(at: Place) -> None:
    """A prompt that is too long raises BadRequestError with the code by which clients compact their history."""
    client = at.openai()
    error = {"message": "The prompt is too long.", "code": "context_length_exceeded", "type": "invalid_request_error"}
    with at.upstream("openai-context-length", {"status": 400, "error": error}) as token:
        refused = raised("BadRequestError", lambda: client.chat.completions.create(model=at.chat, messages=user(token)))
    assert refused.code == "context_length_exceeded"


SILENCE = {"after": 2, "seconds": 2, "every": 0.25}
"""An upstream that thinks for 2 s in the middle of a stream, and sends a sign of life four times a second."""


@openai_errors("upstream-stream-collected", scripted=True)
def openai_silent_stream(at: Place) -> None:
    """Signs of life of the upstream are passed on: the SDK's timeout is for the time between two pieces."""
    client = at.openai(timeout=1.5)
    write = {"silence": {**SILENCE, "with": ": keep-alive\n\n"}}
    with at.upstream("openai-silent-stream", {"reply": {"text": "Pelican."}, "write": write}) as token:
        stream = client.chat.completions.create(model=at.chat, messages=user(token), stream=True)
        says("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices), "pelican")


@openai_errors("upstream-cut-as-end", scripted=True)
def openai_chat_stream_cut(at: Place) -> None:
    """A stream that the upstream cuts raises APIError: it does not end like a whole answer."""
    client = at.openai()
    cut = {"reply": {"text": "Pelicans are large birds."}, "fail": {"after": "text", "how": "close"}}
    with at.upstream("openai-chat-stream-cut", cut) as token:
        raised(
            "APIError",
            lambda: list(client.chat.completions.create(model=at.chat, messages=user(token), stream=True)),
        )


@openai_errors("models-under-test-missing")
def openai_model_list(at: Place) -> None:
    """The list of models has the model in use."""
    models = list(at.openai().models.list())
    assert at.chat in [model.id for model in models]
    assert {model.object for model in models} == {"model"}


@openai_errors("models-retrieve-missing")
def openai_model_retrieve(at: Place) -> None:
    """A model is found by its name."""
    assert at.openai().models.retrieve(at.chat).id == at.chat


@openai_errors("models-unknown-found")
def openai_model_unknown(at: Place) -> None:
    """A model that does not exist raises NotFoundError."""
    raised("NotFoundError", lambda: at.openai().models.retrieve("no-such-model"))


@openai_errors("http-page-with-200")
def openai_base_url_with_slash(at: Place) -> None:
    """A base URL that ends in a slash works."""
    client = at.openai(base_url=f"{at.url}/")
    says(client.chat.completions.create(model=at.chat, messages=user(PONG)).choices[0].message.content)


def _asks(at: Place, base_url: str) -> None:
    """With a wrong base URL, a request is answered, or raises NotFoundError with a message in JSON.

    A website's page with status 200, or a redirect, becomes an empty answer in the SDK.
    """
    import openai

    try:
        completion = at.openai(base_url=base_url).chat.completions.create(model=at.chat, messages=user(PONG))
    except openai.NotFoundError as error:
        body: Any = error.body
        assert isinstance(body, dict), "the error is not in JSON"
        assert body.get("message"), "the error has no message"
    else:
        says(completion.choices[0].message.content)


@openai_errors("elsewhere-error-page")
def openai_base_url_without_version(at: Place) -> None:
    """Without `/v1`, the SDK posts to `/chat/completions`: it is served, or not found."""
    _asks(at, at.root)


@openai_errors("routing-unknown-path-with-200")
def openai_base_url_version_doubled(at: Place) -> None:
    """With `/v1/v1`, the request is served, or not found."""
    _asks(at, f"{at.url}/v1")


@openai_errors("elsewhere-error-without-body")
def openai_base_url_with_endpoint(at: Place) -> None:
    """With the endpoint in the base URL, the SDK posts to `/v1/chat/completions/chat/completions`."""
    _asks(at, f"{at.url}/chat/completions")


@openai_errors("elsewhere-error-empty")
def openai_base_url_of_vendor(at: Place) -> None:
    """With a path of another product in the base URL, the request is served, or not found."""
    _asks(at, f"{at.root}/openai")


@openai_errors("http-page-with-200")
def openai_base_url_with_query(at: Place) -> None:
    """With a query in the base URL, the path of the request is lost in it."""
    _asks(at, f"{at.url}?version=1")


@openai_errors("chat-error-mistake-as-422")
def openai_sends_messages_body(at: Place) -> None:
    """A body of Messages raises BadRequestError: it blames the request, and not a model or the server."""
    client = at.openai()
    error = raised(
        "BadRequestError",
        lambda: client.chat.completions.create(
            model=at.chat,
            messages=user(PONG),
            max_tokens=64,
            extra_body={"system": "You are terse.", "tools": [MESSAGES_TOOL]},
        ),
    )
    assert error.body["message"]


@openai_errors("error-status-503-messages")
def openai_posts_to_messages(at: Place) -> None:
    """A request for Messages with the OpenAI SDK's headers is answered, or refused with 400 in JSON."""
    import openai

    sent = {"model": at.messages, "max_tokens": 64, "messages": user(PONG)}
    client = at.openai()
    try:
        answer = client.post("/messages", body=sent, cast_to=object)
    except openai.BadRequestError as error:
        body: Any = error.body
        assert isinstance(body, dict), "the error is not in JSON"
        assert body.get("message"), "the error has no message"
    else:
        says(answer["content"][0]["text"])
