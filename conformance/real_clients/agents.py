"""The command lines of the agents: Codex and Claude Code, with an empty home and a clean environment.

Codex: https://github.com/openai/codex/blob/main/docs/config.md. Claude Code:
https://docs.anthropic.com/en/docs/claude-code/settings.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.real_clients.kits import NODE
from conformance.real_clients.namespace import Ended, Namespace
from conformance.real_clients.place import Place

JSON = Any

LIMIT = 60.0
"""Seconds for one command."""

_PATH = os.pathsep.join(
    {str(Path(shutil.which("node") or "/usr/bin/node").parent): None, "/usr/bin": None, "/bin": None}
)
"""Where the agents find the commands that they run; one of them is a program for Node."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The output of an agent: its last text, whether it says that it succeeded, and the session to resume."""

    text: str
    succeeded: bool
    session: str
    ended: Ended


@dataclass(slots=True)
class Desk:
    """An agent in a folder of its own, with its home beside it."""

    agent: Agent
    place: Place
    namespace: Namespace
    root: Path
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where the agent works."""
        return self.root / "work"

    @property
    def environment(self) -> dict[str, str]:
        """A clean environment: the home, and where the agent finds commands."""
        return {"HOME": str(self.root / "home"), "PATH": _PATH, "LANG": "C.UTF-8"}

    def ask(self, prompt: str, *options: str, resume: str = "") -> Answer:
        """Asks the agent; with `resume`, in an earlier session."""
        command, environment = self.agent.command(self, options, resume)
        ended = self.namespace.run(command, environment, self.folder, LIMIT, prompt)
        return self.agent.read(ended)


@dataclass(frozen=True, slots=True)
class Agent:
    """A released command line. `command` returns the arguments and the environment; `read` reads what it printed."""

    name: str
    binary: str
    family: str
    command: Callable[[Desk, Sequence[str], str], tuple[list[str], dict[str, str]]]
    read: Callable[[Ended], Answer]
    tool: tuple[str, str]
    """The name of the tool that runs a command, and of its argument."""
    memory: str
    """The file in a folder whose text the agent adds to its prompt."""

    def shell(self, command: str) -> JSON:
        """A call of the tool that runs a command, as a model would make it."""
        name, argument = self.tool
        return {"name": name, "arguments": {argument: command}}

    def path(self) -> str:
        """The path of the binary; "" if it is not installed."""
        folder = os.environ.get(NODE)
        found = shutil.which(self.binary, path=str(Path(folder, "node_modules", ".bin"))) if folder else None
        return found or ""

    def missing(self) -> str:
        """Why the agent cannot be used here, as a sentence; "" if it can."""
        if self.path():
            return ""
        return f"{self.binary} is not installed in {NODE} (see docs/real-clients.md)"

    @contextmanager
    def desk(self, place: Place, namespace: Namespace, **settings: Any) -> Iterator[Desk]:
        """An empty home and an empty folder for the agent."""
        with tempfile.TemporaryDirectory(prefix=f"{self.name}-", ignore_cleanup_errors=True) as root:
            for name in ("home", "work"):
                Path(root, name).mkdir()
            yield Desk(self, place, namespace, Path(root), settings)


def _codex(desk: Desk, options: Sequence[str], resume: str) -> tuple[list[str], dict[str, str]]:
    """Without analytics: at its end, Codex would look for their server for five seconds."""
    place, home = desk.place, desk.root / "home"
    settings = {"request_max_retries": 2, "stream_max_retries": 2, **desk.settings}
    headers = ", ".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in place.headers.items())
    lines = [
        f"model = {json.dumps(place.responses)}",
        'model_provider = "gateway"',
        "[model_providers.gateway]",
        'name = "gateway"',
        f"base_url = {json.dumps(place.url)}",
        'env_key = "GATEWAY_KEY"',
        'wire_api = "responses"',
        f"http_headers = {{ {headers} }}",
        *(f"{name} = {json.dumps(value)}" for name, value in settings.items()),
        "[analytics]",
        "enabled = false",
    ]
    (home / ".codex").mkdir(exist_ok=True)
    (home / ".codex" / "config.toml").write_text("\n".join(lines), "utf-8")
    again = ["resume", resume] if resume else []
    bypass = "--dangerously-bypass-approvals-and-sandbox"  # the sandbox cannot be nested in the namespace
    command = [desk.agent.path(), "exec", "--skip-git-repo-check", "--json", bypass, *options, *again, "-"]
    return command, {**desk.environment, "GATEWAY_KEY": place.key}


def _read_codex(ended: Ended) -> Answer:
    events = documents(ended.out)
    items = [event["item"] for event in events if event.get("type") == "item.completed"]
    texts = [item.get("text", "") for item in items if item.get("type") == "agent_message"]
    session = next((event["thread_id"] for event in events if event.get("type") == "thread.started"), "")
    return Answer(texts[-1] if texts else "", ended.code == 0, session, ended)


def _claude(desk: Desk, options: Sequence[str], resume: str) -> tuple[list[str], dict[str, str]]:
    place = desk.place
    again = ["--resume", resume] if resume else []
    allowed = ["--allowedTools", "Bash,Read,Write"]
    command = [desk.agent.path(), "-p", "--output-format", "json", *again, *options, *allowed]
    headers = "\n".join(f"{name}: {value}" for name, value in place.headers.items())
    return command, {
        **desk.environment,
        "ANTHROPIC_BASE_URL": place.root,
        "ANTHROPIC_AUTH_TOKEN": place.key,
        "ANTHROPIC_MODEL": place.messages,
        "ANTHROPIC_SMALL_FAST_MODEL": place.messages,
        "ANTHROPIC_CUSTOM_HEADERS": headers,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_MAX_RETRIES": "2",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
    }


def _read_claude(ended: Ended) -> Answer:
    printed = documents(ended.out)
    found: dict[str, Any] = printed[-1] if printed else {}
    succeeded = ended.code == 0 and found.get("is_error") is False
    return Answer(str(found.get("result", "")), succeeded, str(found.get("session_id", "")), ended)


def documents(text: str) -> list[dict[str, Any]]:
    """The JSON objects of a text, one in a line; other lines are left out."""
    found = []
    for line in text.splitlines():
        try:
            document = json.loads(line)
        except ValueError:
            continue
        if isinstance(document, dict):
            found.append(document)
    return found


CODEX = Agent("codex", "codex", "responses", _codex, _read_codex, ("exec_command", "cmd"), "AGENTS.md")
CLAUDE = Agent("claude", "claude", "messages", _claude, _read_claude, ("Bash", "command"), "CLAUDE.md")
AGENTS = (CODEX, CLAUDE)
