"""What linters find, beside what the model thought while it wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.diagnostics import Finding, diagnose, unavailable
from tokenscope_widgets.code.grammars import has_grammar, parser_of
from tokenscope_widgets.code.parsing import is_cut
from tokenscope_widgets.code.percentiles import fallback_percentiles, written
from tokenscope_widgets.code.source import with_line_feeds
from tokenscope_widgets.code.tree import parse_tree
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.code.code_map import CodeMap

CONFIDENT_NATS = 1.0
"""No token of a finding was more surprising than this: p ≥ 0.37. An invented ``np.softmax`` had 0.9."""
SEVERITIES = ("error", "warning", "note")
_CLOSERS = {b"(": ")", b"[": "]", b"{": "}"}


@dataclass(frozen=True)
class EvidenceRow:
    """One finding, its tokens, and what the model thought there.

    Attributes
    ----------
    finding : Finding
        Its bytes are those of the whole source.
    first, last : int
        The tokens that touch it; −1 where none does.
    related : tuple of (first, last) or None
        The tokens of what it refers to: an opener, an earlier definition.
    line : int
        From 1.
    written : bool
        Whether the model wrote any of its tokens; False for what stands in the prompt.
    sum_surprisal_nats, max_surprisal_nats, lowest_probability, entropy_nats, percentile : float
        Over its measured tokens and ``at``: where a bracket was left out, the opener alone would look sure. The entropy
        is the first token's, the percentile (of surprisal) the highest. NaN where none was measured.
    compared_with : str
        Among which written tokens that percentile is: of the role, its wider class, or ``"all"``, whichever are enough.
    at : int
        The token whose alternatives are listed: where another token would have avoided it. For an unclosed bracket
        that is where the closing one was expected.
    alternatives : tuple of (token id, text, probability)
        What else the model could have written there, likeliest first.
    confidently_wrong : bool
        The model wrote it, it is an error or a warning, and none of its tokens had more than `CONFIDENT_NATS`.
    tokens : tuple of int
        All that touch it, in reading order: from the first to the last but where a middle was filled in.
    """

    finding: Finding
    first: int
    last: int
    related: tuple[int, int] | None
    line: int
    written: bool
    sum_surprisal_nats: float
    max_surprisal_nats: float
    lowest_probability: float
    entropy_nats: float
    percentile: float
    compared_with: str
    at: int
    alternatives: tuple[tuple[int, str, float], ...]
    confidently_wrong: bool
    tokens: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Evidence:
    """All findings of a map.

    Attributes
    ----------
    rows : tuple of EvidenceRow
        In order of position.
    length : int
        How many tokens the run has.
    notes : tuple of str
        What could not be parsed, which linters are not there, and how to change that.
    """

    rows: tuple[EvidenceRow, ...]
    length: int
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[EvidenceRow]:
        return iter(self.rows)

    @property
    def confidently_wrong(self) -> tuple[EvidenceRow, ...]:
        """Mistakes that the model was sure of: no uncertainty would have found them."""
        return tuple(row for row in self.rows if row.confidently_wrong)

    def flagged(self, *severities: str) -> NDArray[np.bool_]:
        """Which tokens lie in a finding of these severities (errors and warnings by default), or where it went wrong.

        bool [token]. A bracket that was dropped is flagged where it was opened and where it was expected.
        """
        unknown = [severity for severity in severities if severity not in SEVERITIES]
        if unknown:
            raise bad_value("severity", unknown[0], "is none", f"Use some of {', '.join(SEVERITIES)}")
        out = np.zeros(self.length, bool)
        for row in self.rows:
            if row.finding.severity in (severities or ("error", "warning")):
                out[[*row.tokens, *([row.at] if row.at >= 0 else [])]] = True
        return out

    def to_frame(self) -> pd.DataFrame:
        """One row a finding."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "line": row.line,
                    "kind": row.finding.kind,
                    "severity": row.finding.severity,
                    "message": row.finding.message,
                    "tool": row.finding.tool,
                    "first_token": row.first,
                    "last_token": row.last,
                    "written": row.written,
                    "sum_surprisal_nats": row.sum_surprisal_nats,
                    "max_surprisal_nats": row.max_surprisal_nats,
                    "lowest_probability": row.lowest_probability,
                    "entropy_nats": row.entropy_nats,
                    "percentile": row.percentile,
                    "compared_with": row.compared_with,
                    "confidently_wrong": row.confidently_wrong,
                    "at": row.at,
                    "alternatives": ", ".join(f"{text!r} {100 * p:.1f} %" for _, text, p in row.alternatives[:4]),
                }
                for row in self.rows
            ],
            columns=_COLUMNS,
        )


_COLUMNS = [
    "line", "kind", "severity", "message", "tool", "first_token", "last_token", "written", "sum_surprisal_nats",
    "max_surprisal_nats", "lowest_probability", "entropy_nats", "percentile", "compared_with",
    "confidently_wrong", "at", "alternatives",
]  # fmt: skip


def findings(code: CodeMap, modules: bool = False) -> tuple[Finding, ...]:
    """What linters find in every region of code, at bytes of the whole source.

    Parameters
    ----------
    code : CodeMap
    modules : bool
        Ask jedi whether modules and attributes exist (slow the first time).
    """
    out: list[Finding] = []
    for region in code.regions:
        if region.language is None or not has_grammar(region.language):
            continue
        cut = not code.complete and is_cut(region, code.text.cut)
        # of a hole that is being filled, nothing can be said of what follows it
        body = code.source[region.start : code.text.cut if cut else region.end]
        tree = parse_tree(with_line_feeds(body), parser_of(region.language))
        out += [_moved(f, region.start) for f in diagnose(body, tree, region.language, not cut, modules)]
    return tuple(out)


def evidence(code: CodeMap, modules: bool = False) -> Evidence:
    """Findings with the metrics and alternatives of their tokens.

    Raises
    ------
    InputError
        The map was made without a run.
    """
    code.require_run("diagnostics")
    measured = _Measured(written(code), *fallback_percentiles(code, "surprisal"))
    python = any(region.language == "python" for region in code.regions)
    # jedi is asked for modules only
    away = {tool: way for tool, way in unavailable().items() if python and (modules or tool != "jedi")}
    notes = (*code.notes, *(f"{tool} is not installed, so it was not asked: {way}." for tool, way in away.items()))
    return Evidence(tuple(_row(code, found, measured) for found in findings(code, modules)), len(code), notes)


@dataclass(frozen=True, eq=False)
class _Measured:
    """Of each token: whether the model wrote it, its percentile, and among which tokens that is."""

    written: NDArray[np.bool_]
    percentile: NDArray[np.float32]
    compared_with: list[str]


def _row(code: CodeMap, found: Finding, measured: _Measured) -> EvidenceRow:
    run = code.require_run("diagnostics")
    first, last = code.tokens_in(found.start, found.end)
    touching = code.tokens_touching(found.start, found.end)
    related = code.tokens_in(*found.related) if found.related is not None else None
    at = _where_it_went_wrong(code, found, first)
    # a bracket that is not closed went wrong where it was not: its opener alone would look sure
    tokens = np.union1d(touching, [at]).astype(np.int64) if at >= 0 else touching
    known = tokens[~np.isnan(run.surprisal_nats[tokens])]
    worst = float(run.surprisal_nats[known].max()) if len(known) else float("nan")
    ranked = known[~np.isnan(measured.percentile[known])]
    most = int(ranked[np.argmax(measured.percentile[ranked])]) if len(ranked) else -1
    by_model = bool(measured.written[tokens].any())
    grave = found.severity in ("error", "warning")
    return EvidenceRow(
        finding=found,
        first=first,
        last=last,
        related=related if related is not None and related[0] >= 0 else None,
        line=int(code.line_of(found.start)) + 1,
        written=by_model,
        sum_surprisal_nats=float(run.surprisal_nats[known].sum()) if len(known) else float("nan"),
        max_surprisal_nats=worst,
        lowest_probability=float(run.probability[known].min()) if len(known) else float("nan"),
        entropy_nats=float(run.entropy_nats[first]) if first >= 0 else float("nan"),
        percentile=float(measured.percentile[most]) if most >= 0 else float("nan"),
        compared_with=measured.compared_with[most] if most >= 0 else "",
        at=at,
        alternatives=tuple(a for a in run.alternatives(at) if a[0] != int(run.token_ids[at])) if at >= 0 else (),
        confidently_wrong=by_model and grave and worst <= CONFIDENT_NATS,
        tokens=tuple(touching.tolist()),
    )


def _where_it_went_wrong(code: CodeMap, found: Finding, first: int) -> int:
    """A bracket was dropped where its closer was expected, not where it was opened.

    That is the token after the last of the bracket's contents, or that last one itself, which could have ended in the
    closer: whichever had the closer among its alternatives.
    """
    if found.kind not in ("unbalanced", "syntax") or found.related is None or found.related[0] <= found.start:
        return first
    touching = code.tokens_touching(*found.related)
    if not len(touching):
        return first
    last = int(touching[-1])
    ends_there = code.text.end[last] <= found.related[1] and last + 1 < len(code)
    after = last + 1 if ends_there else last
    closer = _CLOSERS.get(code.source[found.start : found.end][-1:], "\0")
    run = code.require_run("diagnostics")
    closed = (at for at in (after, last) if any(closer in text for _, text, _ in run.alternatives(at)))
    return next(closed, after)


def _moved(found: Finding, offset: int) -> Finding:
    related = None if found.related is None else (found.related[0] + offset, found.related[1] + offset)
    return replace(found, start=found.start + offset, end=found.end + offset, related=related)
