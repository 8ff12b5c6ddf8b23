"""Texts that do not reach the upstream as the client sent them."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from conformance.core.model import JSON
from conformance.reference.changes import Edit, drop, on_request
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.upstream.edits import blocks, texts, turns

SYSTEM = "upstream.request.system"
ADDED = "upstream.request.system-added"
PLACE = "upstream.request.system-place"
TURNS = "upstream.request.turns"

_SYSTEM_ROLES = ("system", "developer")
_REPORTS = {
    "chat-last-block-only": "https://github.com/Blaizzy/mlx-vlm/pull/1137",
    "chat-system-last-only": "https://github.com/Portkey-AI/gateway/issues/457",
}
"""Fault -> the report of a real gateway's defect, which it replays."""
_FAMILIES = {"chat": "chat_completions", "responses": "responses", "messages": "messages"}


def _fault(id_: str, case: str, sentence: str, edit: Edit, *rules: str) -> Fault:
    """A fault of the family that a case's id begins with, in its native lane."""
    family = _FAMILIES[case.partition("-")[0]]
    cases = f"upstream/request-texts/{case}[upstream={family}]"
    return Fault(
        id=f"upstream-{id_}",
        url=_REPORTS.get(id_, ""),
        family=family,
        sentence=sentence,
        rules=rules or (TURNS,),
        cases=cases,
        apply=on_request(edit),
    )


def _is_system(turn: JSON) -> bool:
    return isinstance(turn, dict) and turn.get("role") in _SYSTEM_ROLES


def _is_last(turn: JSON, all_turns: list[Any]) -> bool:
    """Whether a system turn is the last one of its kind."""
    return turn is [each for each in all_turns if _is_system(each)][-1]


def _reversed_system(all_turns: list[Any]) -> list[Any]:
    system = [turn for turn in all_turns if _is_system(turn)]
    return [system.pop() if _is_system(turn) else turn for turn in all_turns]


def _system_first(all_turns: list[Any]) -> list[Any]:
    return sorted(all_turns, key=lambda turn: not _is_system(turn))


def _system_as_user(all_turns: list[Any]) -> list[Any]:
    return [{**turn, "role": "user"} if _is_system(turn) else turn for turn in all_turns]


def _swapped_roles(all_turns: list[Any]) -> list[Any]:
    return [{**turn, "role": "user"} for turn in all_turns]


def _after(position: int) -> Callable[[list[Any]], list[Any]]:
    return lambda all_turns: all_turns[-position:]


def _in_two(all_turns: list[Any]) -> list[Any]:
    """The turns with the first two exchanged for the next two."""
    return [*all_turns[2:4], *all_turns[:2], *all_turns[4:]]


def _put_system(text: str) -> Edit:
    def edit(body: JSON) -> JSON:
        own = body.get("system")
        blocks_ = [{"type": "text", "text": own}] if isinstance(own, str) else own or []
        return {**body, "system": [{"type": "text", "text": text}, *blocks_]}

    return edit


def _system_edit(function: Callable[[list[Any]], list[Any]]) -> Edit:
    return lambda body: {**body, "system": function(body["system"])} if isinstance(body.get("system"), list) else body


def _unescaped(text: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)


def _latin(text: str) -> str:
    return text.encode("cp1252", "replace").decode("cp1252")


def _without(characters: Sequence[str]) -> Callable[[str], str]:
    return lambda text: "".join(character for character in text if character not in characters)


def _filled(text: str) -> str:
    return re.sub(r"\{\{\w+\}\}", "", text)


def _middle_cut(text: str) -> str:
    """A long text without its middle, as a gateway shortens prompts that seem too long for the model."""
    return text if len(text) < 50_000 else f"{text[:20_000]}...{text[-20_000:]}"


FAULTS = (
    _fault("system-dropped", "messages-system-string", "The system text does not go up.", drop("/system"), SYSTEM),
    _fault(
        "system-first-only",
        "messages-system-texts",
        "Only the first block of a system array goes up.",
        _system_edit(lambda all_blocks: all_blocks[:1]),
        SYSTEM,
    ),
    _fault(
        "system-backwards",
        "messages-system-texts",
        "The blocks of a system array go up in reverse order.",
        _system_edit(lambda all_blocks: all_blocks[::-1]),
        SYSTEM,
    ),
    _fault(
        "chat-system-backwards", "chat-system-texts", "System messages change places.", turns(_reversed_system), SYSTEM
    ),
    _fault(
        "chat-system-last-only",
        "chat-system-texts",
        "Of several system messages, only the last one goes up.",
        turns(lambda all_turns: [turn for turn in all_turns if not _is_system(turn) or _is_last(turn, all_turns)]),
        SYSTEM,
    ),
    _fault(
        "developer-dropped",
        "chat-system-texts",
        "Developer messages do not go up.",
        turns(lambda all_turns: [turn for turn in all_turns if turn.get("role") != "developer"]),
        SYSTEM,
    ),
    _fault(
        "system-as-user",
        "chat-system-texts",
        "System messages go up as messages of the user.",
        turns(_system_as_user),
        SYSTEM,
        TURNS,
    ),
    _fault(
        "instructions-dropped",
        "responses-system-texts",
        "Instructions do not go up if the input has system items.",
        drop("/instructions"),
        SYSTEM,
        "responses.echo.instructions",
    ),
    _fault(
        "system-added",
        "messages-system-string",
        "The gateway puts a system text of its own before that of the client.",
        _put_system("You are a helpful assistant."),
        ADDED,
    ),
    _fault(
        "system-moved",
        "chat-late-system",
        "A late system message goes up in front of the chat.",
        turns(_system_first),
        PLACE,
    ),
    _fault("last-turn-only", "chat-history", "Only the last turn goes up.", turns(_after(1))),
    _fault("first-turn-lost", "responses-history", "The first two turns do not go up.", turns(_after(5))),
    _fault("turns-reordered", "messages-history", "Turns go up in another order.", turns(_in_two)),
    _fault("roles-lost", "chat-history", "All turns go up as the user's.", turns(_swapped_roles)),
    _fault("twenty-turns", "messages-long-history", "At most 20 turns go up.", turns(_after(20))),
    _fault("thirty-turns", "chat-long-history", "At most 30 turns go up.", turns(_after(30))),
    _fault("forty-turns", "responses-long-history", "At most 40 turns go up.", turns(_after(40))),
    *(
        _fault(f"{kind}-last-block-only", f"{kind}-blocks", "Only the last block of a turn goes up.", blocks(_after(1)))
        for kind in _FAMILIES
    ),
    *(
        _fault(
            f"{kind}-neighbour-lost",
            f"{kind}-neighbours",
            "Of two user turns in a row, only the last one goes up.",
            turns(lambda all_turns: all_turns[-1:]),
        )
        for kind in _FAMILIES
    ),
    _fault(
        "letters-composed",
        "chat-characters",
        "Letters go up in their composed Unicode form.",
        texts(lambda text: unicodedata.normalize("NFC", text)),
    ),
    _fault(
        "characters-lost",
        "responses-characters",
        "Characters outside of Windows-1252 go up as question marks.",
        texts(_latin),
    ),
    _fault(
        "joiners-lost",
        "messages-characters",
        "Invisible characters, such as the joiners of emoji, do not go up.",
        texts(_without("\u200b\u200d\u200e\ufeff")),
    ),
    _fault("escapes-decoded", "chat-escapes", "Escape sequences in a text go up decoded.", texts(_unescaped)),
    _fault("markup-escaped", "responses-escapes", "Texts go up with escapes of HTML.", texts(html.escape)),
    _fault("templates-filled", "messages-escapes", "Names in double braces are replaced in prompts.", texts(_filled)),
    _fault("white-space-trimmed", "chat-white-space", "Texts go up without white space around them.", texts(str.strip)),
    _fault(
        "white-space-folded",
        "responses-white-space",
        "Any white space in a text goes up as one space.",
        texts(lambda text: " ".join(text.split())),
    ),
    _fault(
        "line-ends-changed",
        "messages-white-space",
        "Line ends of Windows go up as those of Unix.",
        texts(lambda text: text.replace("\r\n", "\n")),
    ),
    *(
        _fault(
            f"{kind}-long-prompt-cut", f"{kind}-long-prompt", "The middle of a long prompt is cut.", texts(_middle_cut)
        )
        for kind in _FAMILIES
    ),
    _fault(
        "prefill-lost",
        "messages-prefill",
        "The start of the answer in the last turn does not go up.",
        turns(lambda all_turns: all_turns[:-1] if all_turns[-1].get("role") == "assistant" else all_turns),
    ),
    _fault(
        "prompt-as-json",
        "messages-history",
        "The texts of a prompt go up as quoted JSON.",
        texts(json.dumps),
    ),
)
