"""What a flow diagram can draw: maps made of attention and of attributions, and what is known of each."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.attribution import Attribution
from tokenscope_widgets.analysis.flow import FlowMap, attention_flow, attribution_flow, thumbnails
from tokenscope_widgets.analysis.partition import Partition
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.code.sources import CODE_UNITS, sources_of
from tokenscope_widgets.errors import InputError, bad_value
from tokenscope_widgets.session import Session
from tokenscope_widgets.widgets._attention_store import AttentionStore
from tokenscope_widgets.widgets._flow_messages import (
    Message,
    attention_title,
    attribution_notes,
    attribution_title,
    flow_message,
    grid_message,
    in_one_line,
    trust_message,
)
from tokenscope_widgets.widgets._flow_question import DIRECTIONS, TEXT_UNITS, FlowQuestion
from tokenscope_widgets.widgets._flow_trust import TrustPlan, plan_trust

if TYPE_CHECKING:
    from tokenscope_widgets.attributing import AttributionPlan
    from tokenscope_widgets.worker import Job

_THUMBNAIL = 16
_RANDOM_ORDERS = 8
_SAVED_EACH = 16
_TOKENS_LISTED = 12


class FlowMaps:
    """Makes the messages of a run's maps, and starts what is missing on the session's worker."""

    def __init__(self, run: Generation, store: AttentionStore, session: Session | None) -> None:
        self._run = run
        self._store = store
        self._session = session
        self._partitions: dict[str, Partition] = {}
        self._attributions: dict[tuple[str, int | None, str, str], tuple[FlowQuestion, Attribution]] = {}
        self._trusts: dict[tuple[str, int | None, int], Message] = {}

    def keep(self, question: FlowQuestion, attribution: Attribution) -> None:
        """Remember an attribution under what was asked."""
        self._attributions[question.attribution_key] = question, attribution

    def attribution(self, question: FlowQuestion) -> Attribution | None:
        """What is known of a question; None for attention, and before it is computed."""
        return self._attributions.get(question.attribution_key, (question, None))[1]

    def message(self, question: FlowQuestion, compact: bool = False) -> Message | None:
        """The map as a message; None where something must be computed first."""
        units = self._units(question)  # first: a text without code is refused before anything is computed
        if not question.of_attention:
            found = self.attribution(question)
            known = found is not None and (found.finished or compact)
            return self._attribution_message(question, found, compact) if found is not None and known else None
        matrix = self._store.matrix(question.source, question.layer, question.head)
        if matrix is None:
            return None
        flow = attention_flow(matrix, question.direction, units, question.sink, _SAVED_EACH if compact else None)
        title = attention_title(question, len(self._store.layers), len(self._store.heads))
        return flow_message(
            self._run.run_id, question, flow, units, title=title, notes=_sink_notes(matrix, question), compact=compact
        )

    def plan(self, question: FlowQuestion) -> AttributionPlan:
        """An attribution that is missing, with its cost."""
        session = self._live()
        if question.at is None:
            raise bad_value("at", None, "names no token to explain", "Click one")
        looks_closer = question.unit == "token" and question.source in ("ablation", "surrogate")
        return session.plan_attribution(
            self._run,
            question.at,
            question.source,
            sources="focus" if looks_closer else question.unit,
            contrast=question.contrast_argument,
        )

    @property
    def has_attention(self) -> bool:
        """Whether the attention of all layers and heads can be shown."""
        return self._session is not None and bool(self._store.layers) and self._store.whole_fits

    def start_attention(self, question: FlowQuestion) -> Job[Any]:
        """Read the attention that a map needs."""
        return self._store.start(question.source, question.layer)

    def start_attribution(self, plan: AttributionPlan) -> Job[Any]:
        """Carry out a plan."""
        return self._live().start_attribution(plan)

    def start_grid(self) -> Job[Any]:
        """Read the attention of all layers and heads."""
        if not self._store.whole_fits:
            raise InputError(
                f"run={len(self._run):,} tokens: attention of all layers and heads would not fit. Choose a layer above."
            )
        return self._store.start("attention", None)

    def grid(self, sink: bool) -> tuple[list[int], list[int], NDArray[np.uint8]] | None:
        """Layers, heads and their small maps; None where attention must be read first."""
        kept = self._store.ready(None)
        if kept is None:
            return None
        return kept.layers.tolist(), kept.heads.tolist(), thumbnails(kept.weights, _THUMBNAIL, sink)

    def shown(self, question: FlowQuestion, threshold: float) -> int:
        """How many sources a view shows of the question's token."""
        if question.at is None or self.message(question) is None:
            return 0
        size = np.abs(self._flow_of(question).edges_of(question.at)[1])
        return int((size >= threshold * size[0]).sum()) if len(size) else 0

    def start_trust(self, question: FlowQuestion, top: int) -> Job[Any]:
        """Delete sources that a map shows of a token, and as many others."""
        plan = self._trust_plan(question, top)
        if isinstance(plan, str):
            raise InputError(f"key={question.key!r}: {plan}")
        return self._live().start_faithfulness(
            plan.ranked, counts=[plan.count], random_orders=_RANDOM_ORDERS, insertion=False
        )

    def trust(self, question: FlowQuestion, top: int) -> Message | None:
        """The figure of trust if it is known, or why there is none; None where it must be measured."""
        if isinstance(top, bool) or not isinstance(top, int) or top < 1:
            raise bad_value("top", top, "is no number of sources", "Show at least one")
        if question.at is None:
            raise bad_value("at", None, "names no token", "Click one")
        if (question.key, question.at, top) in self._trusts:
            return self._trusts[question.key, question.at, top]
        plan: object = "No model is behind this flow: pass session=… to Flow."
        if self._session is not None:
            plan = self._trust_plan(question, top)
        return self._trust_message(question, top, plan) if isinstance(plan, str) else None

    def _trust_plan(self, question: FlowQuestion, top: int) -> TrustPlan | str:
        assert question.at is not None
        far, weight = self._flow_of(question).edges_of(question.at)
        return plan_trust(self._run, question, far, weight, self.attribution(question), top)

    def _trust_message(self, question: FlowQuestion, top: int, found: Any, against: bool = False) -> Message:
        assert question.at is not None
        return trust_message(self._run.run_id, question.key, question.at, top, found, against)

    def finished(self, kind: str, job: Job[Any], question: FlowQuestion | None, top: int, sink: bool) -> Message | None:
        """Take the result of a job, and make the message that brings it to the views."""
        result = job.wait()
        if kind in ("attention", "grid"):
            self._store.keep(result)
        if kind == "grid":
            grid = self.grid(sink)
            return grid_message(self._run.run_id, *grid) if grid is not None else None
        assert question is not None
        if kind == "attention":
            return self.message(question)
        if kind == "attribution":
            return self._take_attribution(question, result)
        if not result.finished:
            return None
        plan = self._trust_plan(question, top)
        message = self._trust_message(question, top, result, not isinstance(plan, str) and plan.against)
        assert question.at is not None
        self._trusts[question.key, question.at, top] = message
        return message

    def contrast_info(self, at: int, text: str) -> str:
        """How a typed contrast is read."""
        if self._session is None or not isinstance(text, str) or not text:
            return ""
        model = self._session.model
        ids = model.encode_continuation(text)
        known = {i: p for i, _, p in self._run.alternatives(at)}
        shown = " | ".join(in_one_line(model.label(i)) for i in ids[:_TOKENS_LISTED])
        shown += " | …" if len(ids) > _TOKENS_LISTED else ""
        chance = f", {known[ids[0]]:.1%} here" if ids[0] in known else ""
        if len(ids) == 1:
            return f"1 token: {shown}{chance}"
        return f"{len(ids)} tokens: {shown}. The first is compared{chance}, as the model chooses one token."

    def saved(self, question: FlowQuestion) -> list[Message]:
        """What a page without a kernel can show: every attribution, and attention of one layer, compact."""
        known = [(replace(q, sink=question.sink), found) for q, found in self._attributions.values()]
        out = [self._attribution_message(q, found, compact=True) for q, found in known]
        layer, code_units = question.layer, self._code_units(question)
        for head in (None, *self._store.heads) if self._store.ready(layer) is not None else ():
            for direction in DIRECTIONS:
                for unit in (*TEXT_UNITS, *code_units):
                    one = FlowQuestion("attention", layer, head, direction, unit, question.sink)
                    message = self.message(one, compact=True)
                    out += [message] if message is not None else []
        if question.source == "attention_rollout":
            message = self.message(question, compact=True)
            out += [message] if message is not None else []
        return [*out, *self._trusts.values()]

    def _code_units(self, question: FlowQuestion) -> list[str]:
        """The units of syntax that were looked at: others would only make a page heavier."""
        with suppress(InputError):  # a text without code
            self._units(question)
        return [unit for unit in CODE_UNITS if unit in self._partitions]

    def _take_attribution(self, question: FlowQuestion, found: Attribution) -> Message | None:
        # cancelled before the tokens were reached: the lines are no answer to what was asked
        too_coarse = question.unit == "token" and found.sources.unit != "token"
        if not np.isfinite(found.scores).any() or too_coarse:
            return None
        self.keep(question, found)
        return self._attribution_message(question, found)

    def _attribution_message(self, question: FlowQuestion, found: Attribution, compact: bool = False) -> Message:
        return flow_message(
            self._run.run_id,
            question,
            self._attribution_edges(question, found),
            self._units(question),
            title=attribution_title(found),
            quantity=found.unit,
            signed=found.signed,
            notes=[*attribution_notes(found), *_drawn_otherwise(question, found)],
            partial=not found.finished,
            compact=compact,
        )

    def _attribution_edges(self, question: FlowQuestion, found: Attribution) -> FlowMap:
        units, far, count = self._units(question), found.sources.starts, len(self._run)
        if units is not None:
            far = np.searchsorted(units.starts, far, side="right") - 1
        at = np.array([question.at], np.int64)
        return attribution_flow(found.total[None], at, far, count, count if units is None else len(units))

    def _units(self, question: FlowQuestion) -> Partition | None:
        if question.unit == "token":
            return None
        if question.unit not in self._partitions:
            self._partitions[question.unit] = sources_of(self._run, question.unit, len(self._run))
        return self._partitions[question.unit]

    def _flow_of(self, question: FlowQuestion) -> FlowMap:
        found = self.attribution(question)
        if found is not None:
            return self._attribution_edges(question, found)
        matrix = self._store.matrix(question.source, question.layer, question.head) if question.of_attention else None
        if matrix is None:
            raise InputError(f"key={question.key!r}: this map is not there yet. Ask for it first.")
        return attention_flow(matrix, question.direction, self._units(question), question.sink)

    def _live(self) -> Session:
        if self._session is None:
            raise InputError("session=None: no model is behind this flow. Pass Flow(run, session=session).")
        return self._session


def _drawn_otherwise(question: FlowQuestion, found: Attribution) -> list[str]:
    """Sources that are neither tokens nor lines are drawn as those they begin in."""
    if found.sources.unit in (question.unit, "token"):
        return []
    return [f"drawn by {question.unit}: the {found.sources.unit}s that begin in one are added up"]


def _sink_notes(matrix: NDArray[np.float32], question: FlowQuestion) -> list[str]:
    """How much of the attention falls on the first token."""
    if len(matrix) < 3:
        return []
    held = float(np.nanmean(matrix[1:, 0]))
    if question.sink:
        return [
            f"The first token holds {held:.0%} of it on average: a sink, where heads look that have nothing to read."
        ]
    return [f"Left out: the first token, a sink, which holds {held:.0%} on average; the rest is scaled up."]
