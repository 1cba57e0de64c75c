"""The runs a widget shows: a snapshot of all for whoever comes late, and deltas for whoever is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from tokenscope_widgets.analysis.builder import GenerationBuilder
from tokenscope_widgets.analysis.records import Generation, label
from tokenscope_widgets.analysis.token_table import TokenTable
from tokenscope_widgets.widgets._columns import encode_rows, slices
from tokenscope_widgets.widgets._protocol import VERSION, rows_message

Send = Callable[[dict[str, Any], list[bytes]], None]

_ROWS_PER_MESSAGE = 4000
_SECONDS_BETWEEN_DELTAS = 0.045


class RunFeed:
    """Keeps runs, growing or finished, and sends what is new.

    Parameters
    ----------
    send : callable
        Takes a message and its buffers.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._runs: dict[str, Generation | GenerationBuilder] = {}
        self._sent: dict[str, int] = {}
        self._last_delta = 0.0

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._runs

    def get(self, run_id: str) -> Generation:
        """The run, as far as it is written."""
        run = self._runs[run_id]
        return run if isinstance(run, Generation) else run.build()

    def put(self, run: Generation | GenerationBuilder) -> None:
        """Add a run, or replace a growing one by its finished record, and send what views lack."""
        self._runs[run.run_id] = run
        self._sent.setdefault(run.run_id, 0)
        self.flush(run.run_id)

    def grow(self, builder: GenerationBuilder) -> None:
        """Send new rows, at most some twenty times a second."""
        if builder.run_id not in self._runs:
            self.put(builder)
        elif time.monotonic() - self._last_delta > _SECONDS_BETWEEN_DELTAS:
            self.flush(builder.run_id)

    def flush(self, run_id: str) -> None:
        """Send the rows that were not sent yet, and the run's description."""
        self._sent[run_id] = self.send_from(run_id, self._sent[run_id])
        self._last_delta = time.monotonic()

    def send_from(self, run_id: str, start: int) -> int:
        """Send the rows from ``start`` on; returns where they end."""
        run = self._runs[run_id]
        stop = len(run)
        for first, last in slices(start, stop, _ROWS_PER_MESSAGE) or [(stop, stop)]:
            columns, buffers = encode_rows(_rows(run, first, last), run.vocabulary) if last > first else ([], [])
            self._send(rows_message(run_id, first, last - first, columns, describe(run)), buffers)
        return stop

    def catch_up(self, have: dict[str, int]) -> None:
        """Send a view what it lacks; ``have`` says how many rows of each run it holds."""
        for run_id, run in list(self._runs.items()):
            known = have.get(run_id, 0)
            if known < len(run) or run_id not in have:
                self.send_from(run_id, known if known <= len(run) else 0)

    def keep_only(self, run_ids: Iterable[str]) -> None:
        """Forget the other runs."""
        wanted = set(run_ids)
        for run_id in [i for i in self._runs if i not in wanted]:
            del self._runs[run_id], self._sent[run_id]

    def snapshot(self) -> dict[str, Any]:
        """Every run with all its rows, as the trait that late views, reloads and exports read."""
        runs = []
        for run_id, run in list(self._runs.items()):
            count = len(run)
            columns, buffers = encode_rows(_rows(run, 0, count), run.vocabulary) if count else ([], [])
            message = rows_message(run_id, 0, count, columns, describe(run))
            runs.append({**message, "buffers": buffers})
        return {"version": VERSION, "runs": runs}


def describe(run: Generation | GenerationBuilder) -> dict[str, Any]:
    """What a view shows of a run beside its rows."""
    lineage = run.lineage
    origin = None
    if lineage is not None:
        text = "".join(label(run.vocabulary.get(i, b"")) for i in lineage.replacement)
        origin = {
            "parent": lineage.parent_id,
            "at": lineage.at,
            "replacement": list(lineage.replacement),
            "text": text,
            "stop": lineage.stop,
        }
    return {
        "model": run.provenance.model,
        "dtype": run.provenance.dtype,
        "finish": run.finish if isinstance(run, Generation) else "running",
        "prompt_length": run.prompt_length,
        "settings": run.settings.to_dict(),
        "lineage": origin,
    }


def _rows(run: Generation | GenerationBuilder, start: int, stop: int) -> TokenTable:
    return run.tokens[start:stop] if isinstance(run, Generation) else run.rows(start, stop)
