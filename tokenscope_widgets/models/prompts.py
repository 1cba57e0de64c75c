"""A chat as token ids, each with the role that says whether a message or the template put it there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tokenscope_widgets.analysis.records import Role
from tokenscope_widgets.errors import InputError, bad_value

Message = Mapping[str, Any]

_EXAMPLE = 'Use a list such as [{"role": "user", "content": "…"}]'
_OWN_OPTIONS = ("tokenize", "return_dict", "return_tensors", "padding", "truncation", "max_length", "tokenizer_kwargs")
# private use characters: no template looks for them, none strips them
_STAND_IN = "\ue000{}\ue001"


@dataclass(frozen=True)
class PromptTokens:
    """A prompt that is more than a text.

    Attributes
    ----------
    ids : tuple of int
    roles : tuple of Role
        One for each id: ``TEMPLATE`` where a template put it, ``PROMPT`` where it is of the text.
    """

    ids: tuple[int, ...]
    roles: tuple[Role, ...]


def chat_prompt(
    tokenizer: Any,
    messages: Sequence[Message],
    *,
    system: str | None = None,
    add_generation_prompt: bool = True,
    continue_final_message: bool = False,
    template_options: Mapping[str, Any] | None = None,
) -> PromptTokens:
    """The ids that the tokenizer's own ``apply_chat_template`` gives, and their roles.

    Parameters
    ----------
    tokenizer : transformers tokenizer
    messages : sequence of mapping
        ``{"role": …, "content": …}`` each.
    system : str, optional
        A system message to put first.
    add_generation_prompt : bool
        End with the header of an answer; not with ``continue_final_message``.
    continue_final_message : bool
        Leave the last message open.
    template_options : mapping, optional
        Further keywords of ``apply_chat_template``: ``tools``, ``documents``, ``chat_template``, or what the template
        itself knows, such as ``enable_thinking``.

    Raises
    ------
    InputError
        No template, messages that are none, two system messages, or what the template itself refuses.
    """
    options = _checked_options(template_options)
    _require_template(tokenizer, options)
    checked = _checked(messages, system)
    options["add_generation_prompt"] = add_generation_prompt and not continue_final_message
    options["continue_final_message"] = continue_final_message

    def render(some: Sequence[Message], **how: Any) -> Any:
        return _applied(tokenizer, some, {**options, **how})

    ids = tuple(int(i) for i in render(checked, tokenize=True, return_dict=False))
    offsets = None
    # where what the messages say may not become marks, the written form of the chat is another one
    if not options.pop("sanitize_control_tokens", False):
        text = render(checked, tokenize=False)
        offsets = _offsets(tokenizer, text, ids)
    if offsets is None:
        return PromptTokens(ids, (Role.PROMPT,) * len(ids))
    said = said_by_messages(text, checked, lambda some: str(render(some, tokenize=False)))
    return PromptTokens(ids, tuple(_role(start, end, said) for start, end in offsets))


def said_by_messages(
    text: str, messages: Sequence[Message], render: Callable[[Sequence[Message]], str]
) -> list[tuple[int, int]]:
    """Where a rendered chat holds what its messages say, as characters ``start … end − 1``.

    What cannot be located for certain is left out.

    Parameters
    ----------
    text : str
        The rendered messages.
    messages : sequence of mapping
    render : callable
        Renders other messages the same way.
    """
    contents = [content for message in messages for content in _texts(message)]
    return _between_literals(text, contents, messages, render) or _standing_once(text, contents)


def _between_literals(
    text: str, contents: list[str], messages: Sequence[Message], render: Callable[[Sequence[Message]], str]
) -> list[tuple[int, int]]:
    """By rendering stand-ins: what is around them is the template. Nothing where the text is not then explained."""
    names = iter(_STAND_IN.format(i) for i in range(len(contents)))
    try:
        rest = render([_with_texts(message, lambda _: next(names)) for message in messages])
    except InputError:
        return []
    literals = []
    for i in range(len(contents)):
        before, found, rest = rest.partition(_STAND_IN.format(i))
        if not found:
            return []
        literals.append(before)
    literals.append(rest)
    at, out = len(literals[0]), []
    if not text.startswith(literals[0]):
        return []
    for i, content in enumerate(contents):
        literal, last = literals[i + 1], i == len(contents) - 1
        for variant in (content, content.strip(), content.rstrip(), content.lstrip()):
            end = at + len(variant)
            if text.startswith(variant + literal, at) and (not last or end + len(literal) == len(text)):
                break
        else:
            return []
        out.append((at, end))
        at = end + len(literal)
    return out


def _standing_once(text: str, contents: list[str]) -> list[tuple[int, int]]:
    """By looking for them in order; one that stands at two places, or at none, is left out."""
    out, at = [], 0
    for content in contents:
        found = content.strip()
        if found and text.count(found, at) == 1:
            start = text.index(found, at)
            at = start + len(found)
            out.append((start, at))
    return out


def _role(start: int, end: int, said: list[tuple[int, int]]) -> Role:
    """A token that is partly a message's is the message's."""
    return Role.PROMPT if any(start < stop and end > first for first, stop in said) else Role.TEMPLATE


def _offsets(tokenizer: Any, text: str, ids: tuple[int, ...]) -> list[tuple[int, int]] | None:
    """The characters of each token; None where the tokenizer does not tell, or reads the text otherwise."""
    if not getattr(tokenizer, "is_fast", False):
        return None
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    return list(encoded["offset_mapping"]) if tuple(encoded["input_ids"]) == ids else None


def _require_template(tokenizer: Any, options: Mapping[str, Any]) -> None:
    if not getattr(tokenizer, "chat_template", None) and not options.get("chat_template"):
        raise InputError(
            f"tokenizer={type(tokenizer).__name__}: has no chat template. "
            "Use session.generate(text), or give it one: tokenizer.chat_template = '…'."
        )


def _checked_options(options: Mapping[str, Any] | None) -> dict[str, Any]:
    if options is not None and not isinstance(options, Mapping):
        raise bad_value("template_options", options, "is no mapping", 'Use a dict such as {"enable_thinking": False}')
    for name in (*_OWN_OPTIONS, "add_generation_prompt", "continue_final_message"):
        if options and name in options:
            raise bad_value("template_options", name, "is not the template's to decide", "Leave it out")
    return dict(options or {})


def _applied(tokenizer: Any, messages: Sequence[Message], options: Mapping[str, Any]) -> Any:
    from jinja2 import TemplateError

    try:
        return tokenizer.apply_chat_template([dict(message) for message in messages], **options)
    except (TemplateError, TypeError, ValueError, KeyError) as error:
        raise bad_value(
            "messages",
            [message["role"] for message in messages],
            f"the chat template refuses them: {str(error).rstrip('.')}",
            "Change the messages, or template_options",
        ) from error


def _checked(messages: Sequence[Message], system: str | None) -> list[Message]:
    if isinstance(messages, str | Mapping) or not isinstance(messages, Sequence) or not messages:
        raise bad_value("messages", messages, "is no list of messages", _EXAMPLE)
    for message in messages:
        if not isinstance(message, Mapping) or not isinstance(message.get("role"), str) or not _says(message):
            raise bad_value("messages", message, "is no message with a role and a content", _EXAMPLE)
    if system is None:
        return [_whole(message) for message in messages]
    if not isinstance(system, str):
        raise bad_value("system", system, "must be a text", "Pass a str, or leave it out")
    if any(message["role"] == "system" for message in messages):
        raise bad_value("system", system, "is given twice: messages hold one too", "Leave one of them out")
    return [_whole(message) for message in ({"role": "system", "content": system}, *messages)]


def _says(message: Message) -> bool:
    """Whether it has a content that can be one; a call of tools needs none."""
    content = message.get("content")
    if content is None:
        return bool(message.get("tool_calls"))
    return isinstance(content, str) or (isinstance(content, list) and all(isinstance(p, Mapping) for p in content))


def _texts(message: Message) -> list[str]:
    """What a message says; a content may be a list of parts, some of them texts."""
    content = message.get("content")
    if isinstance(content, str):
        return [content] if content.strip() else []
    return [part["text"] for part in content or () if _has_text(part)]


def _with_texts(message: Message, change: Callable[[str], str]) -> Message:
    content = message.get("content")
    if isinstance(content, str):
        return {**message, "content": change(content) if content.strip() else content}
    if not content:
        return message
    parts = [
        {**part, "text": change(part["text"])} if str(part.get("text") or "").strip() else part for part in content
    ]
    return {**message, "content": parts}


def _has_text(part: Mapping[str, Any]) -> bool:
    text = part.get("text")
    return isinstance(text, str) and bool(text.strip())


def _whole(message: Message) -> Message:
    from tokenscope_widgets.models.local import whole_characters

    return _with_texts(message, whole_characters)
