"""Does uncertainty find mistakes: on samples where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.code.written import written
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.code.calibrating import Calibration, calibration
from tokenscope_widgets.code.parsing import parse
from tokenscope_widgets.errors import InputError

TOKENS = [b"x", b" =", b" 1", b"\n", b"y", b" =", b" nope", b"\n"]


def sample(nats: float = 3.0) -> Generation:
    """Only the seventh token is wrong; all others have one nat."""
    return written(TOKENS, surprisal=[1, 1, 1, 1, 1, 1, nats, 1])


def score(found: Calibration, level: str, name: str) -> tuple[float, int, int]:
    one = next(s.auroc for s in found.scores if (s.level, s.name) == (level, name))
    return one.value, one.positives, one.negatives


def test_surprising_mistakes_are_found_by_surprisal() -> None:
    # white space is left out, and the first token was not measured: 1 wrong and 4 right ones a sample
    assert score(calibration([sample()] * 3, "python"), "token", "surprisal") == (1.0, 3, 12)


def test_confident_mistakes_are_not() -> None:
    assert score(calibration([sample(0.1)] * 3, "python"), "token", "surprisal")[0] == 0.0


def test_a_line_is_flagged_where_one_of_its_tokens_is() -> None:
    found = calibration([sample()] * 3, "python")
    assert score(found, "line", "max surprisal") == (1.0, 3, 3)
    # the first line has two tokens that count, the second three
    assert score(found, "line", "line length") == (1.0, 3, 3)


def test_low_probability_and_margin_are_what_is_suspicious() -> None:
    assert score(calibration([sample()] * 2, "python"), "token", "probability")[0] == 1.0


def test_the_baselines_know_nothing_of_the_model() -> None:
    found = calibration([sample()] * 3, "python")
    assert [(s.level, s.name) for s in found.scores if s.baseline] == [
        ("token", "role"),
        ("token", "position"),
        ("line", "line length"),
        ("line", "position"),
    ]


def test_the_role_baseline_is_learnt_from_the_other_runs() -> None:
    # "nope" is the only reference, so in every other run all references are wrong
    assert score(calibration([sample()] * 3, "python"), "token", "role")[0] == 1.0
    assert score(calibration([sample()], "python"), "token", "role")[0] == 0.5


def test_below_thirty_flagged_tokens_there_is_no_headline() -> None:
    found = calibration([sample()] * 29, "python")
    assert found.headline.startswith("only 29 flagged tokens: no headline below 30")


def test_from_thirty_on_the_headline_has_the_interval_and_the_best_baseline() -> None:
    headline = calibration([sample()] * 30, "python").headline
    assert headline.startswith("surprisal tells flagged tokens from others with AUROC 1.00 [1.00, 1.00]; the baseline")


def test_one_run_has_no_interval_and_so_no_headline() -> None:
    run = written([b"f", b"(", *[b"nope", b","] * 40, b"1", b")", b"\n"], surprisal=[1, *[2] * 80, 1, 1, 1, 1])
    assert calibration([run], "python").headline == "all flagged tokens are in 1 run: no interval, and so no headline."


def test_only_what_was_written_counts() -> None:
    run = written(TOKENS, prompt_length=7)
    found = calibration([run, run], "python")
    assert (score(found, "token", "surprisal")[1:], found.findings, found.flagged_runs) == ((0, 0), 0, 0)


def test_confidently_wrong_findings_are_counted() -> None:
    found = calibration([sample(0.9), sample(1.1)], "python")
    assert (found.confidently_wrong, found.findings, found.runs) == (1, 2, 2)


def test_maps_may_be_given_for_runs() -> None:
    assert calibration([parse(sample(), "python")] * 3).scores == calibration([sample()] * 3, "python").scores


def test_a_frame_has_one_row_a_score() -> None:
    frame = calibration([sample()] * 2, "python").to_frame()
    assert len(frame) == 13
    assert frame.loc[0, ["level", "score", "baseline", "positives"]].tolist() == ["token", "surprisal", False, 2]


def test_nothing_to_count_gives_no_value_and_no_headline() -> None:
    found = calibration([written([])])
    assert np.isnan(found.scores[0].auroc.value)
    assert found.headline.startswith("only 0 flagged tokens")


def test_no_runs_are_refused() -> None:
    with pytest.raises(InputError, match=r"runs=\[\]: holds no run"):
        calibration([])


def test_a_single_run_is_refused() -> None:
    with pytest.raises(InputError, match=r"is a single run\. Give a list of them"):
        calibration(sample())  # type: ignore[arg-type]
