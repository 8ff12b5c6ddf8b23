"""Recorded exchanges that were once judged wrongly, from the folder beside the checkout."""

from __future__ import annotations

import pytest

from conformance.analysis.recordings import check_files
from tests.support.paths import SHARED

INPUTS = SHARED / "reference" / "small-inputs"


@pytest.mark.skipif(not INPUTS.is_dir(), reason="the folder beside the checkout is absent")
def test_a_messages_body_on_chat_that_blames_the_model_is_noticed() -> None:
    found = check_files([INPUTS / "messages-body-to-chat.jsonl"])
    assert found.rules("must", "should") == ["error.message.blames-model"]
