"""Globs of ids: a look-up in many ids finds the same as a glob that is held against each of them."""

from __future__ import annotations

import random
from itertools import product

import pytest

from conformance.core.globs import Ids, any_fits, fits

pytestmark = pytest.mark.unit

IDS = ["b/text[n=1]", "a/text", "a/text/more", "a/texts", "a", "b/text[n=2]", "b/té", "c?d", "c*d", ""]


@pytest.mark.parametrize("glob", ["*", "a*", "a/text", "*text*", "b/text[n=?]", "b/t*", "?", "", "c?d", "*[n=2]", "z*"])
def test_a_look_up_finds_what_fits_in_the_order_of_the_ids(glob: str) -> None:
    assert Ids(IDS).that_fit([glob]) == [id_ for id_ in IDS if fits(glob, id_)]


def test_several_globs_find_each_id_once() -> None:
    assert Ids(["a", "b", "ab", "a"]).that_fit(["*b", "a*", "a"]) == ["a", "b", "ab"]
    assert Ids(IDS).that_fit([]) == []


def test_random_globs_find_the_same() -> None:
    ids = ["".join(letters) for letters in product("ab/[", repeat=4)]
    known, source = Ids(ids), random.Random(1)
    for _ in range(200):
        globs = tuple("".join(source.choices("ab/[*?", k=source.randint(1, 5))) for _ in range(2))
        assert known.that_fit(globs) == [id_ for id_ in ids if any_fits(globs, id_)], globs
