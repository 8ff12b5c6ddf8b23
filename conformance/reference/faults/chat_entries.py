"""How the tables of Chat Completions write their faults: in an answer, in each chunk, in a stream, in the request."""

from __future__ import annotations

from conformance.reference.changes import Change, on_events, on_json, on_request
from conformance.reference.changes.documents import Edit
from conformance.reference.changes.flows import JSON_DATA, Flow, Where, edit
from conformance.reference.faults.fault import Fault

CHAT = "chat_completions"
TEXT = "chat_completions/text/system-and-user[stream=false]"
TEXTS = "chat_completions/text/system-and-user[stream=true]"
CALL = "chat_completions/tools/auto[stream=false]"
CALLED = "chat_completions/tools/auto[stream=true]"
PARALLEL = "chat_completions/tools/parallel[stream=false]"
PARALLELS = "chat_completions/tools/parallel[stream=true]"
CHOICES = "chat_completions/options/two-choices[stream=false]"
TWO = "chat_completions/options/two-choices[stream=true]"
LOGPROBS = "chat_completions/options/logprobs[stream=false]"
LOGPROBS_STREAMED = "chat_completions/options/logprobs[stream=true]"
USAGE = "chat_completions/usage/in-stream-when-asked"

Rules = tuple[str, ...]


def fault(id_: str, sentence: str, rules: Rules, cases: str, change: Change, url: str = "") -> Fault:
    """A fault of Chat Completions."""
    return Fault(f"chat-{id_}", CHAT, sentence, rules, cases, change, url)


def answer(id_: str, sentence: str, rules: Rules, *edits: Edit, cases: str = TEXT, url: str = "") -> Fault:
    """The document of an answer is wrong."""
    return fault(id_, sentence, rules, cases, on_json(*edits), url)


def chunk(
    id_: str,
    sentence: str,
    rules: Rules,
    *edits: Edit,
    cases: str = TEXTS,
    where: Where = JSON_DATA,
    number: int | None = None,
    url: str = "",
) -> Fault:
    """Chunks are wrong: those that `where` picks, or one of them."""
    return fault(id_, sentence, rules, cases, on_events(edit(where, *edits, number=number)), url)


def stream(id_: str, sentence: str, rules: Rules, *flows: Flow, cases: str = TEXTS, url: str = "") -> Fault:
    """A stream is wrong."""
    return fault(id_, sentence, rules, cases, on_events(*flows), url)


def request(id_: str, sentence: str, rules: Rules, *edits: Edit, cases: str, url: str = "") -> Fault:
    """The request that reaches the provider is not the one that was sent."""
    return fault(id_, sentence, rules, cases, on_request(*edits), url)
