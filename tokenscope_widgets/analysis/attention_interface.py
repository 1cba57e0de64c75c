"""Listen to the calls a model makes through transformers' ``AttentionInterface``, and compute their rows exactly.

The function registered under the model's own implementation (SDPA, flash …) is wrapped while somebody listens. The
wrapper calls it as before, so that the model's results keep every bit, and then tells the listeners of its thread.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class AttentionCall:
    """One call of an attention function.

    Attributes
    ----------
    module : Module
        The attention module that called.
    query : Tensor [batch, head, row, channel]
    key, value : Tensor [batch, key head, key, channel]
    mask : Tensor or other
        What the implementation takes: [batch, 1, row, key] (bool or additive), [batch, key], or None for causal.
    options : mapping
        Its further arguments: scaling, soft cap, window, learned sinks …
    implementation : str
        The name it is registered under.
    """

    module: torch.nn.Module
    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    mask: Any
    options: Mapping[str, Any]
    implementation: str

    def weights(self, rows: slice | torch.Tensor) -> torch.Tensor:
        """The softmax rows, Tensor [batch, head, row, key], by the architecture's own eager function.

        Grouped queries, scale, soft caps and sinks come out right because that function applies them.
        """
        eager = eager_function(self.module)
        if eager is None:
            raise LookupError(f"{type(self.module).__name__} has no eager attention function")
        options = {name: value for name, value in self.options.items() if name not in ("dropout", "is_causal")}
        if isinstance(options.get("position_bias"), torch.Tensor):
            options["position_bias"] = options["position_bias"][:, :, rows]
        # the output is thrown away: one channel of the values keeps its product cheap
        value = self.value[..., :1]
        mask = self._additive_mask(rows)
        weights: torch.Tensor = eager(
            self.module, self.query[:, :, rows], self.key, value, mask, dropout=0.0, **options
        )[1]
        return weights

    def _additive_mask(self, rows: slice | torch.Tensor) -> torch.Tensor | None:
        keys = self.key.shape[-2]
        if isinstance(self.mask, torch.Tensor) and self.mask.dim() == 4:
            given = self.mask[:, :, rows, :keys]
            return given if given.dtype != torch.bool else self._hiding(~given)
        window = self.options.get("sliding_window")
        padded = isinstance(self.mask, torch.Tensor) and self.mask.dim() == 2
        if self.query.shape[-2] == 1 and window is None and not padded:
            return None
        # without a mask SDPA aligns queries with the first keys, the others with the last
        first = 0 if self.implementation == "sdpa" and self.query.shape[-2] > 1 else keys - self.query.shape[-2]
        positions = torch.arange(self.query.shape[-2], device=self.key.device)[rows, None] + first
        distance = positions - torch.arange(keys, device=self.key.device)
        hidden = distance < 0 if window is None else (distance < 0) | (distance >= window)
        if padded:
            return self._hiding(hidden[None, None] | (self.mask[:, None, None, -keys:] == 0))
        return self._hiding(hidden[None, None])

    def _hiding(self, hidden: torch.Tensor) -> torch.Tensor:
        lowest = torch.finfo(self.query.dtype).min
        return torch.zeros(hidden.shape, dtype=self.query.dtype, device=hidden.device).masked_fill_(hidden, lowest)


Listener = Callable[[AttentionCall], None]


def eager_function(module: torch.nn.Module) -> Callable[..., Any] | None:
    """The eager attention function of the file that defines the module's class; None where it has none."""
    for cls in type(module).__mro__:
        found = getattr(sys.modules.get(cls.__module__), "eager_attention_forward", None)
        if found is not None:
            return found  # type: ignore[no-any-return]
    return None


class _Listeners(threading.local):
    def __init__(self) -> None:
        self.active: tuple[Listener, ...] = ()


_listeners = _Listeners()
_lock = threading.Lock()
# implementation -> (how many listen, the function as it was, its wrapper)
_wrapped: dict[str, tuple[int, Callable[..., Any], Callable[..., Any]]] = {}


@contextmanager
def listening(implementation: str, listener: Listener, alone: bool = False) -> Iterator[None]:
    """Tell ``listener`` of every call under ``implementation`` on this thread, until the block is left.

    With ``alone``, other listeners of the thread hear nothing meanwhile. The registry is left as it was found, also
    after an exception. Does nothing for eager attention, which is not in the registry.
    """
    before = _listeners.active
    _listeners.active = (listener,) if alone else (*before, listener)
    try:
        _wrap(implementation)
        try:
            yield
        finally:
            _unwrap(implementation)
    finally:
        _listeners.active = before


def _wrap(implementation: str) -> None:
    from transformers import AttentionInterface

    with _lock:
        if implementation in _wrapped:
            count, function, wrapper = _wrapped[implementation]
        elif implementation in AttentionInterface._global_mapping:
            count, function = 0, AttentionInterface._global_mapping[implementation]
            wrapper = _telling(implementation, function)
            AttentionInterface.register(implementation, wrapper)
        else:
            return
        _wrapped[implementation] = (count + 1, function, wrapper)


def _unwrap(implementation: str) -> None:
    from transformers import AttentionInterface

    with _lock:
        if implementation not in _wrapped:
            return
        count, function, wrapper = _wrapped.pop(implementation)
        if count > 1:
            _wrapped[implementation] = (count - 1, function, wrapper)
        # whoever registered another function meanwhile keeps it
        elif AttentionInterface._global_mapping.get(implementation) is wrapper:
            AttentionInterface.register(implementation, function)


def _telling(implementation: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def attention(
        module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: Any,
        *arguments: Any,
        **options: Any,
    ) -> Any:
        result = function(module, query, key, value, attention_mask, *arguments, **options)
        if _listeners.active:
            call = AttentionCall(module, query, key, value, attention_mask, options, implementation)
            for listener in _listeners.active:
                listener(call)
        return result

    return attention
