"""The words in which every report tells which clients a gateway is ready for. They are not escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.analysis import problems
from conformance.core.plural import counted
from conformance.records.run_format import ClientStatus, NeedEntry, ReadinessEntry, RunDocument

ORDER: tuple[ClientStatus, ...] = ("not_ready", "limited", "ready", "not_judged")
"""The order of the clients in every report: those that need a fix first."""

LEGEND = (
    "ready: everything that the client needs was checked and kept. limited: it works, and loses a feature. not ready: "
    "its user gets no answer, or a wrong one. not judged: the run does not have enough of the cases that it needs."
)


def ordered(entries: Sequence[ReadinessEntry]) -> list[ReadinessEntry]:
    """The clients, those that are not ready first, and each group by name."""
    return sorted(entries, key=lambda entry: (ORDER.index(entry["status"]), entry["name"].lower()))


def status(name: ClientStatus) -> str:
    """`not ready` for `not_ready`."""
    return name.replace("_", " ")


def deciding(entry: ReadinessEntry) -> list[NeedEntry]:
    """The needs that decide about the status of a client, the worst first; for a ready one, those that cost it time."""
    state, effects = _DECIDING[entry["status"]]
    own = [need for need in entry["needs"] if need["state"] == state and need["without"] in effects]
    return sorted(own, key=lambda need: effects.index(need["without"]))


_DECIDING: Mapping[ClientStatus, tuple[str, Sequence[str]]] = {
    "not_ready": ("broken", ("stops",)),
    "limited": ("broken", ("degrades",)),
    "not_judged": ("open", ("stops", "degrades")),
    "ready": ("broken", ("recovers",)),
}


def reason(need: NeedEntry) -> str:
    """A need and its consequence: `tool calls: No tool is run. (chat.tool-call.name in 2 of 8 cases)`."""
    if need["state"] == "open":
        return f"{need['title']}: {need['count']:,} of {counted(need['of'], 'case')} not judged"
    return f"{need['title']}: {need['sentence']} ({evidence(need)})"


def absence(entry: ReadinessEntry) -> str:
    """The one reason why a client gets nothing that it needs, such as an endpoint that does not exist; else ""."""
    reasons = {"" if need["rules"] else need.get("lacking", "") for need in deciding(entry)}
    return reasons.pop() if len(reasons) == 1 else ""


def evidence(need: NeedEntry) -> str:
    """The evidence for a broken need: the rule that most cases break, or why the gateway lacks the feature."""
    broken = need["rules"][0] if need["rules"] else need.get("lacking", "")
    more = f" and {len(need['rules']) - 1} more" if len(need["rules"]) > 1 else ""
    return f"{broken}{more} in {need['count']:,} of {counted(need['of'], 'case')}"


def numbers(document: RunDocument) -> dict[str, int]:
    """Id of a problem -> its number in the reports."""
    return {problem["id"]: number for number, problem in enumerate(problems.of(document), 1)}


def fix(entry: ReadinessEntry, known: Mapping[str, int]) -> str:
    """The problem to fix first: `problem 2, chat.stream.done@streamed`; "" if no problem of the run is behind it."""
    id_ = entry.get("fix", "")
    return f"problem {known[id_]}, {id_}" if id_ in known else id_


def totals(entries: Sequence[ReadinessEntry]) -> Iterator[str]:
    """The number of clients with each status: `3 not ready`, `9 ready`."""
    for name in ORDER:
        if own := [entry for entry in entries if entry["status"] == name]:
            yield f"{len(own)} {status(name)}"
