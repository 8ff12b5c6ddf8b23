"""The tools that go up are those of the client, and so is the choice among them.

A correct gateway may do the following, and is not blamed:

- it adds and leaves out what `schema_difference` says, and leaves out a `strict` that is false;
- it leaves out notes of a schema, such as titles and defaults (`tool-notes`, only a should);
- it writes the keys of a schema, and the tools themselves, in another order;
- it writes out a default: `auto` with tools; it leaves out all tools if the choice is `none`, and the choice if there
  are no tools;
- it names the only tool where the client wants any, or the reverse;
- in crossed lanes: it changes a tool's name that the other family does not allow (`^[a-zA-Z0-9_-]{1,64}$` in Chat
  Completions); it leaves out tools of kinds that the other family does not have, and `allowed_tools`; it makes the
  tools of a namespace tools of their own; it adds a tool of its own for an output format, or for web search, if the
  client asks for one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.judge.both_ends.ends import Ends
from conformance.judge.both_ends.pairs import Pair, pairs
from conformance.judge.schema_difference import DROPPABLE, NOTES_OF_SCHEMAS, difference
from conformance.protocol.asked import Asked, Choice, Tool

TOOLS = "upstream.request.tools"
NOTES = "upstream.request.tool-notes"
STRICT = "upstream.request.tool-strict"
CHOICE = "upstream.request.tool-choice"
RULES = (TOOLS, NOTES, STRICT, CHOICE)

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def kept(ends: Ends) -> Iterator[Breach]:
    """The tools and the choice of every request that goes up; each rule is reported once."""
    reported = set[str]()
    for pair in pairs(ends):
        for breach in (*_tools(pair), *_choice(pair)):
            if breach.rule not in reported:
                reported.add(breach.rule)
                yield breach


def _tools(pair: Pair) -> Iterator[Breach]:
    if pair.sent.choice.mode == "none" and not pair.up.tools:
        return
    sent, got = _comparable(pair.sent, pair), {_key(tool): tool for tool in pair.up.tools}
    for tool in sent:
        found = got.get(_key(tool))
        if found is None:
            yield Breach(TOOLS, f"the tool {_short(tool)}", f"the tools {_names(pair.up)}")
            return
        what = _changed(tool, found) or (_more(tool, found) if pair.is_native else None)
        if what:
            yield Breach(TOOLS, *what)
            return
    most = len(pair.sent.tools) + (0 if pair.is_native else pair.sent.inner_tools)
    added = len(pair.up.tools) > most and not pair.may_add_tools
    if added or len(got) < len(pair.up.tools):
        yield Breach(TOOLS, f"the tools {_names(pair.sent)}, each once", f"the tools {_names(pair.up)}")
        return
    yield from _notes(sent, got)
    yield from _strict(sent, got)


def _comparable(asked: Asked, pair: Pair) -> list[Tool]:
    """The tools that both families have, with names that both allow."""
    if pair.is_native:
        return list(asked.tools)
    return [tool for tool in asked.tools if tool.kind == "function" and _NAME.fullmatch(tool.name)]


def _key(tool: Tool) -> str:
    """The name by which a tool is found again; tools that the provider runs have none, and are the same or not."""
    return tool.name if tool.kind in ("function", "custom") else tool.schema


def _short(tool: Tool) -> str:
    return tool.name or tool.schema[:120]


def _names(asked: Asked) -> str:
    return ", ".join(tool.name or tool.kind for tool in asked.tools) or "none"


def _changed(sent: Tool, got: Tool) -> tuple[str, str] | None:
    """The first difference of a tool, as (expected, got); None without one."""
    if sent.description.strip() != got.description.strip():
        return (
            f"the description of {sent.name}: {sent.description[:100]!a}",
            ascii(got.description[:100]) if got.description else "no description",
        )
    if sent.kind != got.kind:
        return f"the tool {sent.name} of the kind {sent.kind}", f"the kind {got.kind}"
    if sent.kind != "function":
        return None if sent.schema == got.schema else (f"the definition {sent.schema[:160]}", got.schema[:160])
    at = difference(json.loads(sent.schema), json.loads(got.schema), "", DROPPABLE | NOTES_OF_SCHEMAS)
    return (f"the schema of {sent.name} as the client sent it", f"a difference at {at}") if at else None


def _more(sent: Tool, got: Tool) -> tuple[str, str] | None:
    """The first other member of a tool that is changed, as (expected, got); None without one."""
    ours, theirs = json.loads(sent.more), json.loads(got.more)
    lost = next((name for name in ours if ours[name] != theirs.get(name)), None)
    if lost is None:
        return None
    return f"the tool {sent.name} with {lost}: {json.dumps(ours[lost])[:100]}", json.dumps(theirs.get(lost))[:100]


def _notes(sent: list[Tool], got: dict[str, Tool]) -> Iterator[Breach]:
    for tool in sent:
        if tool.kind != "function":
            continue
        at = difference(json.loads(tool.schema), json.loads(got[_key(tool)].schema), "")
        if at:
            yield Breach(NOTES, f"the schema of {tool.name} with all of its notes", f"a difference at {at}")
            return


def _strict(sent: list[Tool], got: dict[str, Tool]) -> Iterator[Breach]:
    for tool in sent:
        if tool.strict and not got[_key(tool)].strict:
            yield Breach(STRICT, f"the tool {tool.name} with strict: true", f"strict: {got[_key(tool)].strict}")
            return


def _choice(pair: Pair) -> Iterator[Breach]:
    sent, got = pair.sent.choice, pair.up.choice
    if not pair.sent.tools or (sent.mode == "none" and not pair.up.tools):
        return
    if sent.mode == "other" and not pair.is_native:
        return
    if _means(sent, pair.sent) != _means(got, pair.up):
        yield Breach(CHOICE, f"the choice {_shown(sent)}", _shown(got))
    elif sent.mode != "none" and not sent.parallel and got.parallel:
        yield Breach(CHOICE, "at most one tool call at a time", "several tool calls may be made at once")


def _means(choice: Choice, asked: Asked) -> tuple[str, str]:
    """The meaning of a choice: to want any tool is to want the only one."""
    if choice.mode == "any" and len(asked.tools) == 1:
        return "named", asked.tools[0].name
    return choice.mode, choice.name


def _shown(choice: Choice) -> str:
    return f"{choice.mode} {choice.name[:80]}".strip()
