"""What a flow diagram does for its views: maps, figures of trust, small maps; at once, or as a task."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tokenscope_widgets.errors import InputError
from tokenscope_widgets.widgets._base import BaseWidget
from tokenscope_widgets.widgets._flow_maps import FlowMaps
from tokenscope_widgets.widgets._flow_messages import grid_message
from tokenscope_widgets.widgets._flow_question import FlowQuestion
from tokenscope_widgets.widgets._protocol import explain
from tokenscope_widgets.widgets._tasks import Task, Tasks
from tokenscope_widgets.worker import Job

_ASK_FROM_SECONDS = 10


class FlowAnswers(BaseWidget):
    """The requests of a flow view, and the tasks they start."""

    actions = ("map", "attribute", "cancel", "trust", "grid", "contrast_info")

    sink: bool
    _job: str
    _columns: list[str]
    _maps: FlowMaps | None
    _tasks: Tasks

    def _ready(self) -> FlowMaps:
        if self._maps is None:
            raise InputError("run=None: nothing has been generated yet. Press Generate in the stream first.")
        return self._maps

    def _on_map(self, **question: Any) -> dict[str, Any]:
        """A map that is known is sent; cheap ones are begun at once; what takes long is offered with its cost."""
        return self._answer_map(FlowQuestion(**question), confirmed=False)

    def _on_attribute(self, **question: Any) -> dict[str, Any]:
        return self._answer_map(FlowQuestion(**question), confirmed=True)

    def _answer_map(self, question: FlowQuestion, confirmed: bool) -> dict[str, Any]:
        maps = self._ready()
        message = maps.message(question)
        if message is not None:
            self.send(*message)
            return {"key": question.key}
        if question.of_attention:
            self._start("attention", "reading attention", maps.start_attention(question), question)
            return {"started": True}
        plan = maps.plan(question)
        if plan.seconds > _ASK_FROM_SECONDS and not confirmed:
            return {"missing": True, "seconds": plan.seconds, "text": plan.cost_text}
        self._send_preview(maps, question)
        self._start("attribution", plan.label, maps.start_attribution(plan), question)
        return {"started": True}

    def _start(self, kind: str, label: str, job: Job[Any], question: FlowQuestion | None = None, top: int = 0) -> None:
        self._tasks.add(Task(kind, label, job, question, top, self._maps))

    def _send_preview(self, maps: FlowMaps, question: FlowQuestion) -> None:
        """Attention, which costs one pass or nothing, to look at until the attribution is there."""
        preview = replace(question, source="attention", layer=None, head=None, direction="read", contrast=None)
        if not maps.has_attention:
            return
        message = maps.message(preview)
        if message is not None:
            self.send(*message)
        else:
            self._start("attention", "reading attention", maps.start_attention(preview), preview)

    def _on_cancel(self) -> None:
        self.cancel()

    def _on_trust(self, top: int, **question: Any) -> dict[str, Any]:
        maps, asked = self._ready(), FlowQuestion(**question)
        known = maps.trust(asked, top)
        if known is not None:
            self.send(*known)
        else:
            self._start("trust", "measuring how far to trust it", maps.start_trust(asked, top), asked, top)
        return {"started": True}

    def _on_grid(self) -> dict[str, Any]:
        maps = self._ready()
        grid = maps.grid(self.sink)
        if grid is not None:
            self.send(*grid_message(self._columns[0], *grid))
            return {}
        self._start("grid", "reading attention", maps.start_grid())
        return {"started": True}

    def _on_contrast_info(self, at: int, text: str) -> dict[str, str]:
        return {"text": self._ready().contrast_info(at, text)}

    def _tell(self, status: str, label: str, progress: float) -> None:
        if status == "queued":
            self.error = ""
        self._job = label
        self.set_trait("progress", progress)
        self.set_trait("status", status)

    def _take(self, task: Task) -> None:
        maps = task.of
        if maps is not self._maps or not isinstance(maps, FlowMaps):
            return
        message = maps.finished(task.kind, task.job, task.question, task.top, self.sink)
        if message is not None:
            self.send(*message)

    def _dropped(self, task: Task) -> None:
        """Tell the views that an answer will not come, so that they ask again if they come back to it."""
        if task.kind == "attribution" and task.question is not None and self._columns:
            self.send({"kind": "dropped", "run": self._columns[0], "key": task.question.key})

    def _fail(self, failure: BaseException) -> None:
        self.error = explain(failure)
