"""What a user may give to a flow diagram, and what it starts with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tokenscope_widgets.analysis.attention import Attention
from tokenscope_widgets.analysis.attribution import METHODS, Attribution
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import InputError, bad_value
from tokenscope_widgets.session import Session, session_of
from tokenscope_widgets.widgets._attention_store import AttentionStore
from tokenscope_widgets.widgets._flow_question import ATTENTION_SOURCES, RUNNER_UP, UNITS
from tokenscope_widgets.widgets.token_stream import TokenStream


@dataclass(frozen=True, eq=False)
class Started:
    """What a widget starts with."""

    run: Generation | None
    session: Session | None
    traits: dict[str, Any]
    attention: Attention | None = None
    attribution: Attribution | None = None


def started_from(shown: object, session: Session | None) -> Started:
    """Read what a user gave to `Flow`.

    Raises
    ------
    InputError
        It is nothing that has arcs, or is not complete.
    """
    if isinstance(shown, TokenStream):
        written = shown.run if shown.status in ("done", "stopped", "error") else None
        return Started(written, session or shown.session, {"selected": shown.selected if written is not None else None})
    if isinstance(shown, Generation):
        return Started(shown, session or session_of(shown), {})
    if isinstance(shown, Attribution):
        contrast = shown.options.get("contrast_text")
        if contrast is not None:
            contrast = RUNNER_UP if "against the runner-up" in shown.notes else {"text": contrast}
        traits = {
            "selected": int(shown.explained.positions[0]),
            "source": shown.method,
            "unit": shown.sources.unit if shown.sources.unit in UNITS else "line",
            "contrast": None if shown.method in ATTENTION_SOURCES else contrast,
        }
        attribution = shown if shown.method not in ATTENTION_SOURCES else None
        return Started(shown.run, session or session_of(shown.run), traits, attribution=attribution)
    if isinstance(shown, Attention):
        if shown.run is None or len(shown.queries) < len(shown.run):
            raise InputError(
                "shown=Attention: has not all queries of a run. Pass what session.attention(run) returned."
            )
        traits = {"source": "attention", "unit": "token"}
        return Started(shown.run, session or session_of(shown.run), traits, attention=shown)
    raise bad_value("shown", shown, "has no arcs", "Pass a Generation, TokenStream, Attention or Attribution")


def capabilities(
    run: Generation, session: Session | None, store: AttentionStore, attribution: Attribution | None, reason: str
) -> dict[str, Any]:
    """What a view can offer: which sources of arcs, of which layers and heads, and why not the others."""
    live = session is not None
    sources = []
    for name, method in METHODS.items():
        is_attention = name in ATTENTION_SOURCES
        there = bool(store.layers) if is_attention else live or (attribution and attribution.method == name)
        why = reason if is_attention and live else "No model is behind this flow: pass session=… to Flow."
        sources.append(
            {
                "name": name,
                "label": method.label,
                "help": method.help,
                "available": bool(there),
                "reason": "" if there else why,
            }
        )
    model = session.model.name if session is not None else run.provenance.model
    return {"sources": sources, "layers": store.layers, "heads": store.heads, "model": model, "live": live}
