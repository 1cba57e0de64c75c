"""Changes to a prompt, for ``session.prompt_edits(prompt, [edits.rename("n", "count")])``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tokenscope_widgets.errors import bad_value

Messages = Sequence[dict[str, Any]]
Prompt = str | Messages

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_EXAMPLE = re.compile(r"[ \t]*>>> ")
# what cannot be the result of an example: the next one, the end of the docstring, code, a sentence
_NO_RESULT = re.compile(
    r"\s*$|\s*>>>|.*(?:\"\"\"|''')|\s*(?:@\w|(?:async def|def|class|return|import|from|if|for|while|with) .)"
    r"|\s*[A-Z][a-z]* .*[.:]$"
)


@dataclass(frozen=True)
class Edit:
    """A change to a text, or to one message of a chat.

    Attributes
    ----------
    name : str
        What it does, for a table.
    change : callable
        From the old text to the new one.
    message : int, str or None
        Which message of a chat: its index, or the last one of a role. None: a prompt that is no chat, or the last
        message of the user.
    """

    name: str
    change: Callable[[str], str]
    message: int | str | None = None

    def __repr__(self) -> str:
        return f"<Edit {self.name}>"

    def apply(self, prompt: Prompt) -> Prompt:
        """The changed prompt.

        Raises
        ------
        InputError
            Nothing changes, the message is not there, or a message is meant and the prompt is no chat.
        """
        if isinstance(prompt, str) and self.message is not None:
            raise bad_value(
                "edits",
                self.name,
                "changes a message, but this prompt is no chat",
                "Use it on a list of messages, or leave .on(…) out",
            )
        changed = self._changed(prompt) if isinstance(prompt, str) else self._changed_messages(prompt)
        if changed == prompt:
            raise bad_value("edits", self.name, "changes nothing in this prompt", "Check what it looks for")
        return changed

    def on(self, message: int | str) -> Edit:
        """The same change to another message of a chat."""
        return replace(self, message=message, name=f"{self.name}, in {message}")

    def _changed(self, text: str) -> str:
        changed = self.change(text)
        if not isinstance(changed, str):
            raise bad_value("edits", self.name, f"gives {changed!r} and no text", "Return the new prompt")
        return changed

    def _changed_messages(self, messages: Messages) -> list[dict[str, Any]]:
        out = [dict(message) for message in messages]
        wanted = "user" if self.message is None else self.message
        where = [i for i, message in enumerate(out) if wanted in (i, message.get("role"), i - len(out))]
        if not where and wanted == "system":
            return [{"role": "system", "content": self._changed("")}, *out]
        if not where:
            raise bad_value("message", wanted, f"is none of {len(out)} messages", "Use an index, or a role")
        out[where[-1]]["content"] = self._changed_content(out[where[-1]].get("content"))
        return out

    def _changed_content(self, content: Any) -> Any:
        """A message's new content: a text, or a list of parts of which one is a text."""
        if isinstance(content, str):
            return self._changed(content)
        parts = list(content) if isinstance(content, list) else []
        texts = [i for i, part in enumerate(parts) if isinstance(part, dict) and isinstance(part.get("text"), str)]
        if len(texts) != 1:
            raise bad_value("messages", content, "is not one text", "Edit a message whose content is a text")
        parts[texts[0]] = {**parts[texts[0]], "text": self._changed(parts[texts[0]]["text"])}
        return parts


def replace_text(old: str, new: str) -> Edit:
    """Put another text everywhere where one stands."""
    _require_texts(old, new)
    return Edit(f"{_short(old)} → {_short(new)}", lambda text: text.replace(old, new))


def rename(old: str, new: str, *, comments: bool = True) -> Edit:
    """Call something by another name: whole words only, wherever they stand.

    Parameters
    ----------
    old, new : str
    comments : bool
        Whether words in comments and strings (docstrings are some) become the new name too: "the n-th number" is then
        "the count-th number". False leaves these as they are; what is no code changes either way.

    Notes
    -----
    Escapes (``\\n``) and the ends of words such as "don't" are no words. Words that are the same by chance, such as an
    attribute or the name of another function's parameter, are renamed with the others.
    """
    _require_texts(old, new)
    word = re.compile(rf"((?<!\w)(?<!\w['’]){re.escape(old)}(?!\w))|\\.", re.DOTALL)

    def change(text: str) -> str:
        kept = [] if comments else _said(text)

        def renamed(found: re.Match[str]) -> str:
            inside = any(start <= found.start() < end for start, end in kept)
            return new if found[1] is not None and not inside else found[0]

        return word.sub(renamed, text)

    return Edit(f"rename {old} to {new}" + ("" if comments else " in code"), change)


def drop_line(line: int) -> Edit:
    """Leave out a line, from 1, or from the end with −1."""
    _require_number("line", line)

    def drop(text: str) -> str:
        lines = _LINE.findall(text)
        index = line - 1 if line > 0 else len(lines) + line
        if line == 0 or not 0 <= index < len(lines):
            raise bad_value("line", line, f"is none of {len(lines)} lines", f"Use 1 … {len(lines)}, or −1 for the last")
        return "".join(lines[:index] + lines[index + 1 :])

    return Edit(f"without line {line}", drop)


def drop_example(number: int = 1) -> Edit:
    """Leave out a ``>>>`` example with its result, from 1.

    The result reaches up to an empty line, the next example or the closing quotes, and never over a line of code, a
    sentence, or a line that is indented less than the example.
    """
    _require_number("number", number)

    def drop(text: str) -> str:
        found = _examples(text)
        if not 1 <= number <= len(found):
            raise bad_value("number", number, f"the prompt holds {len(found)} examples", "Use the number of one")
        start, end = found[number - 1]
        return text[:start] + text[end:]

    return Edit(f"without example {number}", drop)


def system(text: str) -> Edit:
    """Give a chat this system prompt."""
    _require_texts(text)
    return Edit(f"system: {_short(text)}", lambda _old: text, "system")


def edit_of(edit: Edit | str | Callable[[str], str], number: int) -> Edit:
    """An edit as it is; a text as the whole new prompt; a function of the prompt's text.

    Raises
    ------
    InputError
        Something else.
    """
    if isinstance(edit, Edit):
        return edit
    if isinstance(edit, str):
        return Edit(f"prompt {number}", lambda _old: edit)
    if callable(edit):
        return Edit(getattr(edit, "__name__", f"edit {number}"), edit)
    raise bad_value("edits", edit, "is no edit", "Use edits.rename(…), a new prompt, or a function of the prompt")


def _examples(text: str) -> list[tuple[int, int]]:
    """Where each example begins, and where its result ends."""
    out: list[tuple[int, int]] = []
    at, within = 0, ""  # within: the indent of the example whose result may go on
    in_traceback = opened = False
    for line in _LINE.findall(text):
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        told = line.rstrip()
        if _EXAMPLE.match(line):
            out.append((at, at + len(line)))
            opened, within, in_traceback = True, indent, False
        elif opened:
            in_traceback = in_traceback or told.lstrip().startswith("Traceback (")
            is_result = told.lstrip().startswith("...") or in_traceback or not _NO_RESULT.match(told)
            opened = bool(told) and len(indent) >= len(within) and is_result
            if opened:
                out[-1] = (out[-1][0], at + len(line))
        at += len(line)
    return out


def _said(text: str) -> list[tuple[int, int]]:
    """Characters ``start … end − 1`` of comments and of what strings say; nothing in a text without code."""
    from tokenscope_widgets.code.parsing import parse_tokens
    from tokenscope_widgets.code.roles import ROLES

    source = text.encode()
    segments = parse_tokens([source], complete=False).segments
    said = [ROLES[role] in ("comment", "docstring", "literal.string") for role in segments.role.tolist()]

    def characters(byte: int) -> int:
        return len(source[:byte].decode("utf-8", "replace"))

    return [
        (characters(start), characters(end))
        for start, end, inside in zip(segments.start.tolist(), segments.end.tolist(), said, strict=True)
        if inside
    ]


def _require_texts(*texts: str) -> None:
    for text in texts:
        if not isinstance(text, str):
            raise bad_value("edits", text, "is no text", "Give a str")
    if not texts[0]:
        raise bad_value("edits", texts[0], "is empty", "Give the text to look for, or to put there")


def _require_number(argument: str, number: int) -> None:
    if isinstance(number, bool) or not isinstance(number, int):
        raise bad_value(argument, number, "is no whole number", "Use 1 for the first")


def _short(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= 24 else shown[:23] + "…"
