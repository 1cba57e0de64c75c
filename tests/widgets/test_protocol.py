"""The messages between kernel and view are those that the view's tests read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fixtures.make_protocol import PROTOCOL, REQUEST, messages
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.widgets._protocol import parse_request


def stored(name: str) -> Any:
    return json.loads((PROTOCOL / f"{name}.json").read_text(encoding="utf-8"))


def test_a_views_request_is_understood() -> None:
    assert parse_request(stored("request")) == REQUEST


@pytest.mark.parametrize("name", ["reply", "refusal", "rows"])
def test_the_kernel_writes_the_message_that_the_view_reads(name: str) -> None:
    assert json.loads(json.dumps(messages()[name])) == stored(name)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"kind": "rows"}, "is no request"),
        ({"request": "7"}, "must be a whole number"),
        ({"request": True}, "must be a whole number"),
        ({"action": 3}, "must be a name"),
        ({"arguments": [1]}, "arguments by name"),
    ],
)
def test_a_request_of_another_shape_is_refused(change: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=text):
        parse_request({**stored("request"), **change})


@pytest.mark.parametrize("content", [None, [], "hello", 3])
def test_what_is_no_message_is_refused(content: object) -> None:
    with pytest.raises(InputError, match="is no request"):
        parse_request(content)
