"""The runs of a branch tree: which are shown, which were pruned, what each is called."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import bad_value


class KnownRuns:
    """Runs by their ``run_id``, in the order they came; safe to use from several threads.

    Parameters
    ----------
    runs : iterable of Generation
        The first of them.
    """

    def __init__(self, runs: Iterable[Generation] = ()) -> None:
        self._runs: dict[str, Generation] = {}
        self._pruned: set[str] = set()
        self._lock = threading.RLock()
        self.extend(runs)

    def extend(self, runs: Iterable[Generation]) -> None:
        """Add several."""
        for run in runs:
            self.add(run)

    def add(self, run: Generation, bring_back: bool = True) -> None:
        """Add one, or put a finished record in the place of a growing one."""
        with self._lock:
            self._runs[run.run_id] = run
            if bring_back:
                self._pruned.discard(run.run_id)

    def listed(self) -> list[Generation]:
        """Those that are shown."""
        with self._lock:
            return [run for key, run in self._runs.items() if key not in self._pruned]

    def hidden(self) -> list[Generation]:
        """Those that were pruned."""
        with self._lock:
            return [run for key, run in self._runs.items() if key in self._pruned]

    def by_id(self) -> dict[str, Generation]:
        """All of them."""
        with self._lock:
            return dict(self._runs)

    def numbers(self) -> dict[str, int]:
        """From 1 in the order they came: a number stays with its run whatever is pruned."""
        with self._lock:
            return {key: i for i, key in enumerate(self._runs, 1)}

    def shown(self, run: Generation | str, argument: str = "run") -> Generation:
        """A run that is shown, from the run or its id.

        Raises
        ------
        InputError
            It is unknown, or was pruned.
        """
        run_id = run.run_id if isinstance(run, Generation) else run
        with self._lock:
            if not isinstance(run_id, str) or run_id not in self._runs:
                raise bad_value(argument, run_id, "is no run of this tree", "Add it first: tree.add(run)")
            if run_id in self._pruned:
                raise bad_value(argument, run_id, "was pruned", "Bring it back first: tree.restore()")
            return self._runs[run_id]

    def prune(self, run_id: str, pinned: Iterable[str]) -> list[str]:
        """Hide a run and what was branched from it, down to the pinned ones; returns what went."""
        kept = set(pinned)
        with self._lock:
            below: dict[str, list[str]] = {}
            for run in self._runs.values():
                if run.lineage is not None:
                    below.setdefault(run.lineage.parent_id, []).append(run.run_id)
            gone, waiting = [], [run_id]
            while waiting:
                one = waiting.pop()
                if one in kept:
                    continue
                kept.add(one)
                if one not in self._pruned:
                    gone.append(one)
                waiting.extend(below.get(one, ()))
            self._pruned.update(gone)
            return gone

    def restore(self) -> list[str]:
        """Show all again; returns what came back."""
        with self._lock:
            back = [key for key in self._runs if key in self._pruned]
            self._pruned.clear()
            return back
