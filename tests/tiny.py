"""Tiny random models and a byte-level tokenizer, made in memory: no files, no network."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import product
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast
from transformers.models.auto.configuration_auto import AutoConfig

from tokenscope_widgets.session import Session

# more threads only wait for each other on models this small
torch.set_num_threads(1)

ARCHITECTURES = ("gpt2", "llama", "qwen2", "qwen3", "gpt_neox", "mistral", "gemma2", "gemma3_text")
MORE_ATTENTION = ("phi3", "starcoder2", "gpt_oss")
"""More architectures whose attention goes through transformers' ``AttentionInterface``."""
BYPASSING = ("bloom", "falcon", "mpt", "codegen", "gptj", "gpt_neo")
"""Architectures that bypass it."""
VOCABULARY = 300
EOS, PAD = 298, 299
CONTEXT = 128
WINDOW = 8
"""Sliding window of the models that have one: shorter than any run in the tests."""

_SHARED = {
    "vocab_size": VOCABULARY,
    "bos_token_id": EOS,
    "eos_token_id": EOS,
    "pad_token_id": PAD,
    "tie_word_embeddings": False,
    # wide, so that distributions have peaks
    "initializer_range": 0.3,
}
_LAYERS = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": CONTEXT,
}
_UNNAMED_GROUPS = {**_LAYERS, "num_key_value_heads": 2}
_GROUPED = {**_UNNAMED_GROUPS, "head_dim": 8}
_OWN: dict[str, dict[str, Any]] = {
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": CONTEXT},
    "gpt_neox": _LAYERS,
    "mistral": {**_GROUPED, "sliding_window": WINDOW},
    "gemma2": {**_GROUPED, "sliding_window": WINDOW, "query_pre_attn_scalar": 8},
    "gemma3_text": {
        **_GROUPED,
        "sliding_window": WINDOW,
        "query_pre_attn_scalar": 8,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "phi3": _UNNAMED_GROUPS | {"sliding_window": WINDOW},
    "starcoder2": _UNNAMED_GROUPS | {"sliding_window": WINDOW},
    "gpt_oss": {
        **_GROUPED,
        "sliding_window": WINDOW,
        "layer_types": ["sliding_attention", "full_attention"],
        "num_local_experts": 4,
        "num_experts_per_tok": 2,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0},
    },
    "bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
    "falcon": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": CONTEXT},
    "mpt": {"d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": CONTEXT, "expansion_ratio": 2},
    "codegen": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": CONTEXT, "n_ctx": CONTEXT, "rotary_dim": 4},
    "gptj": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": CONTEXT, "rotary_dim": 4},
    "gpt_neo": {
        "hidden_size": 32,
        "num_layers": 2,
        "num_heads": 4,
        "max_position_embeddings": CONTEXT,
        "window_size": WINDOW,
        "attention_types": [[["global", "local"], 1]],
    },
    "mamba": {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 4},
    "jamba": {
        **_UNNAMED_GROUPS,
        "attn_layer_period": 2,
        "attn_layer_offset": 1,
        "num_experts": 2,
    },
    "granite": _UNNAMED_GROUPS | {"residual_multiplier": 0.5, "logits_scaling": 4.0, "embedding_multiplier": 3.0},
    "cohere": _UNNAMED_GROUPS | {"logit_scale": 0.25},
}


@cache
def tiny_model(architecture: str = "llama", dtype: str = "float32") -> Any:
    """A random causal LM of two layers; the same weights every time. Not to be changed by a test."""
    torch.manual_seed(len(architecture))
    config = AutoConfig.for_model(architecture, **_SHARED, **_OWN.get(architecture, _GROUPED))
    return AutoModelForCausalLM.from_config(config).to(getattr(torch, dtype)).eval()


def own_tiny_model(architecture: str = "llama") -> Any:
    """A copy that a test may change."""
    return copy.deepcopy(tiny_model(architecture))


@cache
def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level BPE: 256 bytes, 42 merged pairs, an end and a pad token."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [*list(product("etaoins", repeat=2))[:40], ("Ġ", "Ġ"), ("Ġ", "t")]
    pieces = [*alphabet, *("".join(pair) for pair in merges), "<|endoftext|>", "<|pad|>"]
    tokenizer = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>", pad_token="<|pad|>")


def tiny_session(architecture: str = "llama", dtype: str = "float32") -> Session:
    """A new session, with nothing cached, on `tiny_model`."""
    return Session(tiny_model(architecture, dtype), tiny_tokenizer(), name=f"tiny-{architecture}")


@contextmanager
def held(session: Session) -> Iterator[None]:
    """Keep the session's worker from starting anything until the block is left."""
    gate = threading.Event()
    session.worker.submit(lambda _: gate.wait(30))
    try:
        yield
    finally:
        gate.set()


def some_ids(length: int, seed: int = 0) -> list[int]:
    """Random token ids, none of them special."""
    return torch.randint(0, 256, (length,), generator=torch.Generator().manual_seed(seed)).tolist()


@torch.inference_mode()
def teacher_forced_logprobs(model: Any, ids: list[int]) -> torch.Tensor:
    """ln p of every token under one plain forward of the whole text, float64 [token]; NaN for the first."""
    logits = model(torch.tensor([ids], device=model.device), use_cache=False).logits[0]
    logp = logits.double().log_softmax(-1)[:-1].gather(-1, torch.tensor(ids[1:], device=model.device)[:, None])
    return torch.cat([torch.tensor([float("nan")], dtype=torch.float64), logp[:, 0].cpu()])
