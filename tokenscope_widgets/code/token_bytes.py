"""The bytes of source text that each token of a vocabulary stands for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_PRINTABLE = [*range(33, 127), *range(161, 173), *range(174, 256)]
_HIDDEN = [b for b in range(256) if b not in _PRINTABLE]
_BYTE_OF_CHARACTER = {chr(b): b for b in _PRINTABLE} | {chr(256 + i): b for i, b in enumerate(_HIDDEN)}
_BYTE_PIECE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def byte_level_bytes(piece: str) -> bytes:
    """A piece of a byte-level BPE vocabulary (GPT-2, Llama 3, Qwen, SmolLM); added tokens are plain text."""
    try:
        return bytes(_BYTE_OF_CHARACTER[character] for character in piece)
    except KeyError:
        return piece.encode()


def sentencepiece_bytes(piece: str) -> bytes:
    """A SentencePiece piece with byte fallback (Llama 2, Gemma): ``▁`` is a space, ``<0x0A>`` a byte."""
    match = _BYTE_PIECE.fullmatch(piece)
    return bytes([int(match[1], 16)]) if match else piece.replace("▁", " ").encode()


class TokenBytes:
    """Token id to bytes for one tokenizer.

    Attributes
    ----------
    special_ids : frozenset of int
        Ids that stand for no source text.
    strips_first_space : bool
        Whether the first piece of a text carries a space that is not in the source (Llama 2).
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._convert, self.strips_first_space = _scheme(tokenizer)
        self.special_ids = _special_ids(tokenizer)
        self._known: dict[int, bytes] = {}
        self._added = {int(i): str(t) for i, t in getattr(tokenizer, "added_tokens_decoder", {}).items()}

    def __call__(self, token_id: int) -> bytes:
        """The bytes of a token; the written form of a special token; none for an id outside the vocabulary."""
        if token_id not in self._known:
            self._known[token_id] = self._look_up(token_id)
        return self._known[token_id]

    def _look_up(self, token_id: int) -> bytes:
        if token_id in self._added:
            text = self._added[token_id]
            # Gemma's runs of spaces are added tokens, and still written with "▁"
            plain = token_id in self.special_ids or self._convert is not sentencepiece_bytes
            return text.encode() if plain else self._convert(text)
        piece = self._tokenizer.convert_ids_to_tokens(token_id)
        return b"" if piece is None else self._convert(piece)


def _special_ids(tokenizer: Any) -> frozenset[int]:
    added = getattr(tokenizer, "added_tokens_decoder", {})
    return frozenset(tokenizer.all_special_ids) | {int(i) for i, t in added.items() if getattr(t, "special", False)}


def _scheme(tokenizer: Any) -> tuple[Callable[[str], bytes], bool]:
    """How pieces become bytes, and whether the first loses a space: read from the tokenizer's decoder."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    decoder = json.loads(backend.to_str()).get("decoder") if backend is not None else None
    steps = (decoder or {}).get("decoders", [decoder] if decoder else [])
    kinds = {step["type"] for step in steps}
    if "ByteLevel" in kinds:
        return byte_level_bytes, False
    if kinds & {"ByteFallback", "Metaspace"} or any(s.get("pattern", {}).get("String") == "▁" for s in steps):
        strips = any(step["type"] == "Strip" and step.get("start") for step in steps)
        prepends = any(step["type"] == "Metaspace" and step.get("prepend_scheme") != "never" for step in steps)
        return sentencepiece_bytes, strips or prepends
    return (lambda piece: str(tokenizer.convert_tokens_to_string([piece])).encode()), False
