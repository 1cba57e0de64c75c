"""What the view of the lab can ask for, beside what a token stream's can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tokenscope_widgets.errors import bad_value
from tokenscope_widgets.widgets._stream_requests import StreamRequests

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.forks import ForkAnalysis


class WhatIfRequests(StreamRequests):
    """One handler an action."""

    actions: ClassVar[tuple[str, ...]] = (*StreamRequests.actions, "check", "allow", "forks", "show_arm", "rewrite")

    if TYPE_CHECKING:

        @property
        def analysis(self) -> ForkAnalysis | None:
            """Of the run on display."""

        check: Any
        forks: Any
        rewrite: Any
        _ready_session: Any
        _show_beside: Any

    def _on_check(self, tests: str) -> None:
        if not isinstance(tests, str):
            raise bad_value("tests", tests, "is no text", "Reload the page")
        if tests.strip():
            from tokenscope_widgets.sandbox import tests_from

            tests_from(tests)
        self.check(tests)

    def _on_allow(self) -> None:
        """The reader allows generated code to be run: for the whole session."""
        self._ready_session().allow_running()

    def _on_forks(self) -> None:
        self.forks()

    def _on_rewrite(self, start: int, stop: int) -> None:
        self.rewrite(start, stop)

    def _on_show_arm(self, at: int, token: int) -> None:
        """Put a continuation that the fork analysis made beside the run."""
        if self.analysis is None:
            raise bad_value("at", at, "was not analysed", "Ask where the run was decided first")
        arm = next((arm for arm in self.analysis.point(at).arms if arm.token_id == token and arm.runs), None)
        if arm is None or arm.written:
            raise bad_value("token", token, "has no continuation of its own here", "Choose another token")
        self._show_beside(arm.runs[0], at, self.analysis.until)
