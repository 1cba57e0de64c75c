"""Where in a model attention weights can be read, found by running it once on one token."""

from __future__ import annotations

import contextlib
import inspect
import re
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from tokenscope_widgets.analysis.attention_interface import AttentionCall, eager_function, listening
from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.errors import InputError

WeightsListener = Callable[[torch.nn.Module, torch.Tensor], None]


@dataclass(frozen=True)
class AttentionSites:
    """The attention modules of a model, and the way their weights are read.

    Attributes
    ----------
    layer_of : mapping of Module to int
        The layer each attention module belongs to. Layers that have none (state-space, linear attention) are absent.
    layer_count : int
        All layers of the model.
    implementation : str
        The attention implementation the model runs with.
    through_interface : bool
        Whether that implementation is called through transformers' ``AttentionInterface``. Otherwise the weights are
        those that the modules return under eager attention.
    must_ask : bool
        Whether they return them only with ``output_attentions=True``.
    """

    layer_of: Mapping[torch.nn.Module, int]
    layer_count: int
    implementation: str
    through_interface: bool
    must_ask: bool

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers that have attention, in order."""
        return tuple(sorted(set(self.layer_of.values())))


_known: weakref.WeakKeyDictionary[Any, AttentionSites] = weakref.WeakKeyDictionary()
_eager_lock = threading.Lock()
# model -> (how many need it in eager mode, its configs and what they said before)
_in_eager: dict[Any, tuple[int, list[tuple[Any, Any]]]] = {}


def attention_sites(model: Any) -> AttentionSites:
    """Where a causal language model attends.

    Runs the model on one token the first time; the answer is kept for as long as the model lives.

    Raises
    ------
    InputError
        The model has no attention, or gives no way to read it.
    """
    implementation = _implementation(model)
    known = _known.get(model)
    if known is None or (known.implementation != implementation and model not in _in_eager):
        known = _find(model, implementation)
        _known[model] = known
    return known


def _implementation(model: Any) -> str:
    return str(model.config.get_text_config()._attn_implementation)


def _find(model: Any, implementation: str) -> AttentionSites:
    count = int(model.config.get_text_config().num_hidden_layers)
    found = _through_interface(model, implementation)
    if found:
        return AttentionSites(found, count, implementation, through_interface=True, must_ask=False)
    can_ask = "output_attentions" in inspect.signature(model.forward).parameters
    for must_ask in (False, True) if can_ask else (False,):
        found = _through_eager(model, must_ask)
        if found:
            return AttentionSites(found, count, implementation, through_interface=False, must_ask=must_ask)
    raise InputError(
        f"model={type(model).__name__}: has no attention weights to show (a state-space or recurrent model, or one "
        "loaded with an attention class that computes none). Choose a transformer, loaded with "
        "attn_implementation='sdpa' or 'eager'."
    )


def _through_interface(model: Any, implementation: str) -> dict[torch.nn.Module, int]:
    names = {module: name for name, module in model.named_modules()}
    found: dict[torch.nn.Module, int] = {}

    def note(call: AttentionCall) -> None:
        if call.module in names and eager_function(call.module) is not None:
            found[call.module] = _layer_index(call.module, names[call.module])

    with listening(implementation, note, alone=True):
        _run_once(model)
    return found


def _through_eager(model: Any, must_ask: bool) -> dict[torch.nn.Module, int]:
    candidates = {m: n for n, m in model.named_modules() if "attention" in type(m).__name__.lower()}
    # of nested modules that hand the same weights on, the inner one
    innermost = {m: n for m, n in candidates.items() if not any(c in candidates for c in list(m.modules())[1:])}
    found: dict[torch.nn.Module, int] = {}

    def note(module: torch.nn.Module, _weights: torch.Tensor) -> None:
        found[module] = _layer_index(module, innermost[module])

    with listening_eager(model, innermost, must_ask, note):
        _run_once(model)
    return found


def _layer_index(module: torch.nn.Module, name: str) -> int:
    own = getattr(module, "layer_idx", None)
    if isinstance(own, int):
        return own
    number = re.search(r"\.(\d+)\.", f".{name}.")
    return int(number.group(1)) if number else 0


@torch.inference_mode()
def _run_once(model: Any) -> None:
    ForwardPass(model)(torch.zeros((1, 1), dtype=torch.long))


@contextmanager
def listening_eager(model: Any, modules: Any, must_ask: bool, listener: WeightsListener) -> Iterator[None]:
    """Run the model with eager attention, and tell ``listener`` the weights its ``modules`` return on this thread.

    Weights are Tensor [batch, head, row, key]. The model is left as it was found, also after an exception.
    """
    thread = threading.get_ident()

    def tell(module: torch.nn.Module, _arguments: Any, output: Any) -> None:
        if threading.get_ident() == thread and isinstance(output, tuple):
            weights = next((part for part in output[1:] if isinstance(part, torch.Tensor) and part.dim() == 4), None)
            if weights is not None:
                listener(module, weights)

    def ask(_model: Any, arguments: Any, options: dict[str, Any]) -> Any:
        return (arguments, {**options, "output_attentions": True}) if threading.get_ident() == thread else None

    with contextlib.ExitStack() as stack:
        stack.enter_context(_eager(model))
        for module in modules:
            stack.callback(module.register_forward_hook(tell).remove)
        if must_ask:
            stack.callback(model.register_forward_pre_hook(ask, with_kwargs=True).remove)
        yield


@contextmanager
def _eager(model: Any) -> Iterator[None]:
    """The model in eager mode while anybody needs it."""
    with _eager_lock:
        users, before = _in_eager.get(model) or (0, _configs(model))
        _in_eager[model] = (users + 1, before)
        for config, _ in before:
            config._attn_implementation_internal = "eager"
    try:
        yield
    finally:
        with _eager_lock:
            users, before = _in_eager.pop(model)
            if users > 1:
                _in_eager[model] = (users - 1, before)
            else:
                for config, implementation in before:
                    config._attn_implementation_internal = implementation


def _configs(model: Any) -> list[tuple[Any, Any]]:
    configs = {id(m.config): m.config for m in model.modules() if hasattr(m, "config")}
    own = "_attn_implementation_internal"
    return [(config, getattr(config, own)) for config in configs.values() if hasattr(config, own)]
