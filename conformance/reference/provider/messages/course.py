"""The parts of a message that the model's text does not decide: tools of the server, other blocks, the stop reason.

A prompt asks for them in words that are part of its last question:

- A declared tool of the server runs if the question names it: `web_search`, `web_fetch`, `code_execution`,
  `bash_code_execution`, `text_editor_code_execution`, `tool_search_tool_bm25` or `tool_search_tool_regex`. A tool that
  no question names is accepted and never runs.
- `redacted_thinking` in the question redacts the thinking of a request that has thinking on, and `container_upload`
  adds such a block if code can be executed.
- `stop with pause_turn`, `refusal` or `model_context_window_exceeded` sets the stop reason. A paused turn, sent back as
  the last message, is continued by the text.
- `compaction: {type: summarize}`, and the edit `compact_20260112` with `pause_after_compaction` for a prompt that
  reaches its trigger, are answered by a summary with the stop reason `compaction`.

Shapes: `anthropic/types/content_block.py` and `anthropic/types/beta/beta_compaction_block.py` of the Python SDK, 2.14.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .. import question as asked
from .. import tokens
from ..identity import fresh
from ..prompt import JSON, Prompt

_STOP = re.compile(r"\bstop with (pause_turn|refusal|model_context_window_exceeded)\b")
_URL = re.compile(r"https?://[^\s\"'<>]+[\w/]")
_PAGE = "The harbour opens at nine."
_DEFAULT_TRIGGER = 150_000
_RUN = {"stdout": "4\n", "stderr": "", "return_code": 0, "content": []}


@dataclass(frozen=True, slots=True)
class Course:
    """`blocks` come before the text. With a `stop`, it is the stop reason, and only some leave the text in place."""

    blocks: tuple[JSON, ...] = ()
    stop: str = ""
    redacted: bool = False
    usage: Mapping[str, int] | None = None

    @property
    def is_silent(self) -> bool:
        """Whether the message has no text and no calls."""
        return self.stop in ("pause_turn", "refusal", "compaction")

    @property
    def tokens(self) -> int:
        """The output tokens of the blocks that the model wrote."""
        return sum(tokens.count(str(block.get("input") or block.get("content"))) for block in self.blocks
                   if block["type"] in ("server_tool_use", "compaction"))  # fmt: skip


def course(body: JSON, prompt: Prompt, used: int) -> Course:
    """The course of the message that answers a body, whose prompt has `used` tokens."""
    if _compacts(body, used):
        summary = {"type": "compaction", "content": "The conversation so far, in short.", "encrypted_content": None}
        return Course((summary,), "compaction")
    if body["messages"][-1]["role"] == "assistant":  # a paused turn goes on
        return Course()
    question = next((turn.text for turn in reversed(prompt.turns) if turn.role == "user"), "")
    blocks = tuple(_served(body, question))
    found = _STOP.search(question)
    uses = [block["name"] for block in blocks if block["type"] == "server_tool_use"]
    counted = {f"{name}_requests": uses.count(name) for name in ("web_search", "web_fetch")}
    stop = found[1] if found and (uses or found[1] != "pause_turn") else ""
    return Course(() if stop == "refusal" else blocks, stop, "redacted_thinking" in question, counted if uses else None)


def found_tools(body: JSON, question: str) -> list[str]:
    """The deferred tools that a search for tools finds: those that the question names, else all."""
    if not any(_runs(tool, question).startswith("tool_search") for tool in body.get("tools") or []):
        return []
    deferred = [tool["name"] for tool in body["tools"] if tool.get("defer_loading") and "name" in tool]
    return [name for name in deferred if asked.mentions(question, name)] or deferred


def _compacts(body: JSON, used: int) -> bool:
    if body.get("compaction"):
        return True
    edits = (body.get("context_management") or {}).get("edits") or []
    pausing = (edit for edit in edits if edit["type"] == "compact_20260112" and edit.get("pause_after_compaction"))
    return any(used >= (edit.get("trigger") or {}).get("value", _DEFAULT_TRIGGER) for edit in pausing)


def _served(body: JSON, question: str) -> Iterator[JSON]:
    """Each use of a tool of the server with its result, in the order of the tools."""
    for tool in body.get("tools") or []:
        for name in _names(tool, question):
            run, kind = _RESULTS[name]
            id_ = fresh("srvtoolu_01", 22)
            given, content = run(question, found_tools(body, question))
            caller = {"type": "direct"}
            yield {"type": "server_tool_use", "id": id_, "name": name, "input": given, "caller": caller}
            yield {"type": f"{kind}_tool_result", "tool_use_id": id_, "content": content}
            if kind.endswith("code_execution") and "container_upload" in question:
                yield {"type": "container_upload", "file_id": fresh("file_01", 22)}


def _names(tool: JSON, question: str) -> list[str]:
    """The names under which a tool of the server runs; a newer code execution has two tools."""
    kind = tool.get("type") or ""
    if kind.startswith("code_execution_") and kind != "code_execution_20250522":
        parts = [name for name in ("bash_code_execution", "text_editor_code_execution") if name in question]
        return parts or (["bash_code_execution"] if _runs(tool, question) else [])
    return [name] if (name := _runs(tool, question)) else []


def _runs(tool: JSON, question: str) -> str:
    """The name of a tool of the server that the question names, else an empty text."""
    name = str(tool.get("name")) if tool.get("type") not in (None, "custom") else ""
    return name if name in _RESULTS and asked.mentions(question, name) else ""


def _search(question: str, _found: Sequence[str]) -> tuple[JSON, JSON]:
    page = {"type": "web_search_result", "title": "The harbour", "url": "https://example.com/harbour", "page_age": None}
    query = next(iter(asked.quotations(question)), "harbour")
    return {"query": query}, [{**page, "encrypted_content": fresh("", 40)}]


def _fetch(question: str, _found: Sequence[str]) -> tuple[JSON, JSON]:
    url = found[0] if (found := _URL.search(question)) else "https://example.com/harbour"
    source = {"type": "text", "media_type": "text/plain", "data": _PAGE}
    document = {"type": "document", "source": source, "title": "The harbour", "citations": None}
    return {"url": url}, {"type": "web_fetch_result", "url": url, "content": document, "retrieved_at": None}


def _python(_question: str, _found: Sequence[str]) -> tuple[JSON, JSON]:
    return {"code": "print(2 + 2)"}, {"type": "code_execution_result", **_RUN}


def _bash(_question: str, _found: Sequence[str]) -> tuple[JSON, JSON]:
    return {"command": "echo $((2 + 2))"}, {"type": "bash_code_execution_result", **_RUN}


def _view(_question: str, _found: Sequence[str]) -> tuple[JSON, JSON]:
    lines = {"num_lines": 1, "start_line": 1, "total_lines": 1}
    viewed = {"type": "text_editor_code_execution_view_result", "file_type": "text", "content": _PAGE, **lines}
    return {"command": "view", "path": "/tmp/notes.txt"}, viewed  # noqa: S108 (the path is in the container)


def _find(_question: str, found: Sequence[str]) -> tuple[JSON, JSON]:
    references = [{"type": "tool_reference", "tool_name": name} for name in found]
    return {"query": " ".join(found)}, {"type": "tool_search_tool_search_result", "tool_references": references}


_RESULTS: Mapping[str, tuple[Callable[[str, Sequence[str]], tuple[JSON, JSON]], str]] = {
    "web_search": (_search, "web_search"),
    "web_fetch": (_fetch, "web_fetch"),
    "code_execution": (_python, "code_execution"),
    "bash_code_execution": (_bash, "bash_code_execution"),
    "text_editor_code_execution": (_view, "text_editor_code_execution"),
    "tool_search_tool_bm25": (_find, "tool_search"),
    "tool_search_tool_regex": (_find, "tool_search"),
}
"""The name of a tool of the server -> what it does, and the name in the type of its result."""
