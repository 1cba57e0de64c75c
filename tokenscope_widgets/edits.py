"""Changes to a prompt, for ``session.prompt_edits(prompt, [edits.rename("n", "count")])``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tokenscope_widgets.errors import bad_value

Messages = Sequence[dict[str, Any]]
Prompt = str | Messages

_EXAMPLE = re.compile(r"^[ \t]*>>> .*\n(?:[ \t]*(?:\.\.\. .*|(?!>>>|\"\"\"|''')\S.*)\n)*", re.MULTILINE)


@dataclass(frozen=True)
class Edit:
    """A change to a text, or to one message of a chat.

    Attributes
    ----------
    name : str
        What it does, for a table.
    change : callable
        From the old text to the new one.
    message : int or str
        Which message of a chat: its index, or the last one of a role.
    """

    name: str
    change: Callable[[str], str]
    message: int | str = "user"

    def apply(self, prompt: Prompt) -> Prompt:
        """The changed prompt.

        Raises
        ------
        InputError
            Nothing changes, or the message is not there.
        """
        changed = self.change(prompt) if isinstance(prompt, str) else self._changed_messages(prompt)
        if changed == prompt:
            raise bad_value("edits", self.name, "changes nothing in this prompt", "Check what it looks for")
        return changed

    def on(self, message: int | str) -> Edit:
        """The same change to another message of a chat."""
        return replace(self, message=message, name=f"{self.name}, in {message}")

    def _changed_messages(self, messages: Messages) -> list[dict[str, Any]]:
        out = [dict(message) for message in messages]
        where = [i for i, message in enumerate(out) if self.message in (i, message.get("role"), i - len(out))]
        if not where and self.message == "system":
            return [{"role": "system", "content": self.change("")}, *out]
        if not where:
            raise bad_value("message", self.message, f"is none of {len(out)} messages", "Use an index, or a role")
        out[where[-1]]["content"] = self.change(str(out[where[-1]].get("content", "")))
        return out


def replace_text(old: str, new: str) -> Edit:
    """Put another text everywhere where one stands."""
    return Edit(f"{_short(old)} → {_short(new)}", lambda text: text.replace(old, new))


def rename(old: str, new: str) -> Edit:
    """Call something by another name: whole words only."""
    word = re.compile(rf"(?<!\w){re.escape(old)}(?!\w)")
    return Edit(f"rename {old} to {new}", lambda text: word.sub(lambda _match: new, text))


def drop_line(line: int) -> Edit:
    """Leave out a line, from 1, or from the end with −1."""

    def drop(text: str) -> str:
        lines = text.splitlines(keepends=True)
        index = line - 1 if line > 0 else len(lines) + line
        if line == 0 or not 0 <= index < len(lines):
            raise bad_value("line", line, f"is none of {len(lines)} lines", f"Use 1 … {len(lines)}, or −1 for the last")
        return "".join(lines[:index] + lines[index + 1 :])

    return Edit(f"without line {line}", drop)


def drop_example(number: int = 1) -> Edit:
    """Leave out a ``>>>`` example with its result, from 1."""

    def drop(text: str) -> str:
        found = list(_EXAMPLE.finditer(text))
        if not 1 <= number <= len(found):
            raise bad_value("number", number, f"the prompt holds {len(found)} examples", "Use the number of one")
        start, end = found[number - 1].span()
        return text[:start] + text[end:]

    return Edit(f"without example {number}", drop)


def system(text: str) -> Edit:
    """Give a chat this system prompt."""
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


def _short(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= 24 else shown[:23] + "…"
