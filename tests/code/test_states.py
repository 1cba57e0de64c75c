"""Broken, missing, or only not finished yet."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fixtures.roles.make_roles import CHECKED, sample
from tokenscope_widgets.code.closing import parse_open
from tokenscope_widgets.code.grammars import LANGUAGES, parser_of
from tokenscope_widgets.code.states import STATES, states
from tokenscope_widgets.code.tree import EMPTY, parse_tree


def states_of(text: str, complete: bool, language: str = "python") -> str:
    """The leaves, each after the first letter of its state: ``o:x o:= e:=``."""
    source = text.encode()
    tree = parse_open(source, parser_of(language))
    codes = states(tree, len(source), complete)
    assert codes.dtype == np.uint8
    leaves = tree.leaves.tolist()
    return " ".join(f"{STATES[codes[n]][0]}:{source[tree.start[n] : tree.end[n]].decode()}" for n in leaves)


def test_what_a_cut_text_breaks_off_in_is_incomplete() -> None:
    assert states_of("y = 1\nx = [1, 2", complete=False) == "o:y o:= o:1 i:x i:= i:[ i:1 i:, i:2"


def test_the_same_text_is_an_error_when_its_writer_ended_it() -> None:
    assert states_of("y = 1\nx = [1, 2", complete=True) == "o:y o:= o:1 e:x e:= e:[ e:1 e:, e:2"


def test_an_error_before_the_end_stays_one() -> None:
    assert states_of("x = = 1\ny = 2\nz = (", complete=False) == "o:x o:= e:= o:1 o:y o:= o:2 i:z i:= i:("


def test_a_definition_without_its_closing_bracket_is_incomplete() -> None:
    assert states_of("def f(", complete=False) == "i:def i:f i:("


def test_a_body_that_is_not_there_is_missing_or_not_yet_there() -> None:
    assert states_of("def f():\n", complete=True) == "o:def o:f o:( o:) o:: m:"
    assert states_of("def f():\n    ", complete=False) == "o:def o:f o:( o:) o:: i:"


def test_everything_around_a_body_not_yet_there_is_incomplete() -> None:
    source = b"class A:\n    def f():"
    tree = parse_tree(source, parser_of("python"))
    codes = states(tree, len(source), complete=False)
    open_kinds = {tree.kind_of(n) for n in np.flatnonzero(codes == STATES.index("incomplete")).tolist()}
    assert open_kinds == {"module", "class_definition", "block", "function_definition"}


def test_a_missing_sign_in_the_middle_is_missing() -> None:
    assert states_of("int f() { return 1 }", True, "c") == "o:int o:f o:( o:) o:{ o:return o:1 m: o:}"
    assert states_of("int f() { return 1 }\nint x;\n", False, "c").count("m:") == 1


def test_finished_constructs_in_an_open_one_are_ok() -> None:
    shown = states_of("class A { void f() { int a = 1; int x = ", False, "java")
    assert "o:int o:a o:= o:1 o:;" in shown
    assert shown.endswith("i:x i:=")


def test_an_open_string_is_incomplete_to_its_end() -> None:
    assert states_of('print("hello wor', complete=False) == 'i:print i:( i:" i:hello wor i:'


def test_an_open_docstring_that_was_read_as_code_is_incomplete() -> None:
    source = b'def f():\n    """Doc\n  more words'
    tree = parse_tree(source, parser_of("python"))
    codes = states(tree, len(source), complete=False)
    assert {STATES[c] for c, start in zip(codes, tree.start, strict=True) if start >= 13} == {"incomplete"}


def test_white_space_and_comments_after_the_break_do_not_matter() -> None:
    assert states_of("x = (\n\n   ", complete=False) == "i:x i:= i:("
    assert states_of("def f():\n    # first\n", complete=False).endswith("o:: i: i:# first")


def test_a_tree_without_nodes_has_no_states() -> None:
    assert len(states(EMPTY, 0, complete=False)) == 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("complete", [True, False])
def test_sound_code_is_ok(language: str, complete: bool) -> None:
    source = sample(language)
    assert not states(parse_tree(source, parser_of(language)), len(source), complete).any()


@pytest.mark.parametrize("language", CHECKED)
def test_sound_code_cut_anywhere_has_no_error(language: str) -> None:
    source, parser = sample(language), parser_of(language)
    for end in range(1, len(source), 23):
        for parse in (parse_tree, parse_open):
            found = states(parse(source[:end], parser), end, complete=False)
            assert {STATES[code] for code in found} <= {"ok", "incomplete"}, source[:end][-30:]


def test_deep_nesting_does_not_recurse() -> None:
    source = b"(" * 5000 + b"x"
    codes = states(parse_tree(source, parser_of("python")), len(source), complete=False)
    assert set(codes.tolist()) == {STATES.index("incomplete")}
