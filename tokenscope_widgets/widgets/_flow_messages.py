"""The messages that bring arcs, small maps and the figure of trust to a flow view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.attribution import METHODS, Attribution
from tokenscope_widgets.analysis.faithfulness import Faithfulness
from tokenscope_widgets.analysis.flow import FlowMap
from tokenscope_widgets.analysis.partition import Partition
from tokenscope_widgets.widgets._columns import ColumnWriter
from tokenscope_widgets.widgets._flow_question import FlowQuestion

Message = tuple[dict[str, Any], list[bytes]]


def flow_message(
    run_id: str,
    question: FlowQuestion,
    flow: FlowMap,
    units: Partition | None,
    *,
    title: str,
    quantity: str = "share",
    signed: bool = False,
    notes: Sequence[str] = (),
    partial: bool = False,
    compact: bool = False,
) -> Message:
    """All edges of one map.

    Parameters
    ----------
    units : Partition or None
        What the far ends are, where they are not tokens.
    compact : bool
        Halve it: far ends in 16 bits where they fit, weights as float16 (three digits). For saved pages.
    """
    writer = ColumnWriter()
    small = compact and (not len(flow.far) or int(flow.far.max()) < 2**16)
    writer.numbers("near_start", "u32", flow.near_start)
    writer.numbers("far", "u16" if small else "u32", flow.far)
    writer.numbers("weight", "f16" if compact else "f32", flow.weight)
    writer.numbers("mass", "f32", flow.mass)
    writer.numbers("sources", "u32", flow.sources)
    if units is not None:
        writer.numbers("unit_start", "u32", np.append(units.starts, units.stops[-1:]))
    about = {
        "title": title,
        "quantity": quantity,
        "signed": signed,
        "direction": question.direction,
        "unit": question.unit,
        "at": None if question.of_attention else question.at,
        "edges_total": flow.edges_total,
        "edges_kept": len(flow.far),
        "mass_kept": flow.mass_kept,
        "scale": flow.scale,
        "notes": list(notes),
        "partial": partial,
    }
    content = {"kind": "flow", "run": run_id, "key": question.key, "map": about, "columns": writer.columns}
    return content, writer.buffers


def grid_message(run_id: str, layers: Sequence[int], heads: Sequence[int], maps: NDArray[np.uint8]) -> Message:
    """The small maps of all heads, uint8 [layer, head, size, size]."""
    writer = ColumnWriter()
    writer.numbers("maps", "u8", maps.ravel())
    content = {
        "kind": "grid",
        "run": run_id,
        "layers": [int(i) for i in layers],
        "heads": [int(i) for i in heads],
        "size": int(maps.shape[-1]),
        "columns": writer.columns,
    }
    return content, writer.buffers


def trust_message(
    run_id: str, key: str, at: int, top: int, found: Faithfulness | str, against: bool = False
) -> Message:
    """What deleting the sources shown costs, beside random ones; or why that is not known.

    With ``against``, what deleting them gains.
    """
    trust: dict[str, Any] = {"top": top, "text": found if isinstance(found, str) else None}
    if not isinstance(found, str):
        low, high = found.band()
        sign = -1 if against else 1
        band = sorted((sign * float(low[0]), sign * float(high[0])))
        trust |= {
            "against": against,
            "top": int(found.counts[0]),
            "unit": f"{found.unit}s",
            "drop": sign * float(found.deletion[0]),
            "random": sign * float(found.random_deletion[:, 0].mean()),
            "random_low": band[0],
            "random_high": band[1],
            "quantity": found.quantity,
        }
    return {"kind": "trust", "run": run_id, "key": key, "at": at, "top": top, "trust": trust}, []


def attention_title(question: FlowQuestion, layers: int, heads: int) -> str:
    """Which attention a map shows, in words."""
    if question.source == "attention_rollout":
        return "attention rollout"
    if question.layer is None and question.head is None:
        return f"attention, mean of {layers} layers × {heads} heads"
    layer = f"mean of {layers} layers" if question.layer is None else f"layer {question.layer}"
    head = f"mean of {heads} heads" if question.head is None else f"head {question.head}"
    return f"attention, {layer}, {head}"


def attribution_title(attribution: Attribution) -> str:
    """What a map of an attribution shows, in words."""
    contrast = attribution.options.get("contrast_text")
    against = f", against {in_one_line(contrast)}" if contrast is not None else ""
    unit = attribution.sources.unit
    many = len(attribution.sources)
    targets = attribution.explained.positions
    of = f" for tokens {targets[0]} – {targets[-1]} together" if len(targets) > 1 else ""
    return f"{METHODS[attribution.method].label} of {many} {unit}{'' if many == 1 else 's'}{against}{of}"


def in_one_line(text: str, longest: int = 40) -> str:
    """A text as a label: white space is visible, and it is cut."""
    cut = text if len(text) <= longest else text[:longest] + "…"
    return cut.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥")


def attribution_notes(attribution: Attribution) -> list[str]:
    """What a reader must know of how far it goes."""
    notes = list(attribution.notes)
    options = attribution.options
    if attribution.explained.output != "logprob":
        notes.append(f"explains the {attribution.explained.output}")
    if options.get("removal", "remove") != "remove":
        notes.append(f"sources are replaced ({options['removal']}), not removed")
    if attribution.fit_r2 is not None:
        notes.append(f"linear fit: R² {float(attribution.fit_r2[0]):.2f} on samples that were not fitted")
    if attribution.completeness_error is not None:
        error = float(attribution.completeness_error[0])
        notes.append(f"the scores miss the change they should add up to by {error:+.2f} {attribution.unit}")
    if not attribution.finished and attribution.fit_r2 is None:
        known = int(np.isfinite(attribution.scores[0]).sum())
        notes.append(f"cancelled: {known} of {len(attribution.sources)} were computed")
    return notes
