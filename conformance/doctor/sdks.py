"""The URLs that SDKs and clients request, made from a base URL.

Measured with openai 3.54 and anthropic 2.12 (`_base_client.py`, `_prepare_url`): the URL is the base URL, a slash, and
the path; a query in the base URL ends up in the middle. Claude Code and Codex were measured too; the pages of the
others are named in `source`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.protocol.family import load_family


@dataclass(frozen=True, slots=True)
class Sdk:
    """A client. `paths` is family -> the path that it appends to the base URL; the first family is its usual one.

    `setting` is where its base URL is set, and `form` is the header with its key. `wants_v1` is whether the base URL
    has to end in `/v1`.
    """

    name: str
    title: str
    setting: str
    paths: Mapping[str, str]
    form: str
    wants_v1: bool
    source: str
    also: tuple[str, ...] = ()
    """Other requests that it sends, as `METHOD path`."""

    def url(self, base: str, family: str = "") -> str:
        """The URL that the client requests for a base URL and a family; the usual family, if it lacks this one."""
        path = self.paths.get(family) or next(iter(self.paths.values()))
        return f"{base.rstrip('/')}{path}"

    def base_for(self, url: str) -> str:
        """The base URL to set, so that the client requests an endpoint of a gateway whose `/v1` is `url`."""
        return url if self.wants_v1 else url.removesuffix("/v1")

    def family(self, wanted: str) -> str:
        """The family that the client speaks: the wanted one if it can."""
        return wanted if wanted in self.paths else next(iter(self.paths))


_OPENAI = {"chat_completions": "/chat/completions", "responses": "/responses"}
_RESPONSES_FIRST = {"responses": "/responses", "chat_completions": "/chat/completions"}
_CHAT = {"chat_completions": "/chat/completions"}
_MESSAGES = {"messages": "/v1/messages", "count_tokens": "/v1/messages/count_tokens"}

SDKS = (
    Sdk("openai-python", "openai for Python", "base_url or OPENAI_BASE_URL", _OPENAI, "bearer", True,
        "https://github.com/openai/openai-python"),
    Sdk("openai-js", "openai for JavaScript", "baseURL or OPENAI_BASE_URL", _OPENAI, "bearer", True,
        "https://github.com/openai/openai-node"),
    Sdk("anthropic-python", "anthropic for Python", "base_url or ANTHROPIC_BASE_URL", _MESSAGES, "bearer", False,
        "https://github.com/anthropics/anthropic-sdk-python"),
    Sdk("anthropic-js", "@anthropic-ai/sdk", "baseURL or ANTHROPIC_BASE_URL", _MESSAGES, "x-api-key", False,
        "https://github.com/anthropics/anthropic-sdk-typescript"),
    Sdk("claude-code", "Claude Code", "ANTHROPIC_BASE_URL",
        {"messages": "/v1/messages?beta=true", "count_tokens": "/v1/messages/count_tokens?beta=true"}, "bearer", False,
        "https://code.claude.com/docs/en/llm-gateway", ("HEAD /", "GET /v1/models?limit=1000")),
    Sdk("codex", "Codex", "base_url in ~/.codex/config.toml", {"responses": "/responses"}, "bearer", True,
        "https://github.com/openai/codex"),
    Sdk("openai-agents", "OpenAI Agents SDK", "base_url of its AsyncOpenAI, or OPENAI_BASE_URL", _RESPONSES_FIRST,
        "bearer", True, "https://openai.github.io/openai-agents-python/models/"),
    Sdk("langchain-openai", "LangChain, ChatOpenAI", "base_url or OPENAI_API_BASE", _OPENAI, "bearer", True,
        "https://python.langchain.com/docs/integrations/chat/openai/"),
    Sdk("langchain-anthropic", "LangChain, ChatAnthropic", "base_url or ANTHROPIC_API_URL", _MESSAGES, "x-api-key",
        False, "https://python.langchain.com/docs/integrations/chat/anthropic/"),
    Sdk("vercel-openai", "Vercel AI SDK, @ai-sdk/openai", "baseURL of createOpenAI", _RESPONSES_FIRST, "bearer", True,
        "https://ai-sdk.dev/providers/ai-sdk-providers/openai"),
    Sdk("vercel-anthropic", "Vercel AI SDK, @ai-sdk/anthropic", "baseURL of createAnthropic", {"messages": "/messages"},
        "x-api-key", True, "https://ai-sdk.dev/providers/ai-sdk-providers/anthropic"),
    Sdk("opencode", "OpenCode with an OpenAI-compatible provider", "options.baseURL in opencode.json", _CHAT, "bearer",
        True, "https://opencode.ai/docs/providers/"),
    Sdk("aider", "Aider", "OPENAI_API_BASE", _CHAT, "bearer", True, "https://aider.chat/docs/llms/openai-compat.html"),
    Sdk("cline", "Cline with an OpenAI-compatible provider", "Base URL in its settings", _CHAT, "bearer", True,
        "https://docs.cline.bot/provider-config/openai-compatible"),
    Sdk("open-webui", "Open WebUI", "OPENAI_API_BASE_URL", _CHAT, "bearer", True,
        "https://docs.openwebui.com/getting-started/env-configuration/", ("GET {base}/models",)),
)  # fmt: skip
"""In the order in which they are listed."""

BY_NAME: Mapping[str, Sdk] = {sdk.name: sdk for sdk in SDKS}


def usual(family: str) -> Sdk:
    """The vendor's own SDK for a family."""
    return BY_NAME["anthropic-python" if load_family(family).envelope == "anthropic" else "openai-python"]
