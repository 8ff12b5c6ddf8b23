"""Where the clients of a scenario send their requests: a gateway, and perhaps the scripted provider behind it."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from conformance.core.canary import token
from conformance.core.provider_control import SCRIPTS_PATH

JSON = Any


class NotApplicableError(Exception):
    """The scenario needs what this gateway does not have; the message says what."""


@dataclass(frozen=True, slots=True)
class Place:
    """A gateway. `url` ends in `/v1`; `models` are by family; `headers` are sent with every request.

    `provider` is the URL of the scripted provider behind the gateway, "" if there is none.
    """

    url: str
    key: str = field(repr=False)
    models: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    provider: str = ""
    control_key: str = field(default="", repr=False)
    opened: list[Any] = field(default_factory=list, compare=False, repr=False)
    """The synchronous clients that `close` closes."""
    sent: dict[str, list[str]] = field(default_factory=dict, compare=False, repr=False)
    """Name of a script -> the bodies that the gateway sent to the provider, when the block of `upstream` has ended."""

    @property
    def root(self) -> str:
        """The URL without `/v1`, as the Anthropic SDKs expect it."""
        return self.url.removesuffix("/v1")

    @property
    def chat(self) -> str:
        """The model for Chat Completions."""
        return self._model("chat_completions")

    @property
    def responses(self) -> str:
        """The model for Responses."""
        return self._model("responses")

    @property
    def messages(self) -> str:
        """The model for Messages."""
        return self._model("messages")

    def _model(self, family: str) -> str:
        if not self.models.get(family):
            raise NotApplicableError(f"the gateway has no model for {family}")
        return self.models[family]

    def openai(self, **options: Any) -> Any:
        """A client of the OpenAI SDK. It is untyped, because the majors have different types."""
        import openai

        self.opened.append(openai.OpenAI(**self._openai(options)))
        return self.opened[-1]

    def openai_async(self, **options: Any) -> Any:
        """An asynchronous client of the OpenAI SDK."""
        import openai

        return openai.AsyncOpenAI(**self._openai(options))

    def anthropic(self, **options: Any) -> Any:
        """A client of the Anthropic SDK."""
        import anthropic

        self.opened.append(anthropic.Anthropic(**self._anthropic(options)))
        return self.opened[-1]

    def anthropic_async(self, **options: Any) -> Any:
        """An asynchronous client of the Anthropic SDK."""
        import anthropic

        return anthropic.AsyncAnthropic(**self._anthropic(options))

    def close(self) -> None:
        """Closes the synchronous clients, and the streams that were not read to their end."""
        for client in self.opened:
            client.close()
        self.opened.clear()

    def _openai(self, options: Mapping[str, Any]) -> dict[str, Any]:
        usual = {"base_url": self.url, "api_key": self.key, "max_retries": 0, "timeout": 20}
        return {**usual, "default_headers": dict(self.headers), **options}

    def _anthropic(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return self._openai({"base_url": self.root, **options})

    @contextmanager
    def upstream(self, name: str, *answers: JSON) -> Iterator[str]:
        """Makes the provider answer a prompt as scripted. Yields the token that has to be in the prompt.

        Raises NotApplicableError if the gateway has no scripted provider.
        """
        if not self.provider:
            raise NotApplicableError("the gateway's upstream is not the scripted provider")
        mark = token(name)
        self._control("PUT", mark, {"answers": list(answers)})
        try:
            yield mark
        finally:
            requests = json.loads(self._control("DELETE", mark))["requests"]
            self.sent[name] = [base64.b64decode(each["request_body"]).decode() for each in requests]

    def _control(self, method: str, mark: str, document: JSON = None) -> bytes:
        request = urllib.request.Request(  # noqa: S310 (the URL is the provider's)
            f"{self.provider}{SCRIPTS_PATH}/{mark}",
            data=None if document is None else json.dumps(document).encode(),
            headers={"authorization": f"Bearer {self.control_key}", "content-type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=40) as answer:  # noqa: S310
            body: bytes = answer.read()
        return body
