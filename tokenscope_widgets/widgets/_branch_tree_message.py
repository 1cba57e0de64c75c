"""What the view of a branch tree needs of its runs: columns of segments and of runs, without the runs' tokens."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.distribution import Floats
from tokenscope_widgets.analysis.records import FINISH_REASONS, Generation
from tokenscope_widgets.analysis.segment_tree import SegmentTree
from tokenscope_widgets.widgets._columns import ColumnWriter

_PREVIEW = 60
_SPACES = re.compile(r"[ \t]{2,}|\t")


def tree_message(tree: SegmentTree, known: Mapping[str, Generation], numbers: Mapping[str, int]) -> dict[str, Any]:
    """The tree as columns.

    Parameters
    ----------
    tree : SegmentTree
        Of the runs on display.
    known : mapping of str to Generation
        These and the pruned ones, by ``run_id``: a branch names the token that its parent had.
    numbers : mapping of str to int
        What each run is called while nobody gives it a label.
    """
    writer = ColumnWriter()
    _write_segments(writer, tree)
    _write_runs(writer, tree, known, numbers)
    return {
        "finish": list(FINISH_REASONS),
        "pruned": len(known) - len(tree.runs),
        "columns": writer.columns,
        "buffers": writer.buffers,
    }


def _write_segments(writer: ColumnWriter, tree: SegmentTree) -> None:
    holders = [tree.runs[run] for run in tree.run]
    # where the text that tells a segment from its siblings ends
    heads = tree.start + np.maximum(tree.replaced, 1)
    spans = list(zip(holders, tree.start.tolist(), heads.tolist(), tree.stop.tolist(), strict=True))
    sparks = [spark(run.surprisal_nats[min(max(a, run.prompt_length), b) : b]) for run, a, _, b in spans]
    writer.numbers("parent", "i32", tree.parent)
    writer.numbers("start", "u32", tree.start)
    writer.numbers("stop", "u32", tree.stop)
    writer.numbers("prompt", "u32", [run.prompt_length for run in holders])
    writer.numbers("logprob", "f32", tree.logprob_nats)
    writer.numbers("replaced", "u16", np.minimum(tree.replaced, 65535))
    writer.texts("head", (_joined(run, a, head) for run, a, head, _ in spans))
    writer.texts("preview", (_preview(run, head, b) for run, _, head, b in spans))
    writer.numbers("bins", "u32", [len(one) for one in sparks])
    writer.numbers("spark", "f16", np.concatenate([*sparks, np.zeros(0, np.float32)]))


def _write_runs(
    writer: ColumnWriter, tree: SegmentTree, known: Mapping[str, Generation], numbers: Mapping[str, int]
) -> None:
    runs = tree.runs
    row = {run.run_id: i for i, run in enumerate(runs)}
    ends = np.full(len(runs), -1, np.int64)
    for segment, ending in enumerate(tree.ends):
        ends[list(ending)] = segment
    lineages = [run.lineage for run in runs]
    writer.texts("run_id", (run.run_id for run in runs))
    writer.numbers("run_number", "u32", [numbers[run.run_id] for run in runs])
    writer.numbers("run_end", "i32", ends)
    writer.numbers("run_tokens", "u32", [len(run) for run in runs])
    writer.numbers("run_written", "u32", [max(0, len(run) - run.prompt_length) for run in runs])
    writer.numbers("run_mean", "f32", [_mean_written(run) for run in runs])
    writer.numbers("run_logprob", "f32", [tree.path_logprob_nats[end] if end >= 0 else 0 for end in ends])
    writer.numbers("run_finish", "u8", [FINISH_REASONS.index(run.finish) for run in runs])
    writer.numbers("run_parent", "i32", [row.get(one.parent_id, -1) if one else -1 for one in lineages])
    writer.numbers("run_at", "i32", [one.at if one else -1 for one in lineages])
    writer.texts("run_instead", (_instead(run, known) for run in runs))


def _mean_written(run: Generation) -> float:
    """Mean surprisal of the written tokens; NaN where none was written, because a prompt is no choice of the model."""
    return run.mean_surprisal_nats if len(run) > run.prompt_length else math.nan


def _instead(run: Generation, known: Mapping[str, Generation]) -> str:
    """The token that stood in the parent where this run branched off; "" where nobody knows."""
    if run.lineage is None:
        return ""
    parent = known.get(run.lineage.parent_id, run)
    return parent.token_label(run.lineage.replaced)


def spark(surprisal_nats: Floats) -> NDArray[np.float32]:
    """The least expected token of each stretch of some tokens, float32 [2 √ tokens at most]; NaN: none measured."""
    size = len(surprisal_nats)
    if not size:
        return np.zeros(0, np.float32)
    stretches = min(size, 2 * (math.isqrt(size - 1) + 1))
    first = np.arange(stretches) * size // stretches
    found = np.fmax.reduceat(surprisal_nats, first)
    return np.minimum(found, np.float32(60000))


def _joined(run: Generation, start: int, stop: int) -> str:
    """The text of a few tokens; special tokens and half characters in their written form."""
    table = run.tokens
    ids: Sequence[int] = table.token_ids[start:stop].tolist()
    return "".join(text or run.token_label(i) for text, i in zip(table.texts[start:stop], ids, strict=True))[:_PREVIEW]


def _preview(run: Generation, start: int, stop: int) -> str:
    """The beginning of a segment in one line."""
    found = ""
    for text in run.tokens.texts[start:stop]:
        found += text
        if len(found) > 4 * _PREVIEW:
            break
    return _SPACES.sub(" ", found.replace("\r\n", "\n").replace("\n", "⏎"))[:_PREVIEW]
