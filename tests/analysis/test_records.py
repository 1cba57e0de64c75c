"""What a record derives from its columns."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from tokenscope_widgets.analysis.distribution import TokenDistribution
from tokenscope_widgets.analysis.records import FINISH_REASONS, Generation, Provenance, Role, label
from tokenscope_widgets.analysis.settings import DecodingSettings
from tokenscope_widgets.analysis.token_table import TokenTable
from tokenscope_widgets.errors import InputError

NAN = float("nan")


def run_of(pieces: list[bytes], surprisals: list[float], prompt_length: int, k: int = 2) -> Generation:
    n = len(pieces)
    model = dataclasses.replace(TokenDistribution.unknown(n, k), logprob_nats=-np.array(surprisals, np.float32))
    model.top_ids[1:, 0] = 1
    model.top_logprobs_nats[1:, 0] = math.log(0.5)
    tokens = TokenTable(
        token_ids=np.arange(n, dtype=np.int64),
        token_bytes=tuple(pieces),
        texts=tuple(p.decode("utf-8", "replace") for p in pieces),
        roles=np.array([Role.PROMPT] * prompt_length + [Role.GENERATED] * (n - prompt_length), np.uint8),
        model=model,
        sampling=model,
        time_ms=np.full(n, NAN, np.float32),
    )
    return Generation(
        tokens=tokens,
        prompt_length=prompt_length,
        settings=DecodingSettings(),
        provenance=Provenance("tiny", None, "float32", None, {}),
        finish="length",
        vocabulary=dict(enumerate(pieces)),
    )


@pytest.fixture
def run() -> Generation:
    return run_of([b"x", b" =\n", b"1", b"\n\n", b"y"], [NAN, 1.0, 2.0, 3.0, 6.0], 2)


def test_text_and_completion_join_the_bytes(run: Generation) -> None:
    assert (run.text, run.completion) == ("x =\n1\n\ny", "1\n\ny")


def test_byte_ends_run_over_the_source(run: Generation) -> None:
    assert run.byte_ends.tolist() == [1, 4, 5, 7, 8]


def test_a_token_is_on_the_line_where_it_begins(run: Generation) -> None:
    assert run.line_index.tolist() == [0, 0, 1, 1, 3]


def test_line_surprisal_is_the_mean_of_the_measured_tokens_of_a_line(run: Generation) -> None:
    assert run.line_surprisal_nats.tolist() == [1.0, 1.0, 2.5, 2.5, 6.0]


def test_a_line_without_a_measured_token_has_no_mean() -> None:
    assert np.isnan(run_of([b"a\n", b"b"], [NAN, 1.0], 1).line_surprisal_nats[0])


def test_running_perplexity_starts_afresh_after_the_prompt(run: Generation) -> None:
    assert np.isnan(run.running_perplexity[0])
    want = [math.exp(v) for v in (1.0, 2.0, 2.5, 11 / 3)]
    assert run.running_perplexity[1:] == pytest.approx(want, rel=1e-6)


def test_perplexity_is_of_the_written_tokens(run: Generation) -> None:
    assert run.mean_surprisal_nats == pytest.approx(11 / 3)
    assert run.perplexity == pytest.approx(math.exp(11 / 3))


def test_perplexity_of_a_text_that_was_only_scored_is_of_all_of_it() -> None:
    assert run_of([b"a", b"b", b"c"], [NAN, 1.0, 3.0], 3).mean_surprisal_nats == 2.0


def test_perplexity_of_nothing_measured_is_unknown() -> None:
    assert math.isnan(run_of([b"a"], [NAN], 1).perplexity)


def test_probability_and_surprisal_are_the_log_probability(run: Generation) -> None:
    assert run.surprisal_nats[1:].tolist() == [1.0, 2.0, 3.0, 6.0]
    assert run.probability[2] == pytest.approx(math.exp(-2))


@pytest.mark.parametrize(("at", "index"), [(0, 0), (4, 4), (-1, 4), (-5, 0), (np.int64(2), 2)])
def test_positions_may_count_from_the_end(run: Generation, at: int, index: int) -> None:
    assert run.position(at) == index


@pytest.mark.parametrize("at", [5, -6, 1.5, True, None])
def test_a_position_outside_the_run_is_refused(run: Generation, at: object) -> None:
    with pytest.raises(InputError, match=r"selected=.*: is not a position in a run of 5 tokens. Use 0 … 4"):
        run.position(at, "selected")


def test_alternatives_leave_out_what_is_unknown(run: Generation) -> None:
    assert run.alternatives(2) == [(1, " =\n", pytest.approx(0.5))]
    assert run.alternatives(0) == []


@pytest.mark.parametrize(
    ("token_bytes", "text"),
    [(b" if", " if"), (b"\xf0\x9f", "\\xf0\\x9f"), (b"a\xff", "\\x61\\xff"), ("é".encode(), "é"), (b"", "")],
)
def test_bytes_of_half_a_character_are_labelled_in_hexadecimal(token_bytes: bytes, text: str) -> None:
    assert label(token_bytes) == text


def test_a_token_that_the_record_does_not_know_has_an_empty_label(run: Generation) -> None:
    assert run.token_label(77) == ""


def test_a_frame_has_one_row_per_token_and_names_its_units(run: Generation) -> None:
    frame = run.to_frame()
    assert list(frame.columns) == [
        *("token_id", "text", "role", "byte_start", "byte_end", "line"),
        *("probability", "logprob_nats", "rank", "surprisal_nats", "entropy_nats", "margin", "nucleus_size"),
        *("tail_mass", "perplexity", "line_surprisal_nats", "time_ms"),
    ]
    assert frame["role"].tolist() == ["prompt", "prompt", "generated", "generated", "generated"]
    assert frame["byte_start"].tolist() == [0, 1, 4, 5, 7]
    assert frame["line"].tolist() == [1, 1, 2, 2, 4]
    assert frame.index.name == "position"


def test_a_frame_shows_the_sampling_distribution_where_it_differs(run: Generation) -> None:
    tokens = dataclasses.replace(run.tokens, sampling=TokenDistribution.unknown(5, 2))
    frame = dataclasses.replace(run, tokens=tokens).to_frame()
    assert frame["sampling_entropy_nats"].isna().all()
    assert frame["surprisal_nats"].tolist()[1:] == [1.0, 2.0, 3.0, 6.0]


def test_a_record_cannot_be_changed(run: Generation) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.finish = "error"


def test_every_run_has_an_id_of_its_own() -> None:
    assert run_of([b"a"], [NAN], 1).run_id != run_of([b"a"], [NAN], 1).run_id


def test_a_slice_of_a_table_keeps_sampling_the_same_object(run: Generation) -> None:
    part = run.tokens[1:3]
    assert part.sampling is part.model
    assert part.token_bytes == (b" =\n", b"1")


def test_tables_that_keep_different_numbers_of_alternatives_can_be_joined() -> None:
    few, many = run_of([b"a", b"b"], [NAN, 1.0], 1, k=1), run_of([b"c", b"d"], [NAN, 2.0], 1, k=3)
    joined = TokenTable.concat([few.tokens, many.tokens])
    assert joined.model.top_ids.tolist() == [[-1, -1, -1], [1, -1, -1], [-1, -1, -1], [1, -1, -1]]
    assert joined.sampling is joined.model


def test_a_summary_counts_and_averages(run: Generation) -> None:
    summary = run.summary()
    assert (summary["prompt_tokens"], summary["new_tokens"], summary["finish"]) == (2, 3, "length")
    assert summary["finish"] in FINISH_REASONS


def test_a_record_introduces_itself_in_one_line(run: Generation) -> None:
    assert repr(run) == "<Generation tiny: 2 prompt + 3 tokens, length, perplexity 39.12>"
