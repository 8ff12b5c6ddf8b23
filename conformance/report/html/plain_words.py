"""The plain words of the certificate, for a reader who does not know the APIs."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.core.model import Impact
from conformance.records.run_format import ClientStatus, LevelName

FAMILIES: Mapping[str, tuple[str, str]] = {
    "chat_completions": ("Chat Completions", "The API of OpenAI that most programs use."),
    "responses": ("Responses", "The newer API of OpenAI, which Codex uses."),
    "messages": ("Messages", "The API of Anthropic, which Claude Code uses."),
}
"""Family -> its title, and who uses it."""

LEVELS: Mapping[LevelName, tuple[str, str]] = {
    "complete": ("complete", "Every check of this API applies to the gateway, and it passed all of the required ones."),
    "agent": (
        "agent",
        "Plain questions, streams, tools, errors and cancelled requests work as agents and official libraries need.",
    ),
    "core": ("core", "Plain questions are answered well. Streams, tools and errors are not part of this level."),
    "none": ("no level", "The run does not show that all requirements for plain questions are met."),
    "not_judged": ("not judged", "The run does not contain all checks, so it says nothing about this API as a whole."),
    "not_offered": ("not offered", "The gateway does not have this API."),
}
"""Level -> its name, and what it means for the user of the gateway."""

CLIENTS: Mapping[ClientStatus, tuple[str, str]] = {
    "ready": ("Ready", "Everything that the program needs was checked, and works."),
    "limited": ("Limited", "The program works, and loses a feature."),
    "not_ready": ("Not ready", "The users of the program get no answer, or a wrong one."),
    "not_judged": ("Not judged", "The run has too few of the checks that the program needs."),
}
"""Readiness of a client -> its heading, and what it means."""

HURT: Mapping[Impact, str] = {
    "breaks": "Some programs fail because of it.",
    "degrades": "Some programs lose a feature or an information because of it.",
    "cosmetic": "Programs work in spite of it.",
}
"""Impact of a rule -> what it means for users, where the rule itself does not say so."""

GLOSSARY: Mapping[str, str] = {
    "agent": "a program that works on a task in many steps, and lets the model use tools",
    "API": "the form of the requests that a program sends, and of the answers that it gets",
    "capability": "an optional feature of a gateway, such as pictures in a question",
    "case, check": "one question that the suite sends to the gateway, with everything that must be true of the answer",
    "gateway": "the service under test: it takes requests from programs, and passes them to models",
    "profile": "a file in which the vendor states what the gateway offers, and what it does not offer",
    "required rule": "a rule of the published API that every official answer keeps; programs depend on it",
    "stream": "an answer that arrives piece by piece while the model writes it",
    "tool": "a function of the user's program; the model may ask to call it, with arguments",
    "upstream": "the service behind the gateway, which runs the model",
}
"""Word -> its meaning."""
