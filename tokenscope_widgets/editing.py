"""The part of a session that changes the prompt and looks what follows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.consequences import Checked, Consequence
from tokenscope_widgets.edits import Edit, Prompt, edit_of
from tokenscope_widgets.errors import bad_value
from tokenscope_widgets.forking import Forking

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.analysis.decoding import Row
    from tokenscope_widgets.analysis.settings import DecodingSettings
    from tokenscope_widgets.widgets.compare import Compare

_BASE = "as it was"
_CHAT_OPTIONS = ("system", "add_generation_prompt", "continue_final_message", "template_options")


@dataclass(frozen=True, eq=False)
class EditedRun:
    """What one edit of the prompt led to.

    Attributes
    ----------
    edit : Edit
    run : Generation
        Written after the edited prompt.
    consequence : Consequence
    same : str
        How the answer is like the one to the prompt as it was: ``"text"``, ``"tree"``, ``"renaming"``, or ``""``;
        ``"unknown"`` where one of both was interrupted.
    answer_nats : float
        How much less likely the edit makes the first answer, in nats over all its tokens: its log-probability after
        the prompt as it was minus that after the edited one. Below 0: the edit makes it more likely. NaN where both
        do not fit the context together, or the work was interrupted.
    """

    edit: Edit
    run: Generation
    consequence: Consequence
    same: str
    answer_nats: float

    def __repr__(self) -> str:
        return f"<EditedRun {self.edit.name}: {self.consequence.message}>"


@dataclass(frozen=True, eq=False)
class PromptEdits:
    """A run, and what became of it with other prompts. From `Session.prompt_edits`.

    Attributes
    ----------
    base : Generation
        After the prompt as it was.
    consequence : Consequence
        Of the base.
    edits : tuple of EditedRun
    """

    base: Generation
    consequence: Consequence
    edits: tuple[EditedRun, ...]

    def __len__(self) -> int:
        return len(self.edits)

    def __repr__(self) -> str:
        return f"<PromptEdits: {', '.join(self.names)}>"

    @property
    def runs(self) -> list[Generation]:
        """The base, and the runs after each edited prompt: one per row of `to_frame`."""
        return [self.base, *(one.run for one in self.edits)]

    @property
    def names(self) -> list[str]:
        """What each run is called: "as it was", and the names of the edits."""
        return [_BASE, *(one.edit.name for one in self.edits)]

    def to_frame(self) -> pd.DataFrame:
        """What changed: one row per prompt, row 0 for the prompt as it was, row *i* for the *i*-th edit."""
        import pandas as pd

        rows = [_row(_BASE, self.base, self.consequence, "", 0.0)]
        rows += [_row(one.edit.name, one.run, one.consequence, one.same or "no", one.answer_nats) for one in self.edits]
        return pd.DataFrame(rows)

    def compare(self, *rows: int) -> Compare:
        """The run after the prompt as it was, beside others, aligned; each column is headed by its edit and its tests.

        Parameters
        ----------
        *rows : int
            Rows of `to_frame`: 1 is the first edit. Row 0 is always there. By default the first three edits.

        Raises
        ------
        InputError
            A row that is not there, or none but row 0.
        """
        from tokenscope_widgets.widgets.compare import Compare

        runs, found = self.runs, [self.consequence, *(one.consequence for one in self.edits)]
        wanted = list(dict.fromkeys([0, *(rows or range(1, min(3, len(self)) + 1))]))
        for row in wanted:
            if isinstance(row, bool) or not isinstance(row, int) or not 0 <= row < len(runs):
                raise bad_value("rows", row, f"is none of {len(runs)} rows", f"Use 1 … {len(self)}, as in to_frame()")
        if wanted == [0]:
            raise bad_value("rows", 0, "is the prompt as it was, which is always shown", f"Use 1 … {len(self)}")
        return Compare([runs[i] for i in wanted], titles=[_title(self.names[i], found[i]) for i in wanted])


class Editing(Forking):
    """Methods of `Session` that change the prompt."""

    score: Callable[..., Generation]
    _prompt_ids: Callable[..., list[int]]

    def prompt_edits(
        self,
        prompt: Prompt,
        edits: Sequence[Edit | str | Callable[[str], str]],
        *,
        tests: Checked = None,
        **settings: Any,
    ) -> PromptEdits:
        """Generate after a prompt and after each edit of it, as one batch, and say what changed.

        Ctrl-C ends all of it and keeps what there is: what could not be compared is NaN or "unknown".

        Parameters
        ----------
        prompt : str or list of dict
            Text, or the messages of a chat.
        edits : sequence
            Of `tokenscope_widgets.edits`: ``rename``, ``drop_line``, ``drop_example``, ``replace_text``, ``system``; a
            text is the whole new prompt, a function is given the old one.
        tests : str or callable, optional
            As for `consequences`.
        **settings
            As for `generate`, without ``attention``; for messages also the options of `chat`.

        Raises
        ------
        InputError
            A prompt that is neither text nor messages; no edit, one that changes nothing, or one that is meant for a
            chat; a prompt that is too long.
        """
        if not isinstance(prompt, str) and not _is_chat(prompt):
            raise bad_value("prompt", prompt, "is neither text nor messages", 'Pass "def f(n):", or [{"role": …}]')
        if not isinstance(edits, Sequence) or isinstance(edits, str) or not edits:
            raise bad_value("edits", edits, "is no list of edits", "Give edits.drop_line(2), a new prompt …")
        named = [edit_of(edit, i + 1) for i, edit in enumerate(edits)]
        prompts = [prompt, *(edit.apply(prompt) for edit in named)]
        self._judge(tests)
        rows, checked = self._rows_after(prompts, settings)
        runs = self._wait(self._start(rows, checked, None))
        interrupted = any(run.finish == "cancelled" for run in runs)
        judged = self.consequences(runs, None if interrupted else tests)
        nats = [math.nan] * len(named) if interrupted else self._answer_nats(runs[0], runs[1:])
        return PromptEdits(
            runs[0],
            judged[0],
            tuple(
                EditedRun(edit, run, found, _same_answer(runs[0], run), cost)
                for edit, run, found, cost in zip(named, runs[1:], judged[1:], nats, strict=True)
            ),
        )

    def _rows_after(self, prompts: Sequence[Prompt], options: dict[str, Any]) -> tuple[list[Row], DecodingSettings]:
        """What to write after each prompt; where something is drawn, all have the same seed."""
        from tokenscope_widgets.models.prompts import chat_prompt

        chat = {
            name: options.pop(name) for name in _CHAT_OPTIONS if name in options and not isinstance(prompts[0], str)
        }
        checked = self._settings(options)
        rows: list[Row] = []
        for prompt in prompts:
            if isinstance(prompt, str):
                rows.append(self._row(self._prompt_ids(prompt), checked))
            else:
                tokens = chat_prompt(self.model.tokenizer, prompt, **chat)
                self._require_room(len(tokens.ids), "messages")
                rows.append(self._row(list(tokens.ids), checked, roles=tokens.roles))
        return rows, checked

    def _answer_nats(self, base: Generation, edited: Sequence[Generation]) -> list[float]:
        """What the base's answer costs more after each edited prompt."""
        answer = base.token_ids[base.prompt_length :].tolist()
        before = base.surprisal_nats[base.prompt_length :].sum(dtype=np.float64)
        most = self.model.context_length
        costs = [math.nan] * len(edited)
        for i, run in enumerate(edited):
            prompt = run.token_ids[: run.prompt_length].tolist()
            if most is not None and len(prompt) + len(answer) > most:
                continue
            scored = self.score([*prompt, *answer])
            if scored.finish != "scored":
                break
            costs[i] = float(scored.surprisal_nats[len(prompt) :].sum(dtype=np.float64) - before)
        return costs


def _is_chat(prompt: object) -> bool:
    return isinstance(prompt, Sequence) and len(prompt) > 0 and all(isinstance(one, Mapping) for one in prompt)


def _title(name: str, found: Consequence) -> str:
    """An edit and what its tests say."""
    if found.outcome is None:
        return name
    status = found.outcome.status
    sign = "✓" if status == "passed" else "–" if status == "not_runnable" else "✗"
    return f"{name} · {sign} {status.replace('_', ' ')}"


def _same_answer(base: Generation, run: Generation) -> str:
    """How two answers are alike, whatever stands before them."""
    if "cancelled" in (base.finish, run.finish):
        return "unknown"
    from tokenscope_widgets.code.equivalence import equivalents
    from tokenscope_widgets.code.parsing import parse_tokens

    maps = [parse_tokens(one.tokens.token_bytes[one.prompt_length :], complete=False) for one in (base, run)]
    groups = equivalents(maps)
    return groups[0].same if len(groups) == 1 else ""


def _row(name: str, run: Generation, found: Consequence, same: str, answer_nats: float) -> dict[str, Any]:
    outcome = found.outcome
    row = {"edit": name, "same_answer": same, "first_answer_less_likely_nats": answer_nats}
    row |= {"new_tokens": len(run) - run.prompt_length, "finish": run.finish}
    row |= {"perplexity": run.perplexity, "syntax": found.program.syntax}
    if outcome is not None:
        row |= {"tests": outcome.status, "passed": outcome.passed, "total": outcome.total}
    return {**row, "message": found.message}
