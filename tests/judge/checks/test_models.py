"""Every rule of the lists of models and of counted tokens: an edit that breaks it, and legal answers."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.core import data_files
from conformance.judge import checks, contract
from conformance.protocol import rulebook
from conformance.protocol.family import load_family
from tests.support.examples.anthropic_wire import FAILED, asked, broken, exchange
from tests.support.patches import patched

BASE = "https://gateway.test/v1/models"
GPT = {"id": "gpt-1", "object": "model", "created": 1715367049, "owned_by": "system"}
CLAUDE = {
    "type": "model",
    "id": "claude-1",
    "display_name": "Claude 1",
    "created_at": "2025-02-19T00:00:00Z",
    "lifecycle": "active",
    "max_input_tokens": 200000,
}
LIST = {"family": "models", "url": BASE, "answer": {"object": "list", "data": [GPT, {**GPT, "id": "org/gpt-2"}]}}
PAGE = {
    "family": "models_anthropic",
    "url": f"{BASE}?limit=2",
    "answer": {
        "data": [CLAUDE, {**CLAUDE, "id": "claude-2"}],
        "has_more": True,
        "first_id": "claude-1",
        "last_id": "claude-2",
    },
}
ONE = {"family": "model", "url": f"{BASE}/gpt-1", "answer": GPT}
ONE_CLAUDE = {"family": "model_anthropic", "url": f"{BASE}/claude-latest", "answer": CLAUDE}
COUNT = {
    "family": "count_tokens",
    "url": "https://gateway.test/v1/messages/count_tokens",
    "request": asked(),
    "answer": {"input_tokens": 12},
}
NEWER = {"anthropic-version": "2026-10-21"}
NO_MODELS = {"data": [], "has_more": False, "first_id": None, "last_id": None}

# (rule, document, edits, other rules that the edits break)
BROKEN: list[tuple[Any, ...]] = [
    ("models.list.object", LIST, [("remove", "/answer/object")]),
    ("models.list.object", LIST, [("replace", "/answer", [GPT])]),
    ("models.list.data", LIST, [("replace", "/answer/data", None)]),
    ("models.list.data", PAGE, [("remove", "/answer/data")]),
    ("models.list.some", LIST, [("replace", "/answer/data", [])]),
    ("models.list.some", PAGE, [("replace", "/answer", NO_MODELS)]),
    ("models.list.unique-ids", LIST, [("replace", "/answer/data/1/id", "gpt-1")]),
    ("models.object", LIST, [("remove", "/answer/data/0/object")]),
    ("models.object", LIST, [("replace", "/answer/data/0", "gpt-1")]),
    ("models.object", PAGE, [("replace", "/answer/data/0/type", "llm")]),
    ("models.object", ONE, [("replace", "/answer/object", "list")]),
    ("models.id", LIST, [("replace", "/answer/data/0/id", "")]),
    ("models.id", ONE_CLAUDE, [("remove", "/answer/id")]),
    ("models.created", LIST, [("remove", "/answer/data/0/created")]),
    ("models.created-value", LIST, [("replace", "/answer/data/0/created", 1715367049000)]),
    ("models.created-value", ONE, [("replace", "/answer/created", "2025-02-19")]),
    ("models.created-value", ONE, [("replace", "/answer/created", None)]),
    ("models.owned-by", ONE, [("replace", "/answer/owned_by", None)]),
    ("models.display-name", PAGE, [("remove", "/answer/data/0/display_name")]),
    ("models.created-at", PAGE, [("replace", "/answer/data/1/created_at", 1715367049)]),
    ("models.created-at", ONE_CLAUDE, [("replace", "/answer/created_at", "19 Feb 2025")]),
    ("models.lifecycle", PAGE, [("remove", "/answer/data/0/lifecycle"), ("add", "/sent", NEWER)]),
    ("models.lifecycle", ONE_CLAUDE, [("remove", "/answer/lifecycle"), ("add", "/sent", NEWER)]),
    ("models.lifecycle", PAGE, [("replace", "/answer/data/0/lifecycle", 7)]),
    ("models.limits", PAGE, [("replace", "/answer/data/0/max_input_tokens", "200k")]),
    ("models.page.object", PAGE, [("replace", "/answer", [])]),
    ("models.page.has-more", PAGE, [("remove", "/answer/has_more")]),
    (
        "models.page.more-of-nothing",
        PAGE,
        [("replace", "/answer", {**NO_MODELS, "has_more": True})],
        "models.list.some",
    ),
    ("models.page.ids", PAGE, [("remove", "/answer/last_id")]),
    ("models.page.ids", PAGE, [("replace", "/answer/last_id", "claude-1")]),
    ("models.page.ids", PAGE, [("replace", "/answer/first_id", 1)]),
    ("models.page.limit", PAGE, [("replace", "/url", f"{BASE}?limit=1")]),
    ("models.retrieve.id", ONE, [("replace", "/answer/id", "gpt-9")]),
    ("count-tokens.object", COUNT, [("replace", "/answer", 12)]),
    ("count-tokens.input-tokens", COUNT, [("replace", "/answer", {"token_count": 12})]),
    ("count-tokens.input-tokens", COUNT, [("replace", "/answer/input_tokens", "12")]),
    ("count-tokens.counted", COUNT, [("replace", "/answer/input_tokens", 0)]),
    ("count-tokens.counted", COUNT, [("replace", "/request/messages", []), ("replace", "/answer/input_tokens", -1)]),
    # OpenAI's list instead of Anthropic's
    (
        "models.page.has-more",
        PAGE,
        [("replace", "/answer", LIST["answer"])],
        "models.page.ids",
        "models.object",
        "models.display-name",
        "models.created-at",
    ),
    (
        "models.list.object",
        LIST,
        [("replace", "/answer", PAGE["answer"])],
        "models.object",
        "models.created",
        "models.owned-by",
    ),
    ("error.anthropic.foreign-envelope", {**FAILED, "family": "count_tokens"}, [("remove", "/answer/type")]),
    ("error.anthropic.message", {**FAILED, "family": "models_anthropic"}, [("remove", "/answer/error/message")]),
]

LEGAL: list[tuple[Any, ...]] = [
    ("a list", LIST, []),
    ("a page", PAGE, []),
    ("one model", ONE, []),
    ("an alias of a model", ONE_CLAUDE, []),
    ("an id with a slash", ONE, [("replace", "/url", f"{BASE}/org/gpt-1"), ("replace", "/answer/id", "org/gpt-1")]),
    ("an escaped id", ONE, [("replace", "/url", f"{BASE}/org%2Fgpt-1"), ("replace", "/answer/id", "org/gpt-1")]),
    (
        "a page behind the last",
        PAGE,
        [("replace", "/url", f"{BASE}?after_id=claude-2"), ("replace", "/answer", NO_MODELS)],
    ),
    (
        "a model of the time before lifecycles",
        PAGE,
        [("remove", "/answer/data/0/lifecycle"), ("add", "/sent", NEWER), ("add", "/date", "2025-06-01")],
    ),
    (
        "a version of the API without lifecycles",
        PAGE,
        [("remove", "/answer/data/0/lifecycle"), ("add", "/sent", {"anthropic-version": "2023-06-01"})],
    ),
    ("a model whose age is not known", ONE_CLAUDE, [("replace", "/answer/created_at", "1970-01-01T00:00:00+00:00")]),
    ("members that came later", LIST, [("add", "/answer/data/0/shutdown_date", None)]),
    ("counted tokens", COUNT, []),
    (
        "no tokens of no messages",
        COUNT,
        [("replace", "/request/messages", []), ("replace", "/answer/input_tokens", 0)],
    ),
    (
        "no tokens of a text in the place of messages",
        COUNT,
        [("replace", "/request/messages", "Hello"), ("replace", "/answer/input_tokens", 0)],
    ),
    ("counted tokens with more to tell", COUNT, [("add", "/answer/context_management", {"original_input_tokens": 20})]),
]


@pytest.mark.parametrize(
    ("rule", "document", "edits", "along"),
    [(rule, document, edits, along) for rule, document, edits, *along in BROKEN],
    ids=[f"{number}-{rule}" for number, (rule, *_) in enumerate(BROKEN)],
)
def test_an_edit_breaks_its_rules(rule: str, document: Any, edits: Any, along: list[str]) -> None:
    assert broken(patched(document, *edits)) == {rule, *along}


@pytest.mark.parametrize(
    ("document", "edits"), [(document, edits) for _, document, edits in LEGAL], ids=[title for title, *_ in LEGAL]
)
def test_legal_exchanges_break_no_rule(document: Any, edits: Any) -> None:
    assert not broken(patched(document, *edits))


def test_every_rule_is_broken_by_a_test() -> None:
    ours = {rule for rule in rulebook.rules() if rule.startswith(("models.", "count-tokens."))}
    assert ours == {rule for rule, *_ in BROKEN if not rule.startswith("error.")}


def test_the_rules_that_checks_name_exist() -> None:
    named = {rule for check in checks.all_checks() for rule in check.rules}
    assert {rule for rule in named if rule.startswith("models.")} <= set(rulebook.rules())


@pytest.mark.parametrize("name", ["count_tokens", "models", "models_anthropic", "model", "model_anthropic"])
def test_the_schemas_are_schemas(name: str) -> None:
    loaded = load_family(name)
    for path in filter(None, (loaded.response, loaded.request)):
        Draft202012Validator.check_schema(data_files.schema(path))


@pytest.mark.parametrize("document", [LIST, PAGE, ONE, ONE_CLAUDE, COUNT])
def test_documents_of_any_shape_are_judged(document: Any) -> None:
    answer = document["answer"]
    places = ["/answer", *(f"/answer/{name}" for name in answer)]
    places += [f"/answer/data/0{end}" for end in ("", "/id", "/created", "/created_at", "/type") if "data" in answer]
    for pointer in places:
        for value in (None, True, -1, 1.5, "x", [], {}, [[]], [{}]):
            contract.findings(exchange(patched(document, ("replace", pointer, value))))
