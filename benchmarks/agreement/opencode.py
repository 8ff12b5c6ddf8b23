"""The command line of OpenCode, with a provider of its own (https://opencode.ai/docs/providers/).

It is tried here alone: the tests of the agents in conformance/ drive Codex and Claude Code.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from conformance.real_clients.agents import Agent, Answer, Desk, documents
from conformance.real_clients.namespace import Ended


def _command(desk: Desk, options: Sequence[str], resume: str) -> tuple[list[str], dict[str, str]]:
    place = desk.place
    model = place.chat
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "gateway",
        "options": {"baseURL": place.url, "apiKey": place.key, "headers": dict(place.headers)},
        "models": {model: {"name": model}},
    }
    settings: dict[str, Any] = {
        "model": f"gateway/{model}",
        "small_model": f"gateway/{model}",
        "autoupdate": False,
        "share": "disabled",
        "provider": {"gateway": provider},
        **desk.settings,
    }
    folder = desk.root / "home" / ".config" / "opencode"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "opencode.json").write_text(json.dumps(settings), "utf-8")
    again = ["--session", resume] if resume else []
    return [desk.agent.path(), "run", "--format", "json", *again, *options], {
        **desk.environment,
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    }


def _read(ended: Ended) -> Answer:
    events = documents(ended.out)
    texts = [event["part"]["text"] for event in events if event.get("type") == "text"]
    session = next((event["sessionID"] for event in events if "sessionID" in event), "")
    succeeded = ended.code == 0 and not any(event.get("type") == "error" for event in events)
    return Answer(texts[-1] if texts else "", succeeded, session, ended)


OPENCODE = Agent("opencode", "opencode", "chat_completions", _command, _read, ("bash", "command"), "AGENTS.md")
