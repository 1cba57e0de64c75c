"""Lesson 01: tokens and tokenizers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenscope_widgets.errors import bad_value
from tokenscope_widgets.lessons import answers
from tokenscope_widgets.lessons.answers import Exercises, NotYet

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.session import Session

_MOST_CHARACTERS = 12


def tokens_of_a_text(answer: object, *, run: Generation) -> str:
    """How many tokens a text has."""
    slips = [
        (len(run.text), "That is how many characters there are. A token is often several of them."),
        (len(run.text.encode()), "That is how many bytes there are."),
        (len(run.text.split()), "That is how many words there are. Punctuation and line ends are tokens, too."),
        (len(run) - 1, "One too few: the first token stands at position 0."),
    ]
    answers.count(answer, len(run), slips, "Count every token: line ends and brackets, too.")
    return f"{len(run)} tokens for {len(run.text)} characters."


def where_a_token_stands(answer: object, *, run: Generation, token: str) -> str:
    """The position of a token in the text."""
    if token not in run.tokens.texts:
        raise bad_value("token", token, "does not stand in the text as one token", "Take one of run.tokens.texts")
    right = run.tokens.texts.index(token)
    slips = [
        (run.text.find(token.strip()), "That counts characters. Positions count tokens."),
        (int(run.line_index[right]), "That is its line."),
    ]
    answers.position(answer, right, len(run), slips, "Look at the index of run.to_frame().")
    return f"{token!r} is the token at position {right}, and begins in line {int(run.line_index[right]) + 1}."


def bytes_per_token(answer: object, *, run: Generation) -> str:
    """How many bytes a token has on average."""
    size = len(run.text.encode())
    slips = [
        (len(run) / size, "That is tokens per byte: the other way round."),
        (len(run.text) / len(run), "That divides characters. A character outside of ASCII has more than one byte."),
        (size, "That is all of the bytes. Divide them by the tokens."),
    ]
    answers.number(answer, size / len(run), "", slips, "Divide len(run.text.encode()) by len(run).")
    return f"{size} bytes in {len(run)} tokens."


def more_tokens_than_characters(answer: object, *, session: Session) -> str:
    """A short text that has more tokens than characters."""
    given = answers.text(answer, _MOST_CHARACTERS)
    many = len(session.score(given))
    counted = f"Tokens: {many}, characters: {len(given)}."
    if many <= len(given):
        why = "All of it is ASCII, where a character is one byte: look" if given.isascii() else "Look"
        raise NotYet(f"{counted} {why} for characters that the tokenizer has no token for.")
    return f"{counted} What has no token of its own is written as bytes."


EXERCISES: Exercises = {
    "01.1": tokens_of_a_text,
    "01.2": where_a_token_stands,
    "01.3": bytes_per_token,
    "01.4": more_tokens_than_characters,
}
