"""The whole table of scenarios in Python: importing this module fills it."""

from __future__ import annotations

from conformance.real_clients import (  # noqa: F401 (each module adds its scenarios)
    anthropic_errors,
    anthropic_messages,
    openai_chat,
    openai_errors,
    openai_responses,
)
from conformance.real_clients.scenario import SCENARIOS, Scenario

__all__ = ["SCENARIOS", "Scenario"]
