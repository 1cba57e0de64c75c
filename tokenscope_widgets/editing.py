"""The part of a session that changes the prompt and looks what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    from tokenscope_widgets.widgets.compare import Compare


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
        How the answer is like the one to the prompt as it was: ``"text"``, ``"tree"``, ``"renaming"``, or ``""``.
    answer_nats : float
        How much less likely the edit makes the first answer, in nats over all its tokens: its log-probability after
        the prompt as it was minus that after the edited one. Below 0: the edit makes it more likely.
    """

    edit: Edit
    run: Generation
    consequence: Consequence
    same: str
    answer_nats: float


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

    @property
    def runs(self) -> list[Generation]:
        """The base, and the runs after each edited prompt."""
        return [self.base, *(one.run for one in self.edits)]

    def to_frame(self) -> pd.DataFrame:
        """What changed: one row per prompt, the first for the prompt as it was."""
        import pandas as pd

        rows = [_row("as it was", self.base, self.consequence, "", 0.0)]
        rows += [_row(one.edit.name, one.run, one.consequence, one.same or "no", one.answer_nats) for one in self.edits]
        return pd.DataFrame(rows)

    def compare(self, *edits: int) -> Compare:
        """The base beside the runs of these edits (by default the first three), aligned."""
        from tokenscope_widgets.widgets.compare import Compare

        wanted = edits or range(min(3, len(self.edits)))
        return Compare([self.base, *(self.edits[i].run for i in wanted)])


class Editing(Forking):
    """Methods of `Session` that change the prompt."""

    chat: Callable[..., Generation]
    score: Callable[..., Generation]

    def prompt_edits(
        self,
        prompt: Prompt,
        edits: Sequence[Edit | str | Callable[[str], str]],
        *,
        tests: Checked = None,
        **settings: Any,
    ) -> PromptEdits:
        """Generate after a prompt and after each edit of it, and say what changed.

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
            As for `generate`.

        Raises
        ------
        InputError
            No edit, or one that changes nothing.
        """
        if not isinstance(edits, Sequence) or isinstance(edits, str) or not edits:
            raise bad_value("edits", edits, "is no list of edits", "Give edits.drop_line(2), a new prompt …")
        named = [edit_of(edit, i + 1) for i, edit in enumerate(edits)]
        prompts = [prompt, *(edit.apply(prompt) for edit in named)]
        self._judge(tests)
        if "seed" not in settings and settings.get("do_sample"):
            settings["seed"] = self._settings(settings).seed
        runs = [self._answer(one, settings) for one in prompts]
        judged = self.consequences(runs, tests)
        base = runs[0]
        return PromptEdits(
            base,
            judged[0],
            tuple(
                EditedRun(edit, run, found, _same_answer(base, run), self._answer_nats(base, run))
                for edit, run, found in zip(named, runs[1:], judged[1:], strict=True)
            ),
        )

    def _answer(self, prompt: Prompt, settings: dict[str, Any]) -> Generation:
        return self.generate(prompt, **settings) if isinstance(prompt, str) else self.chat(prompt, **settings)

    def _answer_nats(self, base: Generation, edited: Generation) -> float:
        """What the base's answer costs more after the edited prompt."""
        answer = base.token_ids[base.prompt_length :].tolist()
        prompt = edited.token_ids[: edited.prompt_length].tolist()
        scored = self.score([*prompt, *answer])
        after = scored.surprisal_nats[len(prompt) :].sum(dtype=np.float64)
        return float(after - base.surprisal_nats[base.prompt_length :].sum(dtype=np.float64))


def _same_answer(base: Generation, run: Generation) -> str:
    """How two answers are alike, whatever stands before them."""
    from tokenscope_widgets.code.equivalence import equivalents
    from tokenscope_widgets.code.parsing import parse_tokens

    maps = [parse_tokens(one.tokens.token_bytes[one.prompt_length :], complete=False) for one in (base, run)]
    groups = equivalents(maps)
    return groups[0].same if len(groups) == 1 else ""


def _row(name: str, run: Generation, found: Consequence, same: str, answer_nats: float) -> dict[str, Any]:
    outcome = found.outcome
    row = {"edit": name, "same_answer": same, "first_answer_less_likely_nats": answer_nats}
    row |= {"new_tokens": len(run) - run.prompt_length, "perplexity": run.perplexity, "syntax": found.program.syntax}
    if outcome is not None:
        row |= {"tests": outcome.status, "passed": outcome.passed, "total": outcome.total}
    return {**row, "message": found.message}
