"""The message that brings syntax to a view: roles of tokens, nodes, what linters found, where the model hesitated."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.code_map import CodeMap
from tokenscope_widgets.code.evidence import Evidence
from tokenscope_widgets.code.hesitation import Hesitation
from tokenscope_widgets.code.metrics import METRICS
from tokenscope_widgets.code.node_metrics import node_metrics
from tokenscope_widgets.code.parsing import is_cut
from tokenscope_widgets.code.roles import ROLES
from tokenscope_widgets.code.states import STATES
from tokenscope_widgets.code.structure import STRUCTURES
from tokenscope_widgets.widgets._columns import ColumnWriter

NONE = 2**32 - 1
"""Stands for "no node" in columns of node numbers."""


def syntax_message(code: CodeMap, run_id: str) -> dict[str, Any]:
    """Roles and named nodes; for a text that is still being written, this is all."""
    writer = ColumnWriter()
    tree = code.tree
    kept = np.flatnonzero(tree.named | tree.missing)
    number = _numbers(tree.named | tree.missing, tree.parent)
    writer.numbers("token_role", "u8", code.role_codes)
    nodes = code.node_of
    writer.numbers("token_node", "u32", np.where(nodes >= 0, number[nodes] if len(number) else NONE, NONE))
    parent = tree.parent[kept]
    first, last = code.token_ends(tree.start[kept], tree.end[kept])
    writer.numbers("node_parent", "u32", np.where(parent >= 0, number[parent] if len(number) else NONE, NONE))
    writer.numbers("node_kind", "u16", tree.kind[kept])
    writer.numbers("node_structure", "u8", code.structure[kept])
    writer.numbers("node_state", "u8", code.state[kept])
    # an empty node (a missing bracket) has no token
    writer.numbers("node_first", "u32", np.where(first >= 0, first, NONE))
    writer.numbers("node_last", "u32", np.where(last >= 0, last, NONE))
    writer.numbers("node_line", "u32", code.line_of(tree.start[kept]) + 1)
    row_of = {node: row for row, node in enumerate(kept.tolist())}
    return {
        "run": run_id,
        "length": len(code),
        "language": code.language,
        "complete": code.complete
        or not any(is_cut(region, code.text.cut) for region in code.regions if region.language),
        "notes": list(code.notes),
        "roles": list(ROLES),
        "structures": list(STRUCTURES),
        "states": list(STATES),
        "kinds": list(tree.kinds),
        "names": {str(row_of[node]): name for node, name in code.names.items() if node in row_of},
        "columns": writer.columns,
        "buffers": writer.buffers,
        "findings": [],
        "hesitations": [],
    }


def full_syntax_message(
    code: CodeMap, run_id: str, evidence: Evidence, hesitations: tuple[Hesitation, ...]
) -> dict[str, Any]:
    """All of it, with the metrics of every node: ``node_mean``, ``node_min``, ``node_max`` [node, metric]."""
    message = syntax_message(code, run_id)
    kept = np.flatnonzero(code.tree.named | code.tree.missing)
    writer = ColumnWriter()
    found = [node_metrics(code, metric) for metric in METRICS]
    writer.numbers("node_tokens", "u32", found[0].tokens[kept])
    writer.numbers("node_sum", "f32", found[0].sum[kept])
    for name in ("mean", "min", "max"):
        writer.numbers(f"node_{name}", "f32", np.stack([getattr(one, name)[kept] for one in found], axis=1))
    return {
        **message,
        "notes": list(evidence.notes),
        "metrics": list(METRICS),
        "columns": [*message["columns"], *writer.columns],
        "buffers": [*message["buffers"], *writer.buffers],
        "findings": [_finding(row) for row in evidence.rows],
        "hesitations": [_hesitation(one) for one in hesitations],
    }


def _finding(row: Any) -> dict[str, Any]:
    return {
        "kind": row.finding.kind,
        "severity": row.finding.severity,
        "message": row.finding.message,
        "tool": row.finding.tool,
        # a range, from the lower position: where a middle was filled in, reading order is another
        "first": min(row.tokens, default=-1),
        "last": max(row.tokens, default=-1),
        "related": None if row.related is None else sorted(row.related),
        "line": row.line,
        "written": row.written,
        "confident": row.confidently_wrong,
        "surprisal": _number(row.max_surprisal_nats),
        "probability": _number(row.lowest_probability),
        "percentile": _number(row.percentile),
        "compared_with": row.compared_with,
        "at": row.at,
        "alternatives": [[text, round(p, 5)] for _, text, p in row.alternatives],
    }


def _hesitation(one: Hesitation) -> dict[str, Any]:
    return {
        "token": one.token,
        "role": one.role,
        "entropy": round(one.entropy_nats, 4),
        "percentile": round(one.percentile, 1),
        "compared_with": one.compared_with,
        "fork": one.fork,
        "alternatives": [[a.text, round(a.probability, 5), a.fork] for a in one.alternatives],
    }


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return round(value, 4) if np.isfinite(value) else None


def _numbers(kept: NDArray[np.bool_], parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row of the innermost kept node around each node, itself included; `NONE` where there is none."""
    rows = (np.cumsum(kept) - 1).tolist()
    out: list[int] = []
    for node, (keep, up) in enumerate(zip(kept.tolist(), parent.tolist(), strict=True)):
        out.append(rows[node] if keep else out[up] if up >= 0 else NONE)
    return np.array(out, np.int64)
