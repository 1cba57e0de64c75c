"""Fill in the middle: the marks that code models know, and prompts made with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tokenscope_widgets.analysis.records import Generation, Role
from tokenscope_widgets.code.source import token_source
from tokenscope_widgets.errors import InputError, bad_value
from tokenscope_widgets.models.prompts import PromptTokens


@dataclass(frozen=True)
class FimFormat:
    """How a model is asked to fill in the middle.

    Attributes
    ----------
    name : str
    prefix, suffix, middle : str
        The tokens that stand before the text before the hole, before the text after it, and where the middle begins;
        ``middle`` may be empty.
    end : tuple of str
        Tokens that end the middle; those that the tokenizer lacks do not count.
    order : str
        ``"psm"``: prefix, suffix, middle; ``"spm"``: the suffix first.
    """

    name: str
    prefix: str
    suffix: str
    middle: str
    end: tuple[str, ...]
    order: str = "psm"

    @property
    def marks(self) -> tuple[str, ...]:
        """The tokens a tokenizer must have."""
        return tuple(mark for mark in (self.prefix, self.suffix, self.middle) if mark)


FIM_FORMATS = (
    FimFormat("starcoder", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", ("<|endoftext|>", "<file_sep>")),
    FimFormat("santacoder", "<fim-prefix>", "<fim-suffix>", "<fim-middle>", ("<|endoftext|>",)),
    FimFormat(
        "qwen",
        "<|fim_prefix|>",
        "<|fim_suffix|>",
        "<|fim_middle|>",
        (
            "<|endoftext|>",
            "<|fim_prefix|>",
            "<|fim_suffix|>",
            "<|fim_middle|>",
            "<|fim_pad|>",
            "<|repo_name|>",
            "<|file_sep|>",
            "<|im_end|>",
        ),
    ),
    FimFormat(
        "codegemma",
        "<|fim_prefix|>",
        "<|fim_suffix|>",
        "<|fim_middle|>",
        ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_separator|>", "<eos>"),
    ),
    FimFormat("codellama", "▁<PRE>", "▁<SUF>", "▁<MID>", ("▁<EOT>",)),
    # the middle one is the hole, and the last one asks to fill it
    FimFormat(
        "deepseek",
        "<｜fim▁begin｜>",
        "<｜fim▁hole｜>",
        "<｜fim▁end｜>",
        ("<｜end▁of▁sentence｜>", "<|EOT|>"),
    ),
    FimFormat("codestral", "[PREFIX]", "[SUFFIX]", "", ("</s>",), "spm"),
)
"""The conventions that are known, as the models' makers document them."""


def fim_format(tokenizer: Any, fim: str | FimFormat | None = None) -> FimFormat:
    """The convention a tokenizer has the tokens for, or the one that is asked for.

    Where two share their marks (Qwen, CodeGemma), it is the one of whose end tokens more are there.

    Raises
    ------
    InputError
        An unknown name, or a tokenizer without the tokens.
    """
    if fim is None:
        found = [known for known in FIM_FORMATS if not _missing(tokenizer, known)]
        if not found:
            looked_for = "; ".join(f"{known.name}: {' '.join(known.marks)}" for known in FIM_FORMATS)
            raise InputError(
                f"tokenizer={type(tokenizer).__name__}: has no tokens for filling in the middle (looked for "
                f"{looked_for}). Use a model that was trained to, or name its own tokens: fim=FimFormat(…)."
            )
        return max(found, key=lambda known: len(end_ids(tokenizer, known)))
    chosen = next((known for known in FIM_FORMATS if known.name == fim), None) if isinstance(fim, str) else fim
    if not isinstance(chosen, FimFormat) or chosen.order not in ("psm", "spm"):
        names = ", ".join(repr(known.name) for known in FIM_FORMATS)
        raise bad_value("fim", fim, "is no convention for filling in the middle", f"Use {names}, or a FimFormat")
    missing = _missing(tokenizer, chosen)
    if missing:
        raise bad_value("fim", chosen.name, f"the tokenizer lacks {' '.join(missing)}", "Leave it out, to detect it")
    return chosen


def has_fill_tokens(tokenizer: Any) -> bool:
    """Whether a tokenizer has the tokens of a known convention."""
    return any(not _missing(tokenizer, known) for known in FIM_FORMATS)


def fill_prompt(
    tokenizer: Any,
    encode_inside: Callable[[str], Sequence[int]],
    prefix: str,
    suffix: str,
    fim: FimFormat,
    *,
    space_first: bool = False,
) -> PromptTokens:
    """The prompt after which a model writes what stands between two texts, as its makers document it.

    The prefix is encoded as the beginning of a text, the suffix as the inside of one.

    Parameters
    ----------
    tokenizer : transformers tokenizer
    encode_inside : callable
        Ids of a text that stands inside another.
    prefix, suffix : str
    fim : FimFormat
    space_first : bool
        Whether a text begins with a space that is not in the source, as Llama's do.

    Raises
    ------
    InputError
        Both texts are empty, one is no text, or one holds a mark.
    """
    before = _encoded("prefix", prefix, lambda text: encode_inside(" " + text if space_first else text))
    after = _encoded("suffix", suffix, encode_inside)
    if not before and not after:
        raise bad_value("prefix", prefix, "is empty, and so is the suffix", "Give the text around the hole")
    marks = {mark: int(tokenizer.convert_tokens_to_ids(mark)) for mark in fim.marks}
    for argument, ids in (("prefix", before), ("suffix", after)):
        held = [mark for mark, found in marks.items() if found in ids]
        if held:
            raise bad_value(argument, held[0], "is one of the marks between the parts", "Leave it out of the text")
    parts = [(fim.prefix, before), (fim.suffix, after)]
    if fim.order == "spm":
        parts.reverse()
    ids = _put_before_texts(tokenizer)
    roles = [Role.TEMPLATE] * len(ids)
    for mark, text in [*parts, (fim.middle, [])]:
        ids += [marks[mark], *text] if mark else []
        roles += [Role.TEMPLATE, *[Role.PROMPT] * len(text)] if mark else []
    return PromptTokens(tuple(ids), tuple(roles))


def end_ids(tokenizer: Any, fim: FimFormat) -> tuple[int, ...]:
    """Ids of the tokens that end a middle, as far as the tokenizer has them."""
    found = (token_id(tokenizer, token) for token in fim.end)
    return tuple(i for i in found if i is not None)


def mark_ids(tokenizer: Any) -> frozenset[int]:
    """Ids of the marks and ends that stand for no source text, whether or not the tokenizer calls them special."""
    added = {str(token): int(i) for i, token in getattr(tokenizer, "added_tokens_decoder", {}).items()}
    found = ({*known.marks, *known.end} for known in FIM_FORMATS if all(mark in added for mark in known.marks))
    return frozenset(added[token] for tokens in found for token in tokens if token in added)


def text_of_fill(run: Generation, fim: FimFormat | None = None) -> str:
    """Prefix, middle and suffix in the order in which they are read.

    Parameters
    ----------
    run : Generation
        From `Session.infill` or `Session.rewrite`.
    fim : FimFormat, optional
        Where it was none of the known ones.

    Raises
    ------
    InputError
        The run's prompt holds no marks.
    """
    known = (fim,) if fim is not None else FIM_FORMATS
    meaning = {mark: name for one in known for name, mark in _named_marks(one)}
    labels = [run.token_label(int(i)) for i in run.token_ids[: run.prompt_length]]
    marks = {at: f"<fim_{meaning[label]}>" for at, label in enumerate(labels) if label in meaning}
    if not marks:
        raise bad_value("run", run, "holds no marks of a fill", "Pass what session.infill or session.rewrite returned")
    return token_source(run.tokens.token_bytes, marks).source.decode("utf-8", "replace")


def token_id(tokenizer: Any, token: str) -> int | None:
    """The id of a token by its written form; None where there is none."""
    found = tokenizer.convert_tokens_to_ids(token)
    return int(found) if found is not None and tokenizer.convert_ids_to_tokens(found) == token else None


def _missing(tokenizer: Any, fim: FimFormat) -> list[str]:
    return [mark for mark in fim.marks if token_id(tokenizer, mark) is None]


def _named_marks(fim: FimFormat) -> list[tuple[str, str]]:
    return [("prefix", fim.prefix), ("suffix", fim.suffix), ("middle", fim.middle)]


def _encoded(argument: str, text: str, encode: Callable[[str], Sequence[int]]) -> list[int]:
    from tokenscope_widgets.models.local import whole_characters

    if not isinstance(text, str):
        raise bad_value(argument, text, "must be a text", "Pass a str; it may be empty")
    return [int(i) for i in encode(whole_characters(text))] if text else []


def _put_before_texts(tokenizer: Any) -> list[int]:
    """What the tokenizer itself puts before any text, such as the mark of its beginning."""
    plain = list(tokenizer("x", add_special_tokens=False)["input_ids"])
    full = list(tokenizer("x")["input_ids"])
    starts = [i for i in range(len(full)) if full[i : i + len(plain)] == plain]
    return full[: starts[0]] if starts else []
