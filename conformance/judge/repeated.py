"""Findings from both ends that repeat each other, so that one of them is enough.

They are about the fate of a parameter, and about the content that it has. A gateway that drops `tool_choice` has one
defect, although the parameter does not arrive and the choice of tools is another one. The more serious of two such
findings is kept; between equals, that about the parameter.
"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.core.model import Finding, Level
from conformance.core.pointer import tokens
from conformance.judge.both_ends import request_cache, request_kept, request_tools
from conformance.protocol.parameters import parameters

_FATES, _OF_ANSWERS, _PARITY = "upstream.parameter.", "upstream.answer.", "case.same-answer"
_RANK: dict[Level, int] = {"must": 0, "should": 1, "may": 2, "info": 3}

_CONTENT = frozenset(request_kept.RULES)
_CHOICE = frozenset({request_tools.CHOICE})
_RULES = {
    "messages": _CONTENT,
    "input": _CONTENT,
    "system": _CONTENT,
    "instructions": _CONTENT,
    "prompt": _CONTENT,
    "tools": frozenset(request_tools.RULES),
    "functions": frozenset(request_tools.RULES),
    "function_call": frozenset(request_tools.RULES),
    "tool_choice": _CHOICE,
    "parallel_tool_calls": _CHOICE,
    "cache_control": frozenset({request_cache.MARKS}),
}
"""The first member of a parameter's place -> the rules about the same content."""


def without(findings: Sequence[Finding], endpoint: str, parameter: str) -> list[Finding]:
    """The findings of a step about a parameter, without those that repeat another one."""
    place = tokens(parameters()[endpoint, parameter].at)
    rules = _RULES.get(place[0] if place else "", frozenset())
    fates = [_RANK[finding.level] for finding in findings if finding.rule.startswith(_FATES)]
    content = [_RANK[finding.level] for finding in findings if finding.rule in rules]
    if not fates or not content:
        return list(findings)
    is_worse = min(content) < min(fates)
    return [
        finding for finding in findings if not (finding.rule.startswith(_FATES) if is_worse else finding.rule in rules)
    ]


def without_parity(findings: Sequence[Finding]) -> list[Finding]:
    """The findings of a case, without that its answers differ if one of them is not the upstream's.

    Nothing is left out that is more serious than the finding about the upstream's answer.
    """
    answers = [_RANK[finding.level] for finding in findings if finding.rule.startswith(_OF_ANSWERS)]
    worst = min(answers, default=len(_RANK))
    return [finding for finding in findings if finding.rule != _PARITY or _RANK[finding.level] < worst]
