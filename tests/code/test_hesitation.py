"""Where the model hesitated, and whether the program's shape hung on it."""

from __future__ import annotations

import pytest

from tests.code.written import written
from tokenscope_widgets.code.hesitation import Hesitation, fork_kind, hesitations
from tokenscope_widgets.code.parsing import parse, parse_tokens
from tokenscope_widgets.errors import InputError

TOKENS = [b"def", b" f", b"(", b"a", b")", b":", b"\n    ", b"return", b" a", b" +", b" 1", b"\n"]


def only(at: int, others: list[tuple[bytes, float]]) -> Hesitation:
    run = written(TOKENS, surprisal=[1.0] * len(TOKENS), entropy={at: 2.0}, others={at: others})
    (found,) = hesitations(parse(run, "python"))
    assert found.token == at
    return found


def test_an_alternative_that_parses_to_another_tree_is_a_structural_fork() -> None:
    found = only(7, [(b"if", 0.3)])
    assert (found.fork, found.role) == ("structural", "keyword")
    assert [(a.text, a.fork) for a in found.alternatives] == [("if", "structural")]


def test_an_alternative_that_only_renames_is_a_naming_fork() -> None:
    assert only(8, [(b" b", 0.3)]).fork == "naming"


def test_another_literal_is_a_matter_of_wording() -> None:
    assert only(10, [(b" 2", 0.3)]).fork == "wording"


def test_other_white_space_is_a_matter_of_wording() -> None:
    assert only(11, [(b"\n\n", 0.3)]).fork == "wording"


def test_the_gravest_of_the_alternatives_counts() -> None:
    found = only(8, [(b" b", 0.3), (b" [", 0.1)])
    assert [a.fork for a in found.alternatives] == ["naming", "structural"]
    assert found.fork == "structural"


def test_unlikely_alternatives_do_not_count() -> None:
    found = only(8, [(b" [", 0.04)])
    assert (found.fork, found.alternatives) == ("none", ())


def test_with_few_tokens_of_a_role_all_tokens_are_compared() -> None:
    assert only(8, []).compared_with == "all"


def test_with_many_tokens_of_a_role_they_are_compared_with_each_other() -> None:
    run = written([b"x", b" =", b" 1", b"\n"] * 25, entropy={41: 2.0, 40: 0.6})
    found = hesitations(parse(run, "python"))
    assert [(h.token, h.compared_with) for h in found] == [(40, "identifier.binding"), (41, "operator.assign")]


def test_small_entropies_are_no_hesitation() -> None:
    assert hesitations(parse(written(TOKENS, entropy={8: 0.49}), "python")) == ()


def test_only_written_tokens_count() -> None:
    run = written(TOKENS, prompt_length=9, entropy={8: 2.0, 9: 1.9})
    assert [h.token for h in hesitations(parse(run, "python"), 50)] == [9]


def test_a_special_token_is_no_hesitation() -> None:
    run = written([b"a", b" =", b" 1", b""], special={3: "<eos>"}, entropy={3: 2.0})
    assert hesitations(parse(run, "python"), 10) == ()


def test_text_without_a_grammar_has_no_forks() -> None:
    code = parse_tokens([b"Some", b" words", b" here"])
    assert fork_kind(code, 1, b" others") == "none"


@pytest.mark.parametrize("percentile", [-1, 101, True, "95", None, float("nan")])
def test_what_is_no_percentile_is_refused(percentile: object) -> None:
    with pytest.raises(InputError, match=r"percentile=.*Use 0 … 100"):
        hesitations(parse(written(TOKENS), "python"), percentile)  # type: ignore[arg-type]


@pytest.mark.parametrize("token", [3, 7])
def test_in_a_long_text_the_statement_around_the_token_is_parsed_again(token: int) -> None:
    one = "def f(a):\n    return a\n"
    short, long = parse(written(one), "python"), parse(written(one + "x = 1\n" * 1000), "python")
    for replacement in (b"b", b"((", b" +", b'"'):
        assert fork_kind(long, token, replacement) == fork_kind(short, token, replacement)


def test_the_prompt_is_no_measure_for_what_was_written() -> None:
    open_prompt = dict.fromkeys(range(1, 12), 9.0)
    text = "def f(a, b, c):\n    return a\n" + "x = a\n" * 8
    run = written(text, prompt_length=12, entropy={**open_prompt, 20: 2.0})
    assert [h.token for h in hesitations(parse(run, "python"))] == [20]
