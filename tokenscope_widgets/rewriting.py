"""The part of a session that writes some tokens of a run anew, and keeps what stands around them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import TokenScopeError, bad_value
from tokenscope_widgets.prompting import Prompting
from tokenscope_widgets.worker import Job

if TYPE_CHECKING:
    from tokenscope_widgets.models.fill import FimFormat
    from tokenscope_widgets.writing import Observer


class Rewriting(Prompting):
    """Methods of `Session` that fill a hole made in a run."""

    def rewrite(
        self, run: Generation, start: int, stop: int, *, fim: str | FimFormat | None = None, **settings: Any
    ) -> Generation:
        """Write the tokens ``start … stop − 1`` of a run anew, between what stands before and after them.

        Parameters
        ----------
        run : Generation
            Of a chat, only the message that holds the tokens is read.
        start, stop : int
            Positions; negative ones count from the end.
        fim, **settings
            As for `infill`.

        Returns
        -------
        Generation
            The whole run with the new tokens in their place, to be compared with the old one. The middle was written
            by filling in; every figure is the model's that reads the new text from left to right.

        Raises
        ------
        InputError
            As for `infill`; no tokens, or half of a character among them.
        """
        return self._wait(self.start_rewrite(run, start, stop, fim=fim, **settings))[0]

    def start_rewrite(
        self,
        run: Generation,
        start: int,
        stop: int,
        observer: Observer | None = None,
        *,
        fim: str | FimFormat | None = None,
        **settings: Any,
    ) -> Job[list[Generation]]:
        """`rewrite`, at once: returns the job. Arguments are checked here."""
        self._require_run(run)
        first, last = _positions(run, start, stop)
        prefix, suffix = _around(run, first, last)
        rows, checked = self._fill_rows(prefix, suffix, fim, settings)
        if self.model.context_length is not None:
            room = self.model.context_length - len(run) + last + 1 - first
            checked = replace(checked, max_new_tokens=min(checked.max_new_tokens, room))

        def work(job: Job[list[Generation]]) -> list[Generation]:
            fill = self._writer.write(job, rows, checked, observer)[0]
            return self._made([self._put_in_place(run, first, last + 1, fill)])

        return self.worker.submit(work, total=checked.max_new_tokens)

    def _put_in_place(self, run: Generation, start: int, stop: int, fill: Generation) -> Generation:
        from tokenscope_widgets.analysis.branching import plan_rewrite

        middle = [int(i) for i in fill.token_ids[fill.prompt_length :]]
        while middle and middle[-1] in (*fill.settings.eos_token_ids, *fill.special_ids):
            middle.pop()
        plan = plan_rewrite(run, start, stop, middle)
        if not plan.token_ids:
            raise TokenScopeError(
                "The model wrote nothing there, and nothing else is left of the run. Take fewer tokens."
            )
        row = self._row(list(plan.token_ids), fill.settings, plan)
        # one forward pass, also after a cancelled fill: what was written of it is kept
        return replace(self._writer.score(Job(), row), finish=fill.finish)


def _positions(run: Generation, start: int, stop: int) -> tuple[int, int]:
    """The first and the last of the tokens."""
    if not isinstance(run, Generation):
        raise bad_value("run", run, "is no Generation", "Pass what session.generate or session.score returned")
    first = run.position(start, "start")
    last = run.position(stop - 1, "stop − 1") if stop else -1
    if last < first:
        raise bad_value("stop", stop, f"leaves no token from {first} on", "Use one past the last token to write anew")
    return first, last


def _around(run: Generation, first: int, last: int) -> tuple[str, str]:
    """The text before and after some tokens, of the message that holds them."""
    from tokenscope_widgets.code.source import token_source, whole_characters

    marks = {i: run.token_label(t) for i, t in enumerate(run.token_ids.tolist()) if t in run.special_ids}
    text = token_source(run.tokens.token_bytes, marks)
    begin, end = int(text.start[first : last + 1].min()), int(text.end[first : last + 1].max())
    if int((text.end - text.start)[first : last + 1].sum()) != end - begin:
        raise bad_value("start", first, "and stop enclose text of several parts", "Stay within one")
    inside = [(a, b) for a, b in text.messages if a <= begin and end <= b]
    if not inside:
        raise bad_value("start", first, "and stop enclose text of several messages", "Stay within one message")
    before, after = text.source[inside[0][0] : begin], text.source[end : inside[0][1]]
    if whole_characters(before) != len(before) or (after and 0x80 <= after[0] < 0xC0):
        raise bad_value("start", first, "and stop cut a character in two", "Take the tokens of whole characters")
    return before.decode("utf-8", "replace"), after.decode("utf-8", "replace")
