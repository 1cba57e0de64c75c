"""The part of a session that asks what else could have been written at a position."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import bad_value
from tokenscope_widgets.explaining import Explaining

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.decoding import Row
    from tokenscope_widgets.analysis.settings import DecodingSettings
    from tokenscope_widgets.worker import Job
    from tokenscope_widgets.writing import Observer


@dataclass(frozen=True)
class Site:
    """One continuation to write: the token to put at a position, and the seed to draw the rest with."""

    at: int
    token: str | int
    seed: int | None = None


class Branching(Explaining):
    """Methods of `Session` that regenerate from another token."""

    _settings: Callable[..., DecodingSettings]
    _row: Callable[..., Row]
    _start: Callable[..., Job[list[Generation]]]
    _require_room: Callable[..., None]

    def branch(
        self,
        run: Generation,
        at: int,
        token: str | int,
        *,
        until: str = "run",
        keep_prompt: bool = True,
        **settings: Any,
    ) -> Generation:
        """Put another token at a position and write on from there.

        Parameters
        ----------
        run : Generation
            The run to leave.
        at : int
            Position of the token to replace; negative ones count from the end. At a prompt position the rest of
            the prompt is kept after the replacement and the answer is written anew.
        token : str or int
            Text (it may become several tokens) or a token id.
        until : str
            ``"line"``, ``"statement"`` or ``"function"`` end the branch with the one that holds the token (its
            ``finish`` is then ``"boundary"``); ``"run"`` goes on as far as the settings let it. For a token of the
            prompt, whose rest is kept, it is the one that holds the first token of the answer.
        keep_prompt : bool
            False drops the rest of the prompt after a replacement inside it.
        **settings
            Changes to the run's settings. ``max_new_tokens`` counts from after the replacement.

        Raises
        ------
        InputError
            Position outside the run, empty replacement, id outside the vocabulary, unknown boundary.
        """
        return self._wait(self.start_branches(run, at, [token], until=until, keep_prompt=keep_prompt, **settings))[0]

    def alternatives(
        self, run: Generation, at: int, k: int = 4, *, until: str = "run", **settings: Any
    ) -> list[Generation]:
        """Regenerate from each of the ``k`` likeliest tokens other than the one that stands there, as one batch."""
        tokens = self.likeliest_others(run, at, k)
        return self._wait(self.start_branches(run, at, tokens, until=until, **settings))

    def likeliest_others(self, run: Generation, at: int, k: int, argument: str = "k") -> list[int]:
        """Ids of the ``k`` likeliest tokens at a position, without the one that stands there.

        Raises
        ------
        InputError
            The run does not hold that many; nothing is known of the first position.
        """
        row = run.position(at)
        stored = [i for i in run.tokens.model.top_ids[row].tolist() if i >= 0 and i != run.token_ids[row]]
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise bad_value(argument, k, "must be a whole number from 1", "Use 3")
        if k > len(stored):
            raise bad_value(
                argument,
                k,
                f"the run holds {len(stored)} other tokens at position {row}",
                "Choose fewer, or generate with a larger alternatives=…",
            )
        return stored[:k]

    def start_branches(
        self,
        run: Generation,
        at: int,
        tokens: Sequence[str | int],
        observer: Observer | None = None,
        *,
        until: str = "run",
        keep_prompt: bool = True,
        **settings: Any,
    ) -> Job[list[Generation]]:
        """Several branches at one position as one batch, at once. Arguments are checked here."""
        if not tokens:
            raise bad_value("tokens", tokens, "is empty", "Give at least one text or token id to put there")
        sites = [Site(at, token) for token in tokens]
        rows, checked = self._rows_of(run, sites, until, keep_prompt, **settings)
        return self._start(rows, checked, observer)

    def _rows_of(
        self, run: Generation, sites: Sequence[Site], until: str, keep_prompt: bool = True, **settings: Any
    ) -> tuple[list[Row], DecodingSettings]:
        """What to write, and how: arguments are checked here."""
        from tokenscope_widgets.analysis.branching import plan_branch

        self._require_run(run)
        checked = self._settings(settings, run.settings)
        plans = [plan_branch(run, site.at, self._replacement(site.token), keep_prompt) for site in sites]
        self._require_room(max(len(plan.token_ids) for plan in plans), "prompt and replacement")
        rows = [
            self._row(list(plan.token_ids), checked, plan, site.seed) for plan, site in zip(plans, sites, strict=True)
        ]
        self._end_at_boundary(run, rows, until)
        return rows, checked

    def _end_at_boundary(self, run: Generation, rows: list[Row], until: str) -> None:
        from tokenscope_widgets.code.boundary import boundary_of

        language = None
        for row in rows:
            lineage, given = row.builder.lineage, len(row.token_ids)
            at = lineage.at if lineage is not None else 0
            if lineage is not None and lineage.keep_prompt and at < run.prompt_length:
                at = given
            boundary = boundary_of(run, at, given, until, language)
            if boundary is not None:
                language = boundary.language
                row.ended, row.cut = boundary.ended, boundary.cut

    def _replacement(self, token: str | int) -> list[int]:
        if isinstance(token, str):
            if not token:
                raise bad_value("token", token, "is empty", "Give the text or token id to put there")
            return self.model.encode_continuation(token)
        return self.model.check_ids([token], "token")
