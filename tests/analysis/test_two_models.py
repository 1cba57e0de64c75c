"""Two models on one text: borders, sums, and what does not count."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.models.marked import byte_level, sentencepiece
from tests.pages import run_of
from tests.tiny import tiny_model, tiny_session
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.analysis.two_models import ModelComparison, compare_models
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.session import Session

TEXT = "def f(n):\n    return n + 1\n\nprint(f(2))\n"


def measured(pieces: list[bytes], nats: list[float]) -> Generation:
    """A run whose tokens cost so much."""
    run = run_of(pieces)
    run.tokens.model.logprob_nats[:] = [-n for n in nats]
    return run


def two() -> ModelComparison:
    first = measured([b"de", b"f ", b"x\n", b"y"], [1, 2, 3, 4])
    second = measured([b"d", b"ef ", b"x", b"\ny"], [1, 1, 5, 8])
    return compare_models(first, second)


def test_segments_lie_between_the_borders_that_both_share_and_hold_exact_sums() -> None:
    segments = two().segments
    assert (segments.start.tolist(), segments.end.tolist()) == ([0, 4], [4, 7])
    assert (segments.first_nats.tolist(), segments.second_nats.tolist()) == ([3, 7], [2, 13])


def test_the_difference_is_the_second_minus_the_first() -> None:
    comparison = two()
    assert (comparison.first_nats, comparison.second_nats, comparison.difference_nats) == (10, 15, 5)
    assert comparison.difference_bits_per_byte == pytest.approx(5 / 7 / math.log(2))
    assert repr(comparison) == (
        f"<ModelComparison {comparison.second.provenance.model} − {comparison.first.provenance.model}: "
        "+1.030 bits per byte, 7 of 7 bytes in 2 segments>"
    )


def test_a_tokens_surprisal_is_spread_evenly_over_its_bytes() -> None:
    comparison = two()
    np.testing.assert_allclose(comparison.first_byte_nats, [0.5, 0.5, 1, 1, 1.5, 1.5, 4])
    np.testing.assert_allclose(comparison.second_byte_nats, [1, 1 / 3, 1 / 3, 1 / 3, 5, 4, 4])
    np.testing.assert_allclose(comparison.difference_byte_nats[:4].sum(), -1)


def test_the_most_different_come_first_whichever_way() -> None:
    found = two().most_different(5)
    assert [(one.start, one.end, one.text, one.difference_nats) for one in found] == [
        (4, 7, "x\ny", 6),
        (0, 4, "def ", -1),
    ]
    assert [one.text for one in two().most_different(1)] == ["x\ny"]


def test_what_one_did_not_measure_does_not_count() -> None:
    first = measured([b"a", b"b", b"cd"], [math.nan, 2, 3])
    second = measured([b"a", b"bc", b"d"], [7, 2, 2])
    comparison = compare_models(first, second)
    assert np.isnan(comparison.segments.first_nats[0])
    assert comparison.counted.tolist() == [False, True]
    assert (comparison.bytes_counted, comparison.first_nats, comparison.second_nats) == (3, 5, 4)
    assert [one.text for one in comparison.most_different()] == ["bcd"]
    assert np.isnan(compare_models(run_of([b"a"]), run_of([b"a"])).difference_bits_per_byte)


def test_special_tokens_have_no_text_and_do_not_count() -> None:
    plain = measured([b"ab", b"c"], [1, 2])
    marked = measured([b"", b"a", b"", b"bc", b""], [math.nan, 1, 50, 2, 50])
    comparison = compare_models(plain, marked)
    assert comparison.segments.end.tolist() == [3]
    assert (comparison.first_nats, comparison.second_nats) == (3, 3)


def test_a_character_cut_in_two_by_one_tokenizer_is_shown_by_its_bytes_where_both_cut_it() -> None:
    cut = [b"\xc3", b"\xa9"]
    assert [one.text for one in compare_models(measured(cut, [1, 2]), measured(cut, [2, 2])).most_different()] == [
        "\\xc3",
        "\\xa9",
    ]
    whole = compare_models(measured(cut, [1, 2]), measured(["é".encode()], [2]))
    assert [one.text for one in whole.most_different()] == ["é"]


def test_a_model_compared_with_itself_differs_nowhere() -> None:
    comparison = tiny_session().compare_text(tiny_session(), TEXT)
    assert len(comparison.segments) == len(comparison.first)
    np.testing.assert_array_equal(comparison.difference_byte_nats[1:], 0)
    assert comparison.difference_nats == 0


@pytest.mark.parametrize("begin", [None, "<s>"])
def test_tokenizers_of_different_kinds_agree_on_the_bytes(begin: str | None) -> None:
    other = Session(tiny_model("gpt2"), sentencepiece([], begin=begin))
    comparison = tiny_session().compare_text(other, TEXT)
    assert comparison.source.decode() == TEXT
    assert comparison.segments.end[-1] == len(TEXT)
    first = comparison.first.surprisal_nats
    end = int(comparison.first.byte_ends[0])
    assert comparison.first_nats == pytest.approx(first[1:].sum(), rel=1e-6)
    second = comparison.second
    counted = (second.byte_ends > end) & np.array([bool(b) for b in second.tokens.token_bytes])
    assert comparison.second_nats == pytest.approx(second.surprisal_nats[counted].sum(), rel=1e-6)


def test_lines_and_segments_have_the_same_totals() -> None:
    comparison = tiny_session().compare_text(Session(tiny_model("gpt2"), byte_level([], begin="<s>")), TEXT)
    segments, lines = comparison.to_frame(), comparison.to_frame("line")
    for column in ("first_nats", "second_nats"):
        assert lines[column].sum() == pytest.approx(segments.loc[comparison.counted, column].sum())
    assert lines["bytes_counted"].sum() == segments["bytes_counted"].sum() == comparison.bytes_counted
    assert lines["text"].tolist() == ["def f(n):\n", "    return n + 1\n", "\n", "print(f(2))\n"]
    assert lines.index.tolist() == [1, 2, 3, 4]


def test_the_frame_of_lines_spreads_what_spans_them() -> None:
    frame = two().to_frame("line")
    assert frame["first_nats"].tolist() == [6, 4]
    assert frame["second_nats"].tolist() == pytest.approx([11, 4])
    assert frame["difference_bits_per_byte"].tolist() == pytest.approx([5 / 6 / math.log(2), 0])


def test_a_line_that_was_not_measured_is_not_a_number() -> None:
    run = measured([b"a\n", b"b"], [math.nan, 1])
    frame = compare_models(run, run).to_frame("line")
    assert frame["difference_nats"].isna().tolist() == [True, False]
    assert compare_models(run, run).to_frame()["bytes_counted"].tolist() == [0, 1]


def test_texts_that_differ_are_refused_with_the_first_byte_that_does() -> None:
    with pytest.raises(InputError, match=r"spell different texts from byte 2 on \('abc' and 'abx'\)"):
        compare_models(run_of([b"ab", b"c"]), run_of([b"abx"]))
    with pytest.raises(InputError, match=r"from byte 2 on \('ab' and 'abx'\). Score the same text with both models"):
        compare_models(run_of([b"ab"]), run_of([b"abx"]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compare_models("abc", run_of([b"a"])), "first='abc': is no Generation"),  # type: ignore[arg-type]
        (lambda: compare_models(run_of([b""]), run_of([b""])), "holds no text"),
        (lambda: two().most_different(0), "n=0: is no number of segments"),
        (lambda: two().to_frame("token"), "by='token': is no way to cut the text. Use 'segment' or 'line'"),
    ],
)
def test_bad_input_is_refused(call: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
