"""URLs as users paste them: normalised, or refused with advice."""

from __future__ import annotations

import pytest

from conformance.core import urls
from conformance.core.urls import checked_url
from conformance.core.yaml_input import InputError

GOOD = {
    "https://gateway.example/v1": "https://gateway.example/v1",
    "https://gateway.example/v1/": "https://gateway.example/v1",
    "https://gateway.example//": "https://gateway.example",
    "HTTPS://gateway.example/v1": "https://gateway.example/v1",
    "  http://localhost:8080/v1\n": "http://localhost:8080/v1",
    "http://[::1]:8080/v1": "http://[::1]:8080/v1",
    "https://gateway.example/team/a/openai/v1": "https://gateway.example/team/a/openai/v1",
    "https://gateway.example/api": "https://gateway.example/api",
}
BAD = {
    "gateway.example/v1": "did you mean https://gateway.example/v1?",
    "//gateway.example/v1": "did you mean https://gateway.example/v1?",
    "https:/gateway.example/v1": "did you mean https://gateway.example/v1?",
    "ftp://gateway.example/v1": "did you mean https://gateway.example/v1?",
    "localhost:8080/v1": "did you mean http://localhost:8080/v1?",
    "127.0.0.1:8080": "did you mean http://127.0.0.1:8080?",
    "[::1]:8080/v1": "did you mean http://[::1]:8080/v1?",
    "http://": "https://host/v1",
    "": "https://host/v1",
    "https://gateway.example/v1/chat/completions": "; use https://gateway.example/v1",
    "https://gateway.example/v1/completions": "; use https://gateway.example/v1",
    "https://gateway.example/v1/responses/": "; use https://gateway.example/v1",
    "https://gateway.example/v1/messages/count_tokens": "; use https://gateway.example/v1",
    "https://gateway.example/v1/messages?beta=true": "; use https://gateway.example/v1",
    "https://gateway.example/v1/models": "; use https://gateway.example/v1",
    "https://gateway.example/v1?api-version=1": "; use https://gateway.example/v1",
    "https://gateway.example/v1#top": "; use https://gateway.example/v1",
    "http://gateway.example:99999/v1": "the port",
    "http://gateway.example:http/v1": "the port",
    "http://[::1/v1": "brackets",
}
SECRET = [
    "https://user:hunter2@gateway.example/v1",
    "https://hunter2@gateway.example/v1/messages",
    "https://user:hunter2/x@gateway.example/v1",
    "user:hunter2@gateway.example/v1",
    "https://gateway.example/v1?api_key=hunter2hunter2hunter2",
]


@pytest.mark.parametrize("url", GOOD)
def test_a_good_url_loses_only_its_slashes(url: str) -> None:
    assert checked_url(url) == GOOD[url]


@pytest.mark.parametrize("url", BAD)
def test_a_bad_url_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(InputError) as caught:
        checked_url(url)
    said = str(caught.value)
    assert said.startswith(f"{url}: ")
    assert BAD[url] in said


@pytest.mark.parametrize("url", SECRET)
def test_a_credential_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InputError) as caught:
        checked_url(url)
    assert "hunter2hunter2" not in str(caught.value)
    assert "hunter2@" not in str(caught.value)
    assert "hunter2/x" not in str(caught.value)
    assert "https://gateway.example/v1" in str(caught.value)


def test_the_message_for_a_credential_in_a_url_names_the_variable() -> None:
    with pytest.raises(InputError, match=r"set GATEWAY_API_KEY and use https://\[::1\]:80/v1$"):
        checked_url("https://key@[::1]:80/v1")


@pytest.mark.parametrize(
    ("base", "root"), [("https://h/v1", "https://h"), ("https://h/a/v1", "https://h/a"), ("https://h/a", "https://h/a")]
)
def test_the_root_is_without_the_version(base: str, root: str) -> None:
    assert urls.root(base) == root
