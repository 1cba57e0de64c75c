"""How a model turns its residual stream into logits: its blocks, its final norm, its head, and what follows."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import Module

from tokenscope_widgets.errors import InputError


@dataclass(frozen=True)
class Visit:
    """One call of a module: what it was given and what it made, as the tensors themselves and as copies.

    The tensors tell whether one module fed another; the copies stay as they are where a model adds in place.
    """

    module: Module
    given: torch.Tensor
    made: torch.Tensor
    given_value: torch.Tensor
    made_value: torch.Tensor


@dataclass(frozen=True)
class Unembedding:
    """The way from the residual stream to the logits.

    ``logits = soft_cap · tanh(after_head · head(before_head · norm(hidden)) / soft_cap)``, without the cap where there
    is none.

    Attributes
    ----------
    blocks : tuple of Module
        The layers; each one's output is the residual stream after it.
    norm : Module or None
        Between the last block and the head.
    head : Module
        Hidden to vocabulary.
    before_head, after_head : float
        Factors some architectures apply.
    soft_cap : float or None
        Bound some architectures put on the logits.
    """

    blocks: tuple[Module, ...]
    norm: Module | None
    head: Module
    before_head: float
    after_head: float
    soft_cap: float | None

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """What the model would answer if ``hidden`` [..., hidden] were its last block's output, float32."""
        given = hidden if self.norm is None else self.norm(hidden)
        raw: torch.Tensor = self.head(given * self.before_head if self.before_head != 1 else given).float()
        if self.after_head != 1:
            raw = raw * self.after_head
        if self.soft_cap is None:
            return raw
        return self.soft_cap * torch.tanh(raw / self.soft_cap)


_known: weakref.WeakKeyDictionary[Any, Unembedding] = weakref.WeakKeyDictionary()


def unembedding(model: Any) -> Unembedding:
    """Find the way out of a causal language model, by running it on two tokens and checking what was found.

    The final norm is the module whose output is the head's input; factors and the cap are those that turn the head's
    output into the model's logits. The answer is kept for as long as the model lives.

    Raises
    ------
    InputError
        The model does something else between its last block and its logits.
    """
    known = _known.get(model)
    if known is None or known.head is not model.get_output_embeddings():
        known = _find(model)
        _known[model] = known
    return known


def _find(model: Any) -> Unembedding:
    blocks, head = _blocks(model), model.get_output_embeddings()
    inside = {id(m) for block in blocks for m in block.modules()}
    outside = [m for m in model.modules() if id(m) not in inside]
    with visits([*outside, blocks[-1]]) as seen, torch.inference_mode():
        ids = torch.tensor([[0, 1]], device=model.get_input_embeddings().weight.device)
        logits = model(input_ids=ids, use_cache=False).logits
    last = next((v for v in seen if v.module is blocks[-1]), None)
    heads = [v for v in seen if v.module is head]
    if last is None or not heads:
        raise _unknown(model, "its blocks or its head are not called as modules")
    norm, before = _final_norm(model, last, heads[-1], seen)
    after, cap = _after_head(model, heads[-1].made_value.float(), logits.float())
    return Unembedding(blocks, norm, head, before, after, cap)


@contextmanager
def visits(modules: Sequence[Module]) -> Iterator[list[Visit]]:
    """Note this thread's calls of some modules that are given a tensor and make one, in the order they return."""
    seen: list[Visit] = []
    thread = threading.get_ident()

    def note(module: Module, arguments: tuple[Any, ...], options: dict[str, Any], output: Any) -> None:
        given = arguments[0] if arguments else options.get("hidden_states")
        made = output[0] if isinstance(output, tuple) else output
        if threading.get_ident() == thread and isinstance(given, torch.Tensor) and isinstance(made, torch.Tensor):
            seen.append(Visit(module, given, made, given.clone(), made.clone()))

    with ExitStack() as stack:
        for module in modules:
            stack.callback(module.register_forward_hook(note, with_kwargs=True).remove)
        yield seen


def close(found: torch.Tensor, want: torch.Tensor) -> bool:
    """Whether two tensors are the same but for rounding in the number format of ``want``."""
    if found.shape != want.shape:
        return False
    tolerance = 16 * torch.finfo(want.dtype).eps * float(want.abs().max())
    return bool((found.to(want.dtype) - want).abs().max() <= tolerance)


def _blocks(model: Any) -> tuple[Module, ...]:
    count = int(model.config.get_text_config().num_hidden_layers)
    for module in model.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == count:
            return tuple(module)
    raise _unknown(model, f"it holds no list of {count} blocks")


def _final_norm(model: Any, last: Visit, head: Visit, seen: Sequence[Visit]) -> tuple[Module | None, float]:
    if close(last.made_value, head.given_value):
        return None, 1.0
    between = [v for v in seen if v.given_value.shape == head.given_value.shape and v not in (last, head)]
    candidates = [v for v in between if close(v.given_value, last.made_value)]
    for visit in candidates:
        if close(visit.made_value, head.given_value):
            return visit.module, 1.0
    for visit in candidates:
        factor = _factor(visit.made_value, head.given_value)
        if close(visit.made_value * factor, head.given_value):
            return visit.module, factor
    raise _unknown(model, "something other than one norm stands between its last block and its head")


def _after_head(model: Any, raw: torch.Tensor, logits: torch.Tensor) -> tuple[float, float | None]:
    cap = getattr(model.config.get_text_config(), "final_logit_softcapping", None)
    if torch.equal(raw, logits):
        return 1.0, None
    if cap is not None and close(cap * (raw / cap).tanh(), logits):
        return 1.0, float(cap)
    factor = _factor(raw, logits) if raw.shape == logits.shape else 1.0
    if close(raw * factor, logits):
        return factor, None
    raise _unknown(model, "its logits are not its head's output, scaled or soft-capped")


def _factor(values: torch.Tensor, want: torch.Tensor) -> float:
    x, y = values.double().flatten(), want.double().flatten()
    return float((x @ y) / (x @ x))


def _unknown(model: Any, reason: str) -> InputError:
    return InputError(
        f"model={type(model).__name__}: no way to read its layers as logits: {reason}. "
        "Use attention or attribution for this model instead."
    )
