"""What the view of a token stream can ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    from tokenscope_widgets.session import Session


class StreamRequests:
    """One handler an action."""

    actions: ClassVar[tuple[str, ...]] = (
        "generate",
        "stop",
        "branch",
        "alternatives",
        "keep",
        "clear_branches",
        "tokenize",
    )

    if TYPE_CHECKING:

        @property
        def session(self) -> Session | None:
            """The model behind the widget."""

        generate: Any
        stop: Any
        branch: Any
        alternatives: Any
        keep: Any
        clear_branches: Any

    def _on_generate(self, prompt: str, settings: dict[str, Any]) -> None:
        if not isinstance(prompt, str) or not isinstance(settings, dict):
            raise bad_value("prompt", prompt, "must be a text, with settings by name", "Reload the page")
        self.generate(prompt, **settings)

    def _on_stop(self) -> None:
        self.stop()

    def _on_branch(self, at: int, token: str | int) -> None:
        self.branch(at, token)

    def _on_alternatives(self, at: int, k: int) -> None:
        self.alternatives(at, k)

    def _on_keep(self, run: str) -> None:
        self.keep(run)

    def _on_clear_branches(self) -> None:
        self.clear_branches()

    def _on_tokenize(self, text: str) -> list[dict[str, Any]]:
        """How a typed continuation falls into tokens, before anything is generated."""
        if self.session is None or not isinstance(text, str) or not text:
            return []
        return [{"id": i, "text": self.session.model.label(i)} for i in self.session.model.encode_continuation(text)]
