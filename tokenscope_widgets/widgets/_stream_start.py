"""What a token stream begins with."""

from __future__ import annotations

from typing import Any

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.analysis.settings import DecodingSettings
from tokenscope_widgets.models.fill import has_fill_tokens
from tokenscope_widgets.session import Session


def defaults_of(session: Session | None) -> DecodingSettings:
    """Generation settings where nothing is said: those of the session's model."""
    return DecodingSettings(eos_token_ids=session.model.eos_token_ids if session is not None else ())


def prompt_text(run: Generation) -> str:
    """The prompt of a run as text."""
    return b"".join(run.tokens.token_bytes[: run.prompt_length]).decode("utf-8", "replace")


def describe_model(session: Session | None, run: Generation | None) -> dict[str, Any]:
    """What the view says of the model."""
    if session is not None:
        model = session.model
        known = {"name": model.name, "available": True, "context_length": model.context_length}
        return {**known, "fills": has_fill_tokens(model.tokenizer)}
    return {"name": run.provenance.model if run is not None else "", "available": False, "context_length": None}
