"""The kernel side of the flow diagram, on a tiny model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tokenscope_widgets as ts
from tests.tiny import tiny_session
from tests.widgets.asking_flow import AT, PROMPT, QUESTION, Sent, ask, edges
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.widgets._flow_question import FlowQuestion

KEYS = Path(__file__).parents[1] / "fixtures" / "flow" / "keys.json"


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


@pytest.mark.parametrize("shown", [None, 3, "text"])
def test_what_has_no_arcs_is_refused(shown: Any) -> None:
    with pytest.raises(InputError, match="has no arcs"):
        ts.Flow(shown)


def test_attention_of_a_few_queries_is_refused(tiny_session: ts.Session, run: ts.Generation) -> None:
    with pytest.raises(InputError, match="has not all queries"):
        ts.Flow(tiny_session.attention(run, query=3))
