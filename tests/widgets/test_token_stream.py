"""The kernel side of the token stream, on a tiny model."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import tokenscope_widgets as ts
from tokenscope_widgets.errors import BusyError, InputError

PROMPT = "def f(x):"


def written(session: ts.Session, **options: Any) -> ts.TokenStream:
    stream = ts.TokenStream(session=session, prompt=PROMPT, max_new_tokens=6, eos_token_ids=(), **options)
    stream.generate().wait()
    return stream


def ask(stream: ts.TokenStream, action: str, **arguments: Any) -> dict[str, Any]:
    """Send a request as a view would; returns the one reply."""
    sent: list[dict[str, Any]] = []
    stream.send = lambda content, buffers=None: sent.append(content)
    stream._receive(stream, {"kind": "request", "request": 7, "action": action, "arguments": arguments}, [])
    replies = [message for message in sent if message["kind"] == "reply"]
    assert len(replies) == 1
    assert replies[0]["request"] == 7
    return replies[0]


def test_generating_shows_the_same_run_as_the_session(tiny_session: ts.Session) -> None:
    stream = written(tiny_session)
    again = tiny_session.generate(PROMPT, max_new_tokens=6, eos_token_ids=())
    assert stream.status == "done"
    assert stream.run is not None
    assert stream.run.token_ids.tolist() == again.token_ids.tolist()


def test_a_chosen_alternative_appears_beside_the_run_and_equals_the_branch(tiny_session: ts.Session) -> None:
    stream = written(tiny_session)
    run = stream.run
    assert run is not None
    token = run.alternatives(-3)[1][0]
    stream.branch(-3, token).wait()
    expected = tiny_session.branch(run, at=-3, token=token)
    assert [b.token_ids.tolist() for b in stream.branches] == [expected.token_ids.tolist()]
    assert stream.selected == len(run) - 3


def test_keeping_a_branch_makes_it_the_current_run(tiny_session: ts.Session) -> None:
    stream = written(tiny_session)
    stream.alternatives(-2, k=2).wait()
    kept = stream.branches[1]
    assert ask(stream, "keep", run=kept.run_id)["ok"] is True
    assert stream.run is not None
    assert stream.run.run_id == kept.run_id
    assert stream.branches == []


def test_a_second_generation_is_refused_while_the_first_is_running(tiny_session: ts.Session) -> None:
    go = threading.Event()
    tiny_session.worker.submit(lambda job: go.wait())
    stream = ts.TokenStream(session=tiny_session, prompt=PROMPT, max_new_tokens=2)
    stream.generate()
    assert stream.status == "queued"
    with pytest.raises(BusyError, match="still generating"):
        stream.generate()
    go.set()
    stream.wait()
    assert stream.status == "done"


def test_a_refused_prompt_leaves_the_run_as_it_was(tiny_session: ts.Session) -> None:
    stream = written(tiny_session)
    before = stream.run
    answer = ask(stream, "generate", prompt="", settings={})
    assert answer["ok"] is False
    assert "is empty" in answer["error"]
    assert stream.run is before


def test_a_failure_in_mid_run_is_shown_and_keeps_what_was_written(tiny_session: ts.Session) -> None:
    stream = ts.TokenStream(session=tiny_session, prompt=PROMPT, max_new_tokens=9, eos_token_ids=())
    forward, calls = tiny_session.model.model.forward, []

    def failing(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) > 4:
            raise MemoryError
        return forward(*args, **kwargs)

    tiny_session.model.model.forward = failing
    try:
        stream.generate().wait()
    finally:
        tiny_session.model.model.forward = forward
    assert stream.status == "error"
    assert "out of memory" in stream.error
    assert stream.run is not None
    assert len(stream.run) - stream.run.prompt_length == 4


def test_the_selection_must_lie_inside_the_run(tiny_session: ts.Session) -> None:
    stream = written(tiny_session)
    with pytest.raises(InputError, match="selected=999"):
        stream.selected = 999


def test_an_unknown_option_is_refused_at_once(tiny_session: ts.Session) -> None:
    with pytest.raises(InputError, match="colour='red'"):
        ts.TokenStream(session=tiny_session, colour="red")


def test_a_run_without_its_session_can_be_looked_at_but_not_branched(tiny_session: ts.Session, tmp_path: Any) -> None:
    run = tiny_session.generate(PROMPT, max_new_tokens=2)
    run.save(tmp_path / "run.tsw")
    del tiny_session
    loaded = ts.load(tmp_path / "run.tsw")
    stream = ts.TokenStream(loaded)
    stream._session = None
    answer = ask(stream, "branch", at=1, token="x")
    assert answer["ok"] is False
    assert "no model behind it" in answer["error"]


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("branch", {"where": 1}),
        ("hello", {"have": [1]}),
        ("delete_everything", {}),
        ("generate", {"prompt": 3, "settings": {}}),
    ],
)
def test_a_message_of_the_wrong_shape_gets_one_refusal(
    tiny_session: ts.Session, action: str, arguments: dict[str, Any]
) -> None:
    stream = written(tiny_session)
    answer = ask(stream, action, **arguments)
    assert answer["ok"] is False
    assert answer["error"]


def test_typed_text_of_several_tokens_is_told_before_it_is_generated(tiny_session: ts.Session) -> None:
    stream = written(tiny_session)
    tokens = ask(stream, "tokenize", text="ab")["result"]
    assert "".join(token["text"] for token in tokens) == "ab"
    assert len(tokens) == 2


def test_a_late_view_gets_every_row_it_lacks(tiny_session: ts.Session) -> None:
    stream = written(tiny_session)
    run = stream.run
    assert run is not None
    sent: list[dict[str, Any]] = []
    stream._feed._send = lambda message, buffers: sent.append(message)
    ask(stream, "hello", have={run.run_id: 3})
    assert [(m["start"], m["count"]) for m in sent] == [(3, len(run) - 3)]
