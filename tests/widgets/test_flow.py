"""The kernel side of the flow diagram, on a tiny model."""

from __future__ import annotations

import gc
import json
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokenscope_widgets as ts
from tests.tiny import held, tiny_session
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.widgets._flow_question import FlowQuestion

PROMPT = "def f(x):\n    y = x\n    return"
AT = 20
QUESTION: dict[str, Any] = {
    "source": "attention",
    "layer": None,
    "head": None,
    "direction": "read",
    "unit": "token",
    "sink": True,
    "at": AT,
    "contrast": None,
}
KEYS = Path(__file__).parents[1] / "fixtures" / "flow" / "keys.json"

Sent = list[tuple[dict[str, Any], list[bytes]]]


@pytest.fixture
def run(tiny_session: ts.Session) -> ts.Generation:
    return tiny_session.generate(PROMPT, max_new_tokens=8, eos_token_ids=())


def ask(flow: ts.Flow, action: str, **changes: Any) -> tuple[dict[str, Any], Sent]:
    """Send a request as a view would and wait: the one reply, and the other messages."""
    sent: Sent = []
    flow.send = lambda content, buffers=None: sent.append((content, buffers or []))
    arguments = changes if action in ("grid", "contrast_info", "cancel") else {**QUESTION, **changes}
    flow._receive(flow, {"kind": "request", "request": 7, "action": action, "arguments": arguments}, [])
    flow.wait()
    replies = [content for content, _ in sent if content["kind"] == "reply"]
    assert len(replies) == 1
    found = [message for message in sent if message[0]["kind"] not in ("reply", "rows")]
    # the preview that comes before an attribution has a test of its own
    previews = arguments.get("source") != "attention" and action in ("map", "attribute")
    return replies[0], [m for m in found if not (previews and m[0]["key"].startswith("attention|"))]


def edges(message: tuple[dict[str, Any], list[bytes]], near: int) -> dict[int, float]:
    """Far end to weight of one near token."""
    content, buffers = message
    kinds = {"u32": "<u4", "f32": "<f4"}
    columns = {c["name"]: np.frombuffer(b, kinds[c["dtype"]]) for c, b in zip(content["columns"], buffers, strict=True)}
    rows = slice(columns["near_start"][near], columns["near_start"][near + 1])
    return dict(zip(columns["far"][rows].tolist(), columns["weight"][rows].tolist(), strict=True))


def test_a_question_has_the_key_that_the_view_gives_it() -> None:
    for case in json.loads(KEYS.read_text(encoding="utf-8")):
        assert FlowQuestion(**case["question"]).key == case["key"]


def test_arcs_of_attention_are_what_the_session_reads(tiny_session: ts.Session, run: ts.Generation) -> None:
    reply, messages = ask(ts.Flow(run), "map", layer=1, head=2)
    assert reply["result"] == {"started": True}
    expected = tiny_session.attention(run, layer=1, head=2).row_for_token(AT)[0, 0]
    found = edges(messages[0], AT)
    assert found == pytest.approx({i: float(w) for i, w in enumerate(expected[:AT])}, abs=1e-3)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_attention_is_read_once_for_all_layers_and_heads(run: ts.Generation) -> None:
    flow = ts.Flow(run)
    ask(flow, "map")
    reply, messages = ask(flow, "map", layer=1, head=3, direction="readers", unit="line")
    assert reply["result"] == {"key": "attention|1|3|readers|line|sink"}
    assert [content["key"] for content, _ in messages] == ["attention|1|3|readers|line|sink"]


def test_who_reads_a_token_is_what_they_read_seen_from_the_other_end(run: ts.Generation) -> None:
    flow = ts.Flow(run)
    _, read = ask(flow, "map")
    _, readers = ask(flow, "map", direction="readers")
    assert edges(readers[0], 5)[AT] == pytest.approx(edges(read[0], AT)[5])


def test_without_the_sink_the_rest_is_scaled_up(run: ts.Generation) -> None:
    flow = ts.Flow(run)
    _, kept = ask(flow, "map")
    _, left = ask(flow, "map", sink=False)
    before, after = edges(kept[0], AT), edges(left[0], AT)
    assert 0 not in after
    assert sum(after.values()) == pytest.approx(sum(before.values()), abs=1e-4)
    assert after[7] / after[9] == pytest.approx(before[7] / before[9], rel=1e-3)


def test_an_ablation_by_line_is_the_sessions(tiny_session: ts.Session, run: ts.Generation) -> None:
    flow = ts.Flow(run, selected=AT, source="ablation", unit="line")
    reply, messages = ask(flow, "map", source="ablation", unit="line")
    assert reply["result"] == {"started": True}
    expected = tiny_session.attribute(run, AT)
    assert edges(messages[0], AT) == pytest.approx(dict(enumerate(expected.total.tolist())))
    assert flow.attribution is not None
    assert flow.attribution.scores.tolist() == expected.scores.tolist()


def test_an_ablation_by_token_looks_into_the_lines_that_matter(tiny_session: ts.Session, run: ts.Generation) -> None:
    _, messages = ask(ts.Flow(run), "map", source="ablation")
    expected = tiny_session.attribute(run, AT, sources="focus")
    assert set(edges(messages[0], AT)) == set(expected.sources.starts.tolist())
    assert any("which hold" in note for note in messages[0][0]["map"]["notes"])


def test_a_typed_contrast_is_compared_and_explained(tiny_session: ts.Session, run: ts.Generation) -> None:
    flow = ts.Flow(run)
    _, messages = ask(flow, "map", source="ablation", unit="line", contrast={"text": "zq"})
    expected = tiny_session.attribute(run, AT, contrast="zq")
    assert edges(messages[0], AT) == pytest.approx(dict(enumerate(expected.total.tolist())))
    reply, _ = ask(flow, "contrast_info", at=AT, text="zq")
    assert reply["result"]["text"].startswith("2 tokens: z | q. The first is compared")


def test_attention_comes_first_as_a_preview_of_an_attribution(run: ts.Generation) -> None:
    flow = ts.Flow(run)
    sent: Sent = []
    flow.send = lambda content, buffers=None: sent.append((content, buffers or []))
    flow._on_map(**{**QUESTION, "source": "ablation", "unit": "line"})
    flow.wait()
    keys = [content["key"] for content, _ in sent if content["kind"] == "flow"]
    assert keys == ["attention|mean|mean|read|line|sink", f"ablation|{AT}||line|sink"]


def test_long_work_is_offered_with_its_cost_and_starts_on_request(
    run: ts.Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = ts.Flow(run)
    monkeypatch.setattr(type(flow.session), "_pace", lambda _self: 1.0)
    reply, messages = ask(flow, "map", source="surrogate", unit="line")
    assert messages == []
    assert reply["result"]["missing"] is True
    assert reply["result"]["seconds"] > 10
    assert reply["result"]["text"] == "3 lines, 65 forward passes"
    reply, messages = ask(flow, "attribute", source="surrogate", unit="line")
    assert reply["result"] == {"started": True}
    assert messages[0][0]["key"] == f"surrogate|{AT}||line|sink"


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


LINES = "a = 1\nb = 2\nif a:\n  c = b\nd = c\nprint(d)"


def trust_of(session: ts.Session, at: int, top: int, **options: Any) -> tuple[ts.Generation, dict[str, Any]]:
    """The figure of trust of an ablation by line of a text of six lines."""
    run = session.score(LINES)
    flow = ts.Flow(run)
    ask(flow, "map", source="ablation", unit="line", at=at, **options)
    _, messages = ask(flow, "trust", source="ablation", unit="line", at=at, top=top, **options)
    return run, messages[0][0]["trust"]


def test_the_figure_of_trust_deletes_what_is_shown(tiny_session: ts.Session) -> None:
    at = len(tiny_session.score(LINES)) - 1
    run, trust = trust_of(tiny_session, at, 1)
    scores = tiny_session.attribute(run, at).scores[0]
    strongest = scores[np.abs(scores).argmax()]
    assert (trust["top"], trust["unit"], trust["quantity"]) == (1, "lines", "nats")
    assert trust["against"] is bool(strongest < 0)
    assert trust["drop"] == pytest.approx(abs(strongest), abs=1e-4)
    others = np.delete(scores, np.abs(scores).argmax()) * np.sign(strongest)
    assert trust["random"] == pytest.approx(others.mean(), abs=1e-4)


def test_sources_that_speak_against_the_token_are_deleted_apart_and_the_gain_is_told(tiny_session: ts.Session) -> None:
    at = len(tiny_session.score(LINES)) - 1
    run = tiny_session.score(LINES)
    scores = tiny_session.attribute(run, at).scores[0]
    order = np.argsort(-np.abs(scores))
    shown = next(top for top in range(1, 6) if len({bool(s < 0) for s in scores[order[:top]]}) == 2)
    _, trust = trust_of(tiny_session, at, shown)
    assert trust["against"] is False
    assert trust["top"] == int((scores[order[:shown]] > 0).sum())


def test_a_given_attribution_is_trusted_by_its_own_removal_and_contrast(tiny_session: ts.Session) -> None:
    run = tiny_session.score(LINES)
    at = len(run) - 1
    given = tiny_session.attribute(run, at, removal="replace", contrast="zq", whole_contrast=True)
    flow = ts.Flow(given)
    question = {**QUESTION, "source": "ablation", "unit": "line", "at": at, "contrast": {"text": "zq"}, "sink": False}
    best = int(np.argmax(given.total))
    rank = int((np.abs(given.total) > abs(given.total[best])).sum()) + 1
    _, messages = ask(flow, "trust", **question, top=rank)
    positive = [i for i in np.argsort(-np.abs(given.total))[:rank] if given.total[i] > 0]
    counts = [len(positive)]
    expected = given.faithfulness(counts=counts, insertion=False)
    assert messages[0][0]["trust"]["drop"] == pytest.approx(float(expected.deletion[0]), abs=1e-4)


def test_words_drawn_by_line_add_up(tiny_session: ts.Session) -> None:
    run = tiny_session.score(LINES)
    at = len(run) - 1
    words = tiny_session.attribute(run, at, sources="word")
    _, messages = ask(ts.Flow(words), "map", source="ablation", unit="line", at=at, sink=False)
    lines = run.line_index[words.sources.starts]
    expected = {int(line): float(words.total[lines == line].sum()) for line in set(lines.tolist())}
    assert edges(messages[0], at) == pytest.approx(expected, abs=1e-4)
    assert any("the words that begin in one are added up" in note for note in messages[0][0]["map"]["notes"])


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"selected": 999}, r"selected=999: is not a position"),
        ({"pinned": [-99]}, r"pinned=-99: is not a position"),
        ({"layer": 9}, r"layer=9: is not there. Use 0 … 1"),
        ({"head": 9}, r"head=9: is not there. Use 0 … 3"),
    ],
)
def test_what_does_not_fit_the_run_or_the_model_is_refused(
    run: ts.Generation, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        ts.Flow(run, **options)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"direction": "readers", "top": 3}, "not about who reads it"),
        ({"at": 1, "top": 1}, "With 1 token before it there is too little to compare with"),
    ],
)
def test_where_there_is_no_figure_of_trust_it_says_why(
    run: ts.Generation, changes: dict[str, Any], reason: str
) -> None:
    flow = ts.Flow(run)
    ask(flow, "map", **{k: v for k, v in changes.items() if k != "top"})
    _, messages = ask(flow, "trust", **changes)
    assert reason in messages[0][0]["trust"]["text"]


def test_where_every_source_is_shown_the_strongest_third_is_deleted(run: ts.Generation) -> None:
    flow = ts.Flow(run)
    ask(flow, "map")
    _, messages = ask(flow, "trust", top=AT)
    assert (messages[0][0]["top"], messages[0][0]["trust"]["top"]) == (AT, 6)


def test_the_grid_has_a_small_map_of_every_head(run: ts.Generation) -> None:
    _, messages = ask(ts.Flow(run), "grid")
    content, buffers = messages[0]
    assert (content["layers"], content["heads"], content["size"]) == ([0, 1], [0, 1, 2, 3], 16)
    assert len(buffers[0]) == 2 * 4 * 16 * 16


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer": 2}, r"layer=2: is not there. Use one of 0–1"),
        ({"head": 4}, r"head=4: is not there. Use one of 0–3"),
        ({"source": "magic"}, r"source='magic': is not known"),
        ({"direction": "up"}, r"direction='up': is not known"),
        ({"source": "ablation", "at": 0}, r"target=0: has nothing before it"),
        ({"source": "ablation", "at": 99}, r"target=99: is not a position"),
        ({"source": "ablation", "at": None}, r"at=None: names no token to explain"),
        ({"contrast": {"text": ""}}, r"contrast=\{'text': ''\}: is no contrast"),
    ],
)
def test_a_bad_question_gets_its_reason(run: ts.Generation, changes: dict[str, Any], message: str) -> None:
    import re

    reply, messages = ask(ts.Flow(run), "map", **changes)
    assert reply["ok"] is False
    assert re.search(message, reply["error"]), reply["error"]
    assert messages == []


def test_a_model_without_attention_says_so_and_can_still_be_ablated() -> None:
    session = tiny_session("mamba")
    run = session.generate(PROMPT, max_new_tokens=3, eos_token_ids=())
    flow = ts.Flow(run)
    attention = flow._capabilities["sources"][5]
    assert (attention["name"], attention["available"]) == ("attention", False)
    assert "no attention" in attention["reason"]
    reply, _ = ask(flow, "map", source="ablation", unit="line")
    assert reply["result"] == {"started": True}
    assert flow.status == "idle"


def test_an_attribution_is_shown_as_it_was_computed(tiny_session: ts.Session, run: ts.Generation) -> None:
    attribution = tiny_session.attribute(run, AT, contrast=True, removal="replace")
    flow = ts.Flow(attribution)
    assert (flow.selected, flow.source, flow.unit, flow.contrast) == (AT, "ablation", "line", "runner_up")
    reply, messages = ask(flow, "map", source="ablation", unit="line", contrast="runner_up", sink=False)
    assert reply["result"]["key"] == f"ablation|{AT}|runner_up|line|nosink"
    assert edges(messages[0], AT) == pytest.approx(dict(enumerate(attribution.total.tolist())))


def test_attention_without_a_model_shows_its_own_layers(tiny_session: ts.Session, run: ts.Generation) -> None:
    attention = tiny_session.attention(run, layer=1)
    flow = ts.Flow(attention)
    flow._session = None
    flow._show(run, attention, None)
    assert (flow._capabilities["live"], flow._capabilities["layers"]) == (False, [1])
    reply, _ = ask(flow, "map", layer=1, head=0)
    assert reply["result"] == {"key": "attention|1|0|read|token|sink"}
    reply, _ = ask(flow, "map", source="ablation")
    assert "no model is behind this flow" in reply["error"]


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


@pytest.mark.parametrize("shown", [None, 3, "text"])
def test_what_has_no_arcs_is_refused(shown: Any) -> None:
    with pytest.raises(InputError, match="has no arcs"):
        ts.Flow(shown)


def test_attention_of_a_few_queries_is_refused(tiny_session: ts.Session, run: ts.Generation) -> None:
    with pytest.raises(InputError, match="has not all queries"):
        ts.Flow(tiny_session.attention(run, query=3))
