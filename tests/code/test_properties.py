"""What holds for any text, any language, any tokens and any cut."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.code.written import pieces, written
from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.node_metrics import node_metrics
from tokenscope_widgets.code.pairs import membership
from tokenscope_widgets.code.parsing import parse, parse_tokens
from tokenscope_widgets.code.states import STATES
from tokenscope_widgets.code.units import BY, PARTITIONS, groups, token_overlaps

SAMPLES = Path(__file__).parent.parent / "fixtures" / "roles"
LANGUAGES = sorted(path.stem for path in SAMPLES.glob("*.sample"))
HOLE = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
some = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@cache
def sample(language: str) -> bytes:
    return (SAMPLES / f"{language}.sample").read_bytes()


@st.composite
def sources(draw: st.DrawFn) -> tuple[bytes, str | None]:
    """Part of a real program with noise in it, and the language it is taken for."""
    language = draw(st.sampled_from(LANGUAGES))
    text = sample(language)
    a = draw(st.integers(0, max(len(text) - 300, 0)))
    text = text[a : a + draw(st.integers(0, 400))]
    noise = draw(st.one_of(st.just(b""), st.text(max_size=6).map(str.encode), st.binary(max_size=4)))
    at = draw(st.integers(0, len(text)))
    return text[:at] + noise + text[at:], draw(st.sampled_from([language, "python", None]))


def _singly(source: bytes) -> list[bytes]:
    return [source[i : i + 1] for i in range(len(source))]


def _unevenly(source: bytes) -> list[bytes]:
    """One byte, two, three … seven, again and again: across words, lines and characters."""
    cuts = np.cumsum([0, *(1 + i % 7 for i in range(len(source)))]).clip(max=len(source)).tolist()
    return [source[a:b] for a, b in pairwise(cuts) if b > a]


@st.composite
def tokens(draw: st.DrawFn) -> tuple[list[bytes], dict[int, str], str | None]:
    """A source cut anywhere, even inside characters, with special tokens in between or around a hole."""
    source, language = draw(sources())
    out = draw(st.sampled_from([pieces, _singly, _unevenly]))(source)
    names = draw(st.sampled_from([(), ("<|tool|>",), ("<|im_start|>", "<|im_end|>"), HOLE]))
    places = sorted(draw(st.lists(st.integers(0, len(out)), min_size=len(names), max_size=len(names))))
    marks = {at + i: name for i, (at, name) in enumerate(zip(places, names, strict=True))}
    for at in sorted(marks):
        out.insert(at, b"")
    return out, marks, language


def measured(case: tuple[list[bytes], dict[int, str], str | None], complete: bool = True) -> CodeMap:
    out, marks, language = case
    surprisal = [0.25 + (i % 7) for i in range(len(out))]
    run = written(out, special=marks, surprisal=surprisal, finish="scored" if complete else "budget")
    return parse(run, language)


@some
@given(tokens())
def test_the_tokens_in_reading_order_are_the_source(case: tuple[list[bytes], dict[int, str], str | None]) -> None:
    code = parse_tokens(*case)
    assert b"".join(code.token_bytes()[i] for i in code.text.order) == code.source
    assert code.token_bytes() == case[0]


@some
@given(tokens(), st.booleans())
def test_segments_are_an_exact_partition(case: tuple[list[bytes], dict[int, str], str | None], complete: bool) -> None:
    code = parse_tokens(*case, complete)
    assert (
        b"".join(code.source[a:b] for a, b in zip(code.segments.start, code.segments.end, strict=True)) == code.source
    )
    assert (code.segments.end > code.segments.start).all()
    assert (code.segments.start[1:] == code.segments.end[:-1]).all()
    inside = code.segments.node >= 0
    assert (code.tree.start[code.segments.node[inside]] <= code.segments.start[inside]).all()
    assert (code.tree.end[code.segments.node[inside]] >= code.segments.end[inside]).all()


@some
@given(tokens())
def test_regions_are_an_exact_partition(case: tuple[list[bytes], dict[int, str], str | None]) -> None:
    code = parse_tokens(*case)
    edges = [0, *(region.end for region in code.regions)]
    assert [region.start for region in code.regions] == edges[:-1]
    assert edges[-1] == len(code.source)
    assert all(region.end > region.start for region in code.regions)


@some
@given(tokens())
def test_what_a_token_shares_with_its_segments_is_all_of_it(
    case: tuple[list[bytes], dict[int, str], str | None],
) -> None:
    code = parse_tokens(*case)
    shared = np.bincount(code.overlaps.tokens(), code.overlaps.bytes, len(code))
    assert shared.tolist() == (code.text.end - code.text.start).tolist()
    assert (code.overlaps.bytes > 0).all()


@some
@given(tokens())
def test_sums_over_groups_are_the_sum_over_tokens(case: tuple[list[bytes], dict[int, str], str | None]) -> None:
    code = measured(case)
    assert code.run is not None
    total = float(np.nansum(code.run.surprisal_nats))
    for by in BY if len(code.tree) else ("role", "line", "state", "name", "region"):
        assert code.aggregate(by=by)["sum"].sum() == pytest.approx(total), by


@some
@given(tokens())
def test_a_tokens_membership_adds_up_to_one(case: tuple[list[bytes], dict[int, str], str | None]) -> None:
    code = parse_tokens(*case)
    for by in ("role", "line", "region"):
        np.testing.assert_allclose(membership(code, groups(code, by)).sum(axis=0), np.ones(len(code)))


@some
@given(tokens())
def test_pairs_of_groups_hold_all_of_a_matrix(case: tuple[list[bytes], dict[int, str], str | None]) -> None:
    code = parse_tokens(*case)
    matrix = np.arange(len(code) ** 2, dtype=float).reshape(len(code), len(code))
    assert code.aggregate_pairs(matrix, by="line", sources="role").to_numpy().sum() == pytest.approx(matrix.sum())


@some
@given(tokens())
def test_a_node_is_its_children_and_its_gaps(case: tuple[list[bytes], dict[int, str], str | None]) -> None:
    code = measured(case)
    found = node_metrics(code)
    by_segment = np.zeros(len(code.segments))
    run = code.require_run("test")
    token = code.overlaps.tokens()
    share = code.overlaps.bytes / (code.text.end - code.text.start)[token]
    np.add.at(by_segment, code.overlaps.segment, share * np.nan_to_num(run.surprisal_nats.astype(float))[token])
    own = np.zeros(len(code.tree))
    held = code.segments.node >= 0
    np.add.at(own, code.segments.node[held], by_segment[held])
    for node in range(len(code.tree)):
        children = sum(found.sum[child] for child in code.tree.children(node))
        assert found.sum[node] == pytest.approx(children + own[node], abs=1e-6)


@some
@given(tokens())
def test_partitions_cover_all_tokens_without_a_hole(case: tuple[list[bytes], dict[int, str], str | None]) -> None:
    code = parse_tokens(*case)
    for unit in PARTITIONS if len(code.tree) else ("line",):
        found = code.partition(unit)
        assert [0, *found.stops.tolist()] == [*found.starts.tolist(), len(code)]
        assert (found.stops > found.starts).all()


@some
@given(tokens())
def test_what_a_node_touches_is_what_shares_bytes_with_it(case: tuple[list[bytes], dict[int, str], str | None]) -> None:
    code = parse_tokens(*case)
    first, last = code.token_ends(code.tree.start, code.tree.end)
    for node in range(0, len(code.tree), 5):
        a, b = int(code.tree.start[node]), int(code.tree.end[node])
        want = [t for t in code.text.order.tolist() if max(code.text.start[t], a) < min(code.text.end[t], b)]
        assert code.tokens_touching(a, b).tolist() == want
        assert (first[node], last[node]) == code.tokens_of(node) == ((want[0], want[-1]) if want else (-1, -1))


@some
@given(tokens(), st.data())
def test_a_text_that_grew_has_the_map_of_the_whole(
    case: tuple[list[bytes], dict[int, str], str | None], data: st.DataObject
) -> None:
    out, marks, language = case
    for size in sorted(data.draw(st.lists(st.integers(0, len(out)), max_size=4))):
        parse_tokens(out[:size], {i: name for i, name in marks.items() if i < size}, language, complete=False)
    grown, whole = parse_tokens(*case), parse_tokens(list(out), dict(marks), language)
    for part in ("text", "tree", "segments", "overlaps"):
        for field in fields(getattr(whole, part)):
            one, other = getattr(getattr(grown, part), field.name), getattr(getattr(whole, part), field.name)
            np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(grown.structure, whole.structure)
    np.testing.assert_array_equal(grown.state, whole.state)
    assert grown.regions == whole.regions


@pytest.mark.parametrize("language", ["python", "javascript", "java", "go", "rust", "json"])
@settings(max_examples=120, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_valid_program_cut_anywhere_is_never_an_error(language: str, data: st.DataObject) -> None:
    text = sample(language)
    cut = data.draw(st.integers(0, len(text)))
    code = parse_tokens(pieces(text[:cut]), None, language, complete=False)
    wrong = np.flatnonzero(np.isin(code.state, [STATES.index("error"), STATES.index("missing")]))
    shown = [(code.tree.kind_of(n), code.source[code.tree.start[n] : code.tree.end[n]][-60:]) for n in wrong.tolist()]
    assert shown == []


@some
@given(tokens())
def test_every_group_is_an_exact_partition(case: tuple[list[bytes], dict[int, str], str | None]) -> None:
    code = parse_tokens(*case)
    for by in BY if len(code.tree) else ("role", "line"):
        found = groups(code, by)
        assert int((found.end - found.start).sum()) == len(code.source)
        assert np.bincount(token_overlaps(code, found).tokens(), minlength=len(code)).tolist() == [
            0 if not b else int(((found.start < e) & (found.end > s)).sum())
            for b, s, e in zip(code.token_bytes(), code.text.start, code.text.end, strict=True)
        ]
