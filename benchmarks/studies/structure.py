"""The default model's completions of the 164 HumanEval problems through map, linters and calibration.

``make study-structure`` generates them once (a quarter of an hour on two cores) and writes docs/humaneval.md.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from humaneval import NEW_TOKENS, completions

from tokenscope_widgets.code import calibration, parse
from tokenscope_widgets.code.calibrating import Calibration
from tokenscope_widgets.code.code_map import CodeMap

PAGE = Path(__file__).parents[2] / "docs" / "humaneval.md"
SPIKE_NATS = 1.25


def main() -> None:
    """Write the page."""
    maps = [parse(run) for _, run in completions()]
    PAGE.write_text(page(maps, calibration(maps)), encoding="utf-8")
    print(f"wrote {PAGE.name}")


def page(maps: list[CodeMap], found: Calibration) -> str:
    """The report as Markdown."""
    sections = [INTRODUCTION, _mapping(maps), _roles(maps), _findings(maps, found), _calibration(found), _forks(maps)]
    return "\n\n".join(sections) + "\n"


INTRODUCTION = f"""# HumanEval through the map

What the embedded default model (SmolLM2-135M-Instruct, 4-bit weights) wrote for the 164 problems of HumanEval,
greedily, at most {NEW_TOKENS} tokens each, cut where the next function would begin; parsed, linted and calibrated by
`make study-structure`. The prompt ends with its docstring, without the line break after it: behind a line break the
model cannot use its own token for "line end and indent", and mostly begins another function instead.

One small model, one sample a problem, greedy: the figures say how the tools behave, not how models do."""


def _mapping(maps: list[CodeMap]) -> str:
    tokens = sum(len(code) for code in maps)
    unmapped = sum(_unmapped_bytes(code) for code in maps)
    shared = sum(int((np.diff(code.overlaps.first) > 1).sum()) for code in maps)
    languages = Counter(code.language or "text" for code in maps)
    named = ", ".join(f"{name} {count}" for name, count in languages.most_common())
    return f"""## Map

{len(maps)} texts, {tokens:,} tokens, no exception, {unmapped} unmapped bytes. Language by guess: {named}.
{100 * shared / tokens:.0f} % of the tokens touch more than one piece of syntax, mostly through the space before a
word."""


def _unmapped_bytes(code: CodeMap) -> int:
    covered = int((code.segments.end - code.segments.start).sum())
    by_tokens = int(code.overlaps.bytes.sum())
    return abs(len(code.source) - covered) + abs(len(code.source) - by_tokens)


def _written(code: CodeMap) -> pd.DataFrame:
    run = code.require_run("study")
    frame = pd.DataFrame({"role": code.roles, "surprisal": run.surprisal_nats, "entropy": run.entropy_nats})
    return frame.iloc[run.prompt_length :]


def _roles(maps: list[CodeMap]) -> str:
    tokens = pd.concat([_written(code) for code in maps])
    spikes = tokens["entropy"] >= SPIKE_NATS
    groups = tokens.groupby("role")
    table = pd.DataFrame(
        {
            "tokens": groups.size(),
            "mean surprisal (nats)": groups["surprisal"].mean().astype(float).round(2),
            "mean entropy (nats)": groups["entropy"].mean().astype(float).round(2),
            "share of entropy spikes": (100 * spikes.groupby(tokens["role"]).sum() / max(int(spikes.sum()), 1)).round(
                1
            ),
        }
    ).sort_values("tokens", ascending=False)
    return f"""## Roles

Written tokens only ({len(tokens):,}); a spike is an entropy of {SPIKE_NATS} nats or more ({int(spikes.sum())}
tokens), its share in per cent.

{_markdown(table[table["tokens"] >= 5])}"""


def _findings(maps: list[CodeMap], found: Calibration) -> str:
    rows = [row for code in maps for row in code.diagnostics() if row.written]
    kinds = Counter((row.finding.kind, row.finding.severity) for row in rows)
    sure = Counter((row.finding.kind, row.finding.severity) for row in rows if row.confidently_wrong)
    table = pd.DataFrame(
        [{"kind": k, "severity": s, "found": n, "confidently wrong": sure[k, s]} for (k, s), n in kinds.most_common()]
    ).set_index("kind")
    examples = [
        row for row in rows if row.confidently_wrong and row.finding.kind in ("undefined", "unbalanced", "syntax")
    ]
    listed = "\n".join(
        f"- {row.finding.message} (lowest probability {row.lowest_probability:.2f})" for row in examples[:8]
    )
    return f"""## Findings in written code

{_markdown(table)}

{found.confidently_wrong} of {found.findings} errors and warnings are *confidently wrong*: no token of
them had more than one nat of surprisal. No threshold on uncertainty would have found these. Some of them:

{listed}"""


def _calibration(found: Calibration) -> str:
    table = found.to_frame()
    table["AUROC [95 %]"] = [
        f"{a:.2f} [{b:.2f}, {c:.2f}]" for a, b, c in zip(table.auroc, table.low, table.high, strict=True)
    ]
    table["score"] = [
        f"*{name}* (baseline)" if base else name for name, base in zip(table.score, table.baseline, strict=True)
    ]
    shown = table[["level", "score", "AUROC [95 %]", "positives", "negatives", "flagged_runs"]].set_index("level")
    return f"""## Does uncertainty find them?

{found.headline[0].upper() + found.headline[1:]}.

{_markdown(shown)}

Intervals are over texts drawn with replacement. *role*: how often the other texts' tokens of that role are flagged;
*position*: how late in the text; *line length*: in tokens. Greedy text has rank 1 everywhere, so rank
says nothing here."""


def _forks(maps: list[CodeMap]) -> str:
    found = [one for code in maps for one in code.hesitations()]
    kinds = Counter(one.fork for one in found)
    named = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
    return f"""## Hesitations

{len(found)} tokens have more entropy than the 95th percentile of their role in their own text. By what
their likely alternatives would do: {named}."""


def _markdown(frame: pd.DataFrame) -> str:
    columns = [frame.index.name or "", *frame.columns]
    rows = ["| " + " | ".join(str(c) for c in columns) + " |", "|" + "---|" * len(columns)]
    for name, values in zip(frame.index, frame.itertuples(index=False), strict=True):
        rows.append("| " + " | ".join([str(name), *(str(value) for value in values)]) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
