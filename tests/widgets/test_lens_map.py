"""The kernel side of the lens map, on a tiny model."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokenscope_widgets as ts
from tests.tiny import held, tiny_session
from tokenscope_widgets.analysis.lens import Lens, lens
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.export import _plain
from tokenscope_widgets.session import Session
from tokenscope_widgets.widgets import _lens_columns
from tokenscope_widgets.widgets.lens_map import LensMap

PROMPT = "def f(x):\n    y = x\n    return"
KINDS = {"i32": "<i4", "u32": "<u4", "u16": "<u2", "f16": "<f2"}

Sent = list[tuple[dict[str, Any], list[bytes]]]


@pytest.fixture
def run(tiny_session: ts.Session) -> ts.Generation:
    return tiny_session.generate(PROMPT, max_new_tokens=24, eos_token_ids=())


@pytest.fixture
def long_run(tiny_session: ts.Session) -> ts.Generation:
    return tiny_session.score("x = 1\n" * 16)


def ask(lens_map: LensMap, action: str = "lens", **arguments: Any) -> tuple[dict[str, Any], Sent]:
    """Send a request as a view would and wait: the one reply, and the columns that came."""
    sent: Sent = []
    lens_map.send = lambda content, buffers=None: sent.append((content, buffers or []))
    lens_map._receive(lens_map, {"kind": "request", "request": 7, "action": action, "arguments": arguments}, [])
    lens_map.wait()
    replies = [content for content, _ in sent if content["kind"] == "reply"]
    assert len(replies) == 1
    return replies[0], [message for message in sent if message[0]["kind"] == "lens"]


def decoded(message: tuple[dict[str, Any], list[bytes]], layers: int = 2) -> dict[str, Any]:
    """Arrays [layer, column] or [layer, column, k] of one message, and the texts of its vocabulary."""
    content, buffers = message
    raw = {c["name"]: (c["dtype"], b) for c, b in zip(content["columns"], buffers, strict=True)}
    texts, dtype = raw.pop("vocabulary")
    found: dict[str, Any] = {name: np.frombuffer(b, KINDS[kind]) for name, (kind, b) in raw.items()}
    shape = (layers, content["stop"] - content["start"])
    for name in ("logprob", "rank", "kl"):
        found[name] = found[name].reshape(shape)
    for name in ("top", "top_logprob"):
        found[name] = found[name].reshape(*shape, content["k"])
    ends = np.cumsum(found["vocabulary_bytes"])
    starts = ends - found["vocabulary_bytes"]
    assert texts == "utf8"
    found["vocabulary"] = [dtype[a:b].decode() for a, b in zip(starts, ends, strict=True)]
    return found


def test_the_column_of_a_token_is_the_lens_at_the_position_before(tiny_session: ts.Session, run: ts.Generation) -> None:
    reply, messages = ask(ts.LensMap(run), start=0, stop=len(run))
    assert reply["result"] == {"started": True}
    expected = tiny_session.lens(run)
    joined = [decoded(message) for message in messages]
    assert [content["start"] for content, _ in messages] == [0, 32]
    rank = np.concatenate([part["rank"] for part in joined], 1)
    np.testing.assert_array_equal(rank[:, 1:], expected.rank[:, :-1])
    assert (rank[:, 0] == 0).all()
    logprob = np.concatenate([part["logprob"] for part in joined], 1)
    np.testing.assert_allclose(logprob[:, 1:], expected.logprob_nats[:, :-1], rtol=2e-3, atol=1e-3)
    kl = np.concatenate([part["kl"] for part in joined], 1)
    np.testing.assert_allclose(kl[:, 1:], expected.kl_to_final_nats[:, :-1], rtol=2e-3, atol=1e-3)
    first = joined[0]
    ids = first["vocabulary_id"][first["top"]]
    np.testing.assert_array_equal(ids[:, 1:], expected.top_ids[:, :31])
    assert first["vocabulary"][first["top"][1, 9, 0]] == expected.label(expected.top_ids[1, 8, 0])


def test_what_is_known_is_sent_again_and_not_computed_again(
    run: ts.Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    lens_map = ts.LensMap(run)
    ask(lens_map, start=0, stop=len(run))
    monkeypatch.setattr(Session, "start_lens", lambda *_args, **_options: pytest.fail("computed again"))
    reply, messages = ask(lens_map, start=0, stop=len(run))
    assert reply["result"] == {}
    assert [content["start"] for content, _ in messages] == [0, 32]
    assert all(content["complete"] for content, _ in messages)


def test_of_a_run_that_takes_long_only_the_window_in_sight_is_read(
    long_run: ts.Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    lens_map = ts.LensMap(long_run)
    monkeypatch.setattr(Session, "lens_seconds", lambda *_args: 9.0)
    reply, messages = ask(lens_map, start=40, stop=50)
    assert reply["result"] == {"started": True}
    assert [(content["start"], content["stop"]) for content, _ in messages] == [(32, 64)]


def test_long_work_is_offered_with_its_cost_and_starts_on_request(
    long_run: ts.Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    lens_map = ts.LensMap(long_run)
    monkeypatch.setattr(Session, "lens_seconds", lambda *_args: 17.0)
    reply, messages = ask(lens_map, start=0, stop=50)
    assert messages == []
    assert reply["result"] == {"missing": True, "seconds": 34.0, "text": "63 tokens × 2 layers"}
    reply, messages = ask(lens_map, "compute", start=0, stop=50)
    assert reply["result"] == {"started": True}
    assert [content["start"] for content, _ in messages] == [0, 32]


def test_everything_can_be_computed_from_python(run: ts.Generation) -> None:
    lens_map = ts.LensMap(run).compute()
    assert lens_map.busy
    assert not lens_map.wait().busy
    assert (lens_map.status, lens_map.progress, lens_map.error) == ("idle", 0, "")
    assert [content["start"] for content in lens_map._export_state()["_windows"]] == [0, 32]


def test_progress_counts_all_windows_that_were_asked_for(long_run: ts.Generation) -> None:
    seen: list[float] = []
    lens_map = ts.LensMap(long_run)
    lens_map.observe(lambda change: seen.append(change["new"]), "progress")
    lens_map.compute().wait()
    assert seen[-1] == 0
    assert seen[:-1] == sorted(seen[:-1])
    assert max(seen) == pytest.approx(2 / 3)


def test_cancelling_keeps_what_is_known_and_can_be_resumed(run: ts.Generation, tiny_session: ts.Session) -> None:
    lens_map = ts.LensMap(run)
    lens_map.compute(0, 10).wait()
    with held(tiny_session):
        lens_map.compute()
        assert lens_map.status == "queued"
        lens_map.cancel()
    lens_map.wait()
    assert lens_map.status == "idle"
    _, messages = ask(lens_map, start=0, stop=len(run))
    assert [content["start"] for content, _ in messages] == [0, 32]


def test_showing_another_run_drops_what_is_computed_for_the_last(run: ts.Generation, tiny_session: ts.Session) -> None:
    lens_map = ts.LensMap(run, selected=len(run) - 1)
    other = tiny_session.score("a = 2")
    with held(tiny_session):
        lens_map.compute()
        lens_map.show(other)
    lens_map.wait()
    assert lens_map._export_state() == {"_windows": []}
    assert lens_map.selected is None
    assert lens_map.run is other
    _, messages = ask(lens_map, start=0, stop=len(other))
    assert [content["run"] for content, _ in messages] == [other.run_id]


def test_the_columns_of_another_run_wait_for_the_end_of_the_last_job(
    run: ts.Generation, tiny_session: ts.Session
) -> None:
    lens_map, other = ts.LensMap(run), tiny_session.score("a = 2")
    with held(tiny_session):
        lens_map.compute()
        lens_map.show(other)
        lens_map.compute()
    lens_map.wait()
    assert [content["run"] for content in lens_map._export_state()["_windows"]] == [other.run_id]


def test_without_a_model_or_a_lens_there_are_no_layers(run: ts.Generation) -> None:
    far = replace(run, provenance=replace(run.provenance, session_id="gone"))
    lens_map = ts.LensMap(far)
    assert lens_map._capabilities["layers"] == []
    assert not lens_map._capabilities["live"]
    with pytest.raises(InputError, match="no model is behind this map"):
        lens_map.compute()


def test_a_lens_is_shown_as_it_is_without_a_model(run: ts.Generation, tiny_session: ts.Session) -> None:
    found = tiny_session.lens(run, layers=[1, 0], positions=range(4, 12), k=3)
    lens_map = ts.LensMap(found)
    lens_map._session = None
    reply, messages = ask(lens_map, start=0, stop=20)
    assert "no model is behind this map" in reply["error"]
    (message,) = messages
    assert not message[0]["complete"]
    part = decoded(message)
    assert np.flatnonzero(part["rank"][0]).tolist() == list(range(5, 13))
    # rows ascend, whatever the order in which layers were asked for
    assert lens_map._capabilities["layers"] == [0, 1]
    np.testing.assert_array_equal(part["rank"][1, 5:13], found.rank[0])


def test_a_lens_of_some_positions_is_completed_by_the_model(run: ts.Generation, tiny_session: ts.Session) -> None:
    lens_map = ts.LensMap(tiny_session.lens(run, positions=[3]))
    _, messages = ask(lens_map, start=0, stop=10)
    assert [content["complete"] for content, _ in messages][-1]


def test_run_and_selection_follow_a_stream_both_ways(run: ts.Generation, tiny_session: ts.Session) -> None:
    stream = ts.TokenStream(run)
    stream.selected = 5
    lens_map = ts.LensMap(stream)
    assert lens_map.selected == 5
    lens_map.selected = 9
    assert stream.selected == 9
    stream.generate("a = 2", max_new_tokens=4)
    stream.wait()
    assert stream.run is not None
    assert lens_map.run.run_id == stream.run.run_id
    assert lens_map._columns == [stream.run.run_id]


def test_memory_is_bounded_and_dropped_windows_are_read_again(
    long_run: ts.Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_lens_columns, "_KEPT_BYTES", 5000)
    lens_map = ts.LensMap(long_run)
    lens_map.compute().wait()
    assert len(lens_map._known._windows) == 1
    _, messages = ask(lens_map, start=0, stop=10)
    assert messages[0][0]["start"] == 0


def test_nothing_of_the_map_is_in_the_notebooks_saved_state(long_run: ts.Generation) -> None:
    lens_map = ts.LensMap(long_run)
    before = len(json.dumps(_plain(lens_map.get_state())))
    lens_map.compute().wait()
    assert len(json.dumps(_plain(lens_map.get_state()))) == before


def test_a_model_without_a_way_out_says_so_in_the_widget(run: ts.Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_options: Any) -> Lens:
        raise InputError("model=Odd: no way to read its layers as logits.")

    monkeypatch.setattr("tokenscope_widgets.analysis.lens.lens", refuse)
    lens_map = ts.LensMap(run)
    lens_map.compute().wait()
    assert lens_map.status == "error"
    assert lens_map.error == "model=Odd: no way to read its layers as logits."
    assert lens_map._queue == {}


@pytest.mark.parametrize("arguments", [{"start": 3, "stop": 3}, {"start": -1, "stop": 2}, {"start": 0, "stop": 999}])
def test_columns_outside_the_run_are_refused(run: ts.Generation, arguments: dict[str, int]) -> None:
    reply, _ = ask(ts.LensMap(run), **arguments)
    assert "are no tokens of the run" in reply["error"]


def test_layers_and_positions_are_checked(run: ts.Generation) -> None:
    with pytest.raises(InputError, match="layer=2"):
        ts.LensMap(run, layer=2)
    with pytest.raises(InputError, match="selected="):
        ts.LensMap(run, selected=len(run))
    assert ts.LensMap(run, layer=-1).layer == 1


def test_what_has_no_layers_is_refused(run: ts.Generation, tiny_session: ts.Session) -> None:
    with pytest.raises(InputError, match="has no layers to read"):
        ts.LensMap("text")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="does not know its text"):
        ts.LensMap(lens(tiny_session.model.model, [1, 2, 3]))
    with pytest.raises(InputError, match="nothing has been generated"):
        ts.LensMap(ts.TokenStream())


def test_a_job_of_the_session_is_the_lens_itself(run: ts.Generation) -> None:
    session = tiny_session()
    job = session.start_lens(run, positions=[2, 5])
    found = job.wait()
    expected = session.lens(run)
    np.testing.assert_array_equal(found.positions, [2, 5])
    # the text after the last position was left out: that changes nothing
    np.testing.assert_array_equal(found.rank, expected.rank[:, [2, 5]])
    np.testing.assert_allclose(found.kl_to_final_nats, expected.kl_to_final_nats[:, [2, 5]], atol=1e-5)
    with pytest.raises(InputError, match="position="):
        session.start_lens(run, positions=[len(run)])


def test_more_columns_cost_more(run: ts.Generation) -> None:
    session = tiny_session()
    few, many = session.lens_seconds(run, positions=[1, 2]), session.lens_seconds(run)
    assert 0 < few < many


def test_a_lens_on_display_is_a_map(run: ts.Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    ts._show_records_as_widgets()
    session = tiny_session()
    bundle, _ = shell.display_formatter.format(session.lens(run))
    assert "application/vnd.jupyter.widget-view+json" in bundle
    bare, _ = shell.display_formatter.format(lens(session.model.model, [1, 2, 3]))
    assert set(bare) == {"text/plain"}


def test_a_page_of_the_default_model_is_small(demo_session: ts.Session, tmp_path: Path) -> None:
    """Thirty layers of 76 tokens, everything computed."""
    ids = demo_session.model.encode(inspect.getsource(inspect.getsource))[:76]
    lens_map = ts.LensMap(demo_session.score(ids)).compute().wait()
    assert lens_map.error == ""
    page = lens_map.to_html(tmp_path / "lens.html")
    assert 100_000 < page.stat().st_size < 500_000
    assert "http-equiv" in page.read_text(encoding="utf-8")
