"""Models that run here, through Hugging Face transformers."""

from __future__ import annotations

import contextlib
import copy
import operator
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from tokenscope_widgets.analysis.forward import ForwardPass
from tokenscope_widgets.analysis.records import Provenance, label
from tokenscope_widgets.code.token_bytes import TokenBytes
from tokenscope_widgets.errors import InputError, ModelLoadError, OutOfMemoryError, bad_value
from tokenscope_widgets.models.fill import mark_ids


class LocalModel:
    """A causal language model in memory and its tokenizer.

    Attributes
    ----------
    forward : ForwardPass
        Token ids to logits.
    token_bytes : TokenBytes
        Token id to bytes.
    context_length : int or None
        The most tokens the model takes.
    eos_token_ids : tuple of int
        The tokens that end a text, from the model's generation config, else from the tokenizer; may be none.
    """

    def __init__(self, model: Any, tokenizer: Any, name: str | None = None, revision: str | None = None) -> None:
        _require_causal(model)
        model.requires_grad_(False).eval()
        self.model = model
        self.tokenizer = tokenizer
        self.name = name or getattr(model, "name_or_path", "") or type(model).__name__
        self.revision = revision or getattr(model.config, "_commit_hash", None)
        self.forward = ForwardPass(model)
        self.token_bytes = TokenBytes(tokenizer)
        # Qwen's tokenizer calls them ordinary tokens, and yet no source text holds them
        self.token_bytes.special_ids |= mark_ids(tokenizer)
        self.context_length: int | None = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        self.eos_token_ids = _eos_ids(model, tokenizer)

    @property
    def dtype_name(self) -> str:
        """``"float32"``, ``"bfloat16"`` …"""
        return str(self.model.dtype).removeprefix("torch.")

    @property
    def empty_id(self) -> int:
        """The token that stands for an empty context: the beginning of a text, else its end, else the first."""
        for token_id in (self.tokenizer.bos_token_id, *self.eos_token_ids):
            if token_id is not None:
                return int(token_id)
        return 0

    def widened(self) -> Any | None:
        """A copy of the model in float32, to compute what half precision could not; None where that is impossible.

        Impossible for a model that is float32 already, is quantised, is spread over devices, or does not fit twice.
        """
        from tokenscope_widgets.analysis.memory import require_memory

        model = self.model
        half = model.dtype in (torch.float16, torch.bfloat16)
        spread = getattr(model, "hf_device_map", None)
        if not half or getattr(model, "is_quantized", False) or (spread is not None and len(set(spread.values())) > 1):
            return None
        try:
            require_memory(4 * model.num_parameters(), model.device, "model", "Load it in float32")
        except OutOfMemoryError:
            return None
        return copy.deepcopy(model).float()

    def provenance(self, session_id: str) -> Provenance:
        """What a record must say of this model."""
        names = ("tokenscope-widgets", "torch", "transformers", "tokenizers")
        return Provenance(
            model=self.name,
            revision=self.revision,
            dtype=self.dtype_name,
            context_length=self.context_length,
            versions={n: version(n) for n in names},
            session_id=session_id,
        )

    def encode(self, text: str, argument: str = "prompt") -> list[int]:
        """Token ids of a text, with the special tokens the tokenizer puts around it.

        Where the text begins with the written mark of a beginning, as a rendered chat does, it is not put there again.

        Raises
        ------
        InputError
            The text is empty.
        """
        if not isinstance(text, str):
            raise bad_value(argument, text, "must be a text", "Pass a str, or a list of token ids")
        if not text:
            raise bad_value(argument, text, "is empty", "Give at least one character to continue from")
        ids = list(self.tokenizer(whole_characters(text))["input_ids"])
        begin = self.tokenizer.bos_token
        written = begin is not None and text.startswith(begin)
        return ids[1:] if written and ids[:2] == [self.tokenizer.bos_token_id] * 2 else ids

    def encode_continuation(self, text: str) -> list[int]:
        """Token ids of a text that stands inside another: no special tokens, no space put before it."""
        text = whole_characters(text)
        ids = list(self.tokenizer(text, add_special_tokens=False)["input_ids"])
        if self._source(ids) == text.encode():
            return ids
        anchor = list(self.tokenizer("\n", add_special_tokens=False)["input_ids"])
        anchored = list(self.tokenizer("\n" + text, add_special_tokens=False)["input_ids"])
        if anchored[: len(anchor)] == anchor and self._source(anchored[len(anchor) :]) == text.encode():
            return anchored[len(anchor) :]
        return ids

    def label(self, token_id: int) -> str:
        """A token as written for a reader."""
        return label(self.token_bytes(token_id))

    def check_ids(self, token_ids: Sequence[int], argument: str = "token_ids") -> list[int]:
        """The ids as plain integers.

        Raises
        ------
        InputError
            One is outside the vocabulary, or no whole number.
        """
        try:
            ids = [operator.index(i) for i in token_ids]
        except TypeError:
            raise bad_value(
                argument, token_ids, "is neither text nor token ids", "Pass a str, or whole numbers"
            ) from None
        size = self.forward.vocabulary_size
        for token_id in ids:
            if not 0 <= token_id < size:
                raise bad_value(
                    argument, token_id, f"is not in the vocabulary of {size:,} tokens", "Use 0 … its size − 1"
                )
        return ids

    def _source(self, ids: Sequence[int]) -> bytes:
        special = self.token_bytes.special_ids
        return b"".join(self.token_bytes(i) for i in ids if i not in special)


def whole_characters(text: str) -> str:
    """The text with halves of surrogate pairs joined, and lone ones as U+FFFD: tokenizers refuse them."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def load(
    source: str | Path,
    *,
    revision: str | None = None,
    trust_remote_code: bool = False,
    **options: Any,
) -> LocalModel:
    """Load a model: ``"smollm2-135m"`` (the embedded default), a hub id, or a folder.

    Weights are read from safetensors only. Further keywords (``dtype``, ``device_map``, ``quantization_config``,
    ``attn_implementation`` …) go to ``AutoModelForCausalLM.from_pretrained``.

    Raises
    ------
    ModelLoadError
        Unknown, unreachable, or no causal language model.
    """
    from tokenscope_widgets.models import demo

    name = str(source)
    if name == demo.NAME:
        source, revision = demo.demo_model_folder(), None
    where = {"revision": revision} if revision else {}
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    with _quiet(logging):
        try:
            tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=trust_remote_code, **where)
            model = AutoModelForCausalLM.from_pretrained(
                source, trust_remote_code=trust_remote_code, use_safetensors=True, **where, **options
            )
        except (OSError, ValueError, ImportError, KeyError, SafetensorError) as error:
            raise ModelLoadError(_explain(name, error)) from error
    return LocalModel(model, tokenizer, name, demo.REVISION if name == demo.NAME else revision)


def _explain(name: str, error: Exception) -> str:
    reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    remedy = "Check the name; pass a folder that holds the model, or 'smollm2-135m' for the embedded default"
    text = str(error)
    if type(error).__name__ == "SafetensorError":
        remedy = "Its weights are damaged or incomplete: fetch them again"
    elif "safetensors" in text:
        remedy = "Only safetensors weights are loaded, because others can run code: convert the checkpoint first"
    elif "Unrecognized configuration class" in text or "AutoModelForCausalLM" in text:
        remedy = "It is no causal language model: choose one that generates text"
    elif "trust_remote_code" in text:
        remedy = "The model brings its own code: pass trust_remote_code=True only if you trust its author"
    elif "offline" in text or "connect" in text.lower():
        remedy = "Without a network only models in the local cache, a folder, or 'smollm2-135m' can be loaded"
    return f"model={name!r} could not be loaded: {reason} {remedy}."


def _require_causal(model: Any) -> None:
    can_generate = getattr(model, "can_generate", None)
    config = getattr(model, "config", None)
    head = getattr(model, "get_output_embeddings", lambda: None)()
    if config is None or head is None or not (can_generate and can_generate()) or config.is_encoder_decoder:
        raise InputError(
            f"model={type(model).__name__}: is no causal language model. "
            "Pass one made by AutoModelForCausalLM (its class name ends in 'ForCausalLM' or 'LMHeadModel')."
        )
    if _looks_ahead(model):
        raise InputError(
            f"model={type(model).__name__}: its attention sees later tokens, so its probabilities are not those of "
            "writing. Load it with is_decoder=True if it was trained as a decoder, or choose another model."
        )


def _looks_ahead(model: Any) -> bool:
    """Whether its attention sees later tokens: an encoder that was loaded as if it wrote text."""
    return any(getattr(part, "is_causal", None) is False for part in model.modules())


def _eos_ids(model: Any, tokenizer: Any) -> tuple[int, ...]:
    found = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    if found is None:
        found = tokenizer.eos_token_id
    if found is None:
        return ()
    return tuple(int(i) for i in (found if isinstance(found, list | tuple) else [found]))


@contextlib.contextmanager
def _quiet(logging: Any) -> Iterator[None]:
    """No "Loading weights" bar for a model that loads in a blink; the user's own setting comes back."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
