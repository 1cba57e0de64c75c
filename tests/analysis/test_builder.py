"""A generation while it grows."""

from __future__ import annotations

import numpy as np
import pytest

from tokenscope_widgets.analysis.builder import GenerationBuilder
from tokenscope_widgets.analysis.distribution import TokenDistribution
from tokenscope_widgets.analysis.records import Provenance, Role
from tokenscope_widgets.analysis.settings import DecodingSettings

PROVENANCE = Provenance("m", None, "float32", 64, {})
PIECES = {0: b"a", 1: b"\xf0\x9f", 2: b"\x98\x80", 3: b" b", 4: b"\n", 5: b"; return", 9: b"<end>"}


def builder(**options: object) -> GenerationBuilder:
    defaults: dict = {
        "bytes_of": PIECES.__getitem__,
        "special_ids": frozenset({9}),
        "prompt_length": 2,
        "settings": DecodingSettings(alternatives=3),
        "provenance": PROVENANCE,
    }
    return GenerationBuilder(**{**defaults, **options})


def distribution(*top: int, logprob: float = -1.0) -> TokenDistribution:
    known = TokenDistribution.unknown(1, 3)
    known.top_ids[0, : len(top)] = top
    known.logprob_nats[0] = logprob
    return known


def add(to: GenerationBuilder, *ids: int, role: Role = Role.GENERATED) -> GenerationBuilder:
    for token in ids:
        to.extend([token], role, distribution(token))
    return to


def test_an_empty_builder_makes_an_empty_record() -> None:
    run = builder().build()
    assert (len(run), run.prompt_length, run.finish, run.text) == (0, 0, "running", "")


def test_rows_are_added_in_order() -> None:
    run = add(add(builder(), 0, 3, role=Role.PROMPT), 4, 0).build("length")
    assert run.token_ids.tolist() == [0, 3, 4, 0]
    assert run.tokens.roles.tolist() == [Role.PROMPT, Role.PROMPT, Role.GENERATED, Role.GENERATED]
    assert (run.text, run.completion, run.finish) == ("a b\na", "\na", "length")


def test_a_character_split_over_two_tokens_belongs_to_the_last() -> None:
    run = add(builder(), 0, 1, 2, 3).build()
    assert run.tokens.texts == ("a", "", "\U0001f600", " b")


def test_bytes_that_never_become_a_character_are_shown_as_such() -> None:
    run = add(builder(), 1, 0).build()
    assert run.tokens.texts == ("", "\ufffda")
    assert run.text == "\ufffda"


def test_special_tokens_have_their_role_and_no_source_text() -> None:
    run = add(builder(), 0, 9).build()
    assert run.tokens.roles.tolist() == [Role.GENERATED, Role.SPECIAL]
    assert run.tokens.token_bytes == (b"a", b"")
    assert run.vocabulary[9] == b"<end>"
    assert run.special_ids == {9}


def test_the_vocabulary_holds_every_id_that_occurs_and_no_other() -> None:
    grown = builder()
    grown.extend([0], Role.GENERATED, distribution(0, 3, 4))
    assert grown.build().vocabulary == {0: b"a", 3: b" b", 4: b"\n"}


def test_only_the_first_piece_of_a_text_loses_its_space() -> None:
    run = add(builder(strip_first_space=True), 9, 3, 3).build()
    assert run.tokens.token_bytes == (b"", b"b", b" b")


def test_a_branch_does_not_lose_a_space_in_the_middle() -> None:
    parent = add(builder(strip_first_space=True), 3, 0).build()
    run = add(builder(strip_first_space=True, measured=parent.tokens[:1]), 3).build()
    assert run.tokens.token_bytes == (b"b", b" b")


def test_a_branch_at_the_first_token_loses_its_space_again() -> None:
    parent = add(builder(strip_first_space=True), 9, 3).build()
    run = add(builder(strip_first_space=True, measured=parent.tokens[:1]), 3).build()
    assert run.tokens.token_bytes == (b"", b"b")


def test_a_branch_inside_a_character_completes_it() -> None:
    parent = add(builder(), 0, 1, 2).build()
    run = add(builder(measured=parent.tokens[:2]), 2).build()
    assert run.tokens.texts == ("a", "", "\U0001f600")


@pytest.mark.parametrize(("start", "stop"), [(0, 6), (0, 1), (2, 3), (1, 5), (5, 6), (3, 3)])
def test_any_stretch_of_rows_can_be_read_while_it_grows(start: int, stop: int) -> None:
    grown = builder()
    grown.extend([0, 3, 4], Role.PROMPT, TokenDistribution.unknown(3, 3))
    add(grown, 0, 4, 3)
    assert grown.rows(start, stop).token_ids.tolist() == [0, 3, 4, 0, 4, 3][start:stop]


def test_a_record_made_midway_does_not_grow_with_its_builder() -> None:
    grown = add(builder(), 0, 3)
    early = grown.build()
    add(grown, 4)
    assert len(early) == 2
    assert set(early.vocabulary) == {0, 3}
    assert len(grown.build()) == 3


def test_sampling_is_the_model_s_own_distribution_unless_settings_reshape_it() -> None:
    plain, warped = builder(), builder(settings=DecodingSettings(temperature=0.5, do_sample=True, alternatives=3))
    for grown in (plain, warped):
        grown.extend([0], Role.PROMPT, distribution(0))
    tokens = plain.build().tokens
    assert tokens.sampling is tokens.model
    assert plain.rows(0, 1).sampling.logprob_nats.tolist() == [-1.0]
    assert np.isnan(warped.rows(0, 1).sampling.logprob_nats).all()


@pytest.mark.parametrize(
    ("stop", "written", "ends"),
    [
        (["b\na"], 3, True),
        (["b\na"], 2, False),
        (["\na"], 2, True),
        (["a"], 1, True),
        (["b"], 3, False),
        (["zzzzzzzzzzzz"], 3, False),
        (["zzzzzzzzzzzz", "\na"], 3, True),
    ],
)
def test_a_stop_string_counts_if_the_last_token_completed_it(stop: list[str], written: int, ends: bool) -> None:
    grown = add(add(builder(), 0, role=Role.PROMPT), 3, 4, 0)
    assert grown.ends_with_any(stop, written) is ends


def test_a_stop_string_may_end_at_the_start_of_a_long_token() -> None:
    grown = add(builder(), 3, 5)
    assert grown.ends_with_any(["b;"], 2)
    assert not grown.ends_with_any(["b;"], 1)
