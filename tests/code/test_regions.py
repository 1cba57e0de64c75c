"""Where there is code, in which language, and who says so."""

from __future__ import annotations

from tokenscope_widgets.code.regions import find_regions

PYTHON = "def f(a, b):\n    return a + b\n\n\nprint(f(1, 2))\n"


def regions(text: str, language: str | None = None, *messages: tuple[int, int]) -> list[tuple[str, str | None, str]]:
    source = text.encode()
    found = find_regions(source, messages or ((0, len(source)),), language)
    return [(source[r.start : r.end].decode(), r.language, r.chosen) for r in found]


def test_the_callers_word_counts_for_code_that_names_no_language() -> None:
    assert regions("x", "py") == [("x", "python", "caller")]


def test_a_language_without_a_grammar_is_kept_by_its_name() -> None:
    assert regions("x", "Kotlin") == [("x", "kotlin", "caller")]


def test_plain_text_is_prose_if_the_caller_says_so() -> None:
    assert regions(PYTHON, "text") == [(PYTHON, None, "prose")]


def test_code_without_a_label_is_guessed() -> None:
    assert regions(PYTHON) == [(PYTHON, "python", "guess")]


def test_a_fences_tag_counts_more_than_the_callers_word() -> None:
    assert regions("Hi\n```go\nx\n```\n", "python")[1] == ("x\n", "go", "fence")


def test_a_fence_that_says_text_is_prose() -> None:
    assert regions("Hi\n```text\nx = 1\n```\n") == [("Hi\n```text\nx = 1\n```\n", None, "prose")]


def test_a_fence_without_a_tag_is_guessed() -> None:
    assert regions(f"Hi\n```\n{PYTHON}```\n")[1] == (PYTHON, "python", "guess")


def test_a_fence_inside_of_a_docstring_is_part_of_the_code() -> None:
    text = 'def f():\n    """Do.\n\n    ```\n    x\n    ```\n    """\n    return 1\n'
    assert regions(text) == [(text, "python", "guess")]
    assert regions(text, "python") == [(text, "python", "caller")]


def test_a_fence_inside_of_a_docstring_that_is_being_written_is_part_of_the_code() -> None:
    text = 'def f():\n    """Do.\n\n    ```\n    x\n'
    assert regions(text, "python") == [(text, "python", "caller")]


def test_an_apostrophe_before_a_fence_makes_no_string_of_it() -> None:
    text = "Here's how:\n```python\nx = 1\n```\nThat's all.\n"
    for language in (None, "python", "javascript", "bash", "rust"):
        assert [r[1] for r in regions(text, language)] == [None, "python", None]


def test_code_before_what_looks_like_an_opening_fence_is_code() -> None:
    assert regions(f"{PYTHON}```\nThis function adds.\n") == [
        (PYTHON, "python", "guess"),
        ("```\nThis function adds.\n", None, "prose"),
    ]


def test_prose_between_messages_is_no_ones() -> None:
    assert regions("user\n" + PYTHON, "python", (5, 5 + len(PYTHON)))[0] == ("user\n", None, "prose")


def test_a_question_in_prose_is_no_code_though_the_answer_is() -> None:
    question = "Please write a function that adds two numbers for me."
    text = question + PYTHON
    cut = len(question)
    assert [r[1] for r in regions(text, "python", (0, cut), (cut, len(text)))] == [None, "python"]


def test_an_empty_text_has_no_regions() -> None:
    assert regions("") == []
