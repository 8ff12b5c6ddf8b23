"""Reads the prompts with which the quality of tool calls is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from conformance.core import data_files, yaml_input
from conformance.core.model import JSON
from conformance.core.yaml_input import InputError

FILE, SCHEMA = "_tool-prompts.yaml", "tool-prompts.schema.json"


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a model may call; `parameters` is the JSON Schema of its arguments."""

    name: str
    description: str
    parameters: JSON


@dataclass(frozen=True, slots=True)
class Prompt:
    """A message of a user, the tools that are offered, and the names of those that the answer has to call.

    A name is in `calls` as often as it has to be called. Without `calls`, the answer has to do without tools.
    """

    id: str
    kind: str
    ask: str
    tools: tuple[Tool, ...]
    calls: tuple[str, ...]

    @property
    def schemas(self) -> Mapping[str, JSON]:
        """Name of an offered tool -> the schema of its arguments."""
        return {tool.name: tool.parameters for tool in self.tools}


@cache
def tool_prompts() -> tuple[Prompt, ...]:
    """All prompts, in the order of the file. Raises InputError."""
    document = yaml_input.read_yaml(data_files.folder("cases") / FILE, SCHEMA)
    known = {
        name: Tool(name, tool["description"], tool["parameters"]) for name, tool in document.value["tools"].items()
    }
    found: dict[str, Prompt] = {}
    for index, entry in enumerate(document.value["prompts"]):
        place = document.at("prompts", index)
        if missing := {*entry["tools"]} - known.keys() | {*entry["calls"]} - {*entry["tools"]}:
            raise InputError(f"{place}: {', '.join(sorted(missing))} is not an offered tool; add it to the tools")
        if entry["id"] in found:
            raise InputError(f"{place}: the id {entry['id']} is already used; give the prompt another id")
        tools = tuple(known[name] for name in entry["tools"])
        found[entry["id"]] = Prompt(entry["id"], entry["kind"], entry["ask"], tools, tuple(entry["calls"]))
    return tuple(found.values())
