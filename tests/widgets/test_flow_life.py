"""A flow beside its stream: what is begun, dropped, shared, and let go."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

import tokenscope_widgets as ts
from tests.tiny import held
from tests.widgets.asking_flow import LINES, PROMPT, QUESTION, Sent, ask
from tokenscope_widgets.widgets._flow_question import FlowQuestion


def test_a_cancelled_computation_shows_what_it_has(run: ts.Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    from tokenscope_widgets.analysis import variants

    monkeypatch.setattr(variants, "_TOKENS_AT_ONCE", 1)
    flow = ts.Flow(run)
    assert flow.session is not None
    model, calls, stop_at = flow.session.model.model, [], 3
    forward = model.forward

    def counted(*args: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == stop_at:
            flow.cancel()
        return forward(*args, **options)

    monkeypatch.setattr(model, "forward", counted)
    _, messages = ask(flow, "map", source="surrogate", unit="line")
    assert messages == []  # too few samples for a fit
    calls, stop_at = [], 8
    _, messages = ask(flow, "map", source="ablation", unit="token")
    content = messages[0][0]
    assert content["map"]["partial"] is True
    assert any("cancelled" in note for note in content["map"]["notes"])
    assert flow.status == "idle"
    monkeypatch.undo()
    _, messages = ask(flow, "map", source="ablation", unit="token")
    assert messages[0][0]["map"]["partial"] is False


def test_a_new_attribution_takes_the_place_of_one_that_runs(run: ts.Generation) -> None:
    flow = ts.Flow(run)
    sent: Sent = []
    flow.send = lambda content, buffers=None: sent.append((content, buffers or []))
    assert flow.session is not None
    with held(flow.session):
        flow._on_map(**{**QUESTION, "source": "ablation", "unit": "line", "at": 9})
        flow._on_map(**{**QUESTION, "source": "ablation", "unit": "line", "at": 12})
        assert flow.status == "queued"
    flow.wait()
    keys = [content["key"] for content, _ in sent if content["kind"] == "flow"]
    assert [key for key in keys if key.startswith("ablation")] == ["ablation|12||line|sink"]
    assert flow.status == "idle"


def test_another_run_gets_nothing_of_what_was_begun_for_the_one_before(tiny_session: ts.Session) -> None:
    first, second = tiny_session.score(LINES), tiny_session.score(LINES.replace("a", "x"))
    flow = ts.Flow(first)
    sent: Sent = []
    flow.send = lambda content, buffers=None: sent.append((content, buffers or []))
    with held(tiny_session):
        flow._on_map(**{**QUESTION, "source": "ablation", "unit": "line", "at": 9})
        flow.show(second)
    flow.wait()
    assert [content["kind"] for content, _ in sent if content["kind"] == "flow"] == []
    assert flow._maps is not None
    assert flow._maps._store.ready(None) is None
    assert flow._maps.attribution(FlowQuestion("ablation", unit="line", at=9)) is None


def test_a_dropped_attribution_is_told_so_that_the_view_can_ask_again(run: ts.Generation) -> None:
    flow = ts.Flow(run)
    sent: Sent = []
    flow.send = lambda content, buffers=None: sent.append((content, buffers or []))
    assert flow.session is not None
    with held(flow.session):
        flow._on_map(**{**QUESTION, "source": "ablation", "unit": "line", "at": 9})
        flow._on_map(**{**QUESTION, "source": "ablation", "unit": "line", "at": 12})
    flow.wait()
    dropped = [content for content, _ in sent if content["kind"] == "dropped"]
    assert dropped == [{"kind": "dropped", "run": run.run_id, "key": "ablation|9||line|sink"}]


def test_a_flow_made_before_its_stream_has_written_shows_the_run_once_it_is_there(tiny_session: ts.Session) -> None:
    stream = ts.TokenStream(session=tiny_session, prompt=PROMPT, max_new_tokens=4, eos_token_ids=())
    flow = ts.Flow(stream)
    assert flow.run is None
    reply, _ = ask(flow, "map")
    assert "nothing has been generated yet" in reply["error"]
    stream.generate().wait()
    assert flow.run is not None
    assert len(flow.run) == len(stream.run or ())


def test_a_selection_is_shared_only_while_both_show_the_same_text(tiny_session: ts.Session) -> None:
    stream = ts.TokenStream(tiny_session.score(LINES), session=tiny_session)
    flow = ts.Flow(stream)
    flow.show(tiny_session.score(LINES * 2))
    flow.selected = 40
    assert stream.selected is None


def test_a_closed_flow_ends_its_work_and_is_forgotten(tiny_session: ts.Session) -> None:
    stream = ts.TokenStream(tiny_session.score(LINES), session=tiny_session)
    flow = ts.Flow(stream)
    with held(tiny_session):
        flow._on_map(**{**QUESTION, "source": "ablation", "unit": "line", "at": 9})
        flow.close()
    known = weakref.ref(flow)
    del flow
    tiny_session.worker.submit(lambda _job: None).wait()
    gc.collect()
    assert known() is None


def test_compute_needs_no_view(tiny_session: ts.Session) -> None:
    run = tiny_session.score(LINES)
    flow = ts.Flow(run, selected=20).compute()
    assert flow.attribution is not None
    assert flow.attribution.total.tolist() == tiny_session.attribute(run, 20).total.tolist()


def test_a_stream_and_its_flow_share_the_selection_both_ways(run: ts.Generation) -> None:
    stream = ts.TokenStream(run)
    flow = ts.Flow(stream)
    stream.selected = 11
    assert flow.selected == 11
    flow.selected = 6
    assert stream.selected == 6


def test_a_flow_shows_the_new_run_of_its_stream(tiny_session: ts.Session, run: ts.Generation) -> None:
    stream = ts.TokenStream(run, session=tiny_session)
    flow = ts.Flow(stream)
    stream.generate("abc", max_new_tokens=3).wait()
    assert stream.run is not None
    assert flow.run.run_id == stream.run.run_id


def test_several_views_asking_at_once_each_get_a_reply(run: ts.Generation) -> None:
    flow = ts.Flow(run)
    replies: list[dict[str, Any]] = []
    flow.send = lambda content, buffers=None: replies.append(content) if content["kind"] == "reply" else None

    def view(number: int) -> None:
        message = {"kind": "request", "request": number, "action": "map", "arguments": QUESTION}
        flow._receive(flow, message, [])

    threads = [threading.Thread(target=view, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    flow.wait()
    assert sorted(reply["request"] for reply in replies) == list(range(8))
    assert all(reply["ok"] for reply in replies)
