"""Chats as token ids: those of the tokenizer's own template, each with its role."""

from __future__ import annotations

from typing import Any

import pytest

from tests.models.marked import byte_level
from tests.tiny import tiny_model, tiny_tokenizer
from tokenscope_widgets.analysis.records import Role
from tokenscope_widgets.errors import InputError
from tokenscope_widgets.models.prompts import PromptTokens, chat_prompt, said_by_messages
from tokenscope_widgets.session import Session

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
# as Llama 3: contents are stripped, and the beginning is written by the template
TRIMMED = (
    "{{ bos_token }}{% for m in messages %}{{ '[' + m['role'] + ']' + m['content'] | trim + '<|im_end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '[assistant]' }}{% endif %}"
)
# as Llama 2: the system message stands inside the first one
MERGED = (
    "{{ bos_token }}{% set system = messages[0]['content'] if messages[0]['role'] == 'system' else '' %}"
    "{{ '[INST] <<SYS>>' + system + '<</SYS>>' }}"
    "{% for m in messages if m['role'] != 'system' %}{{ m['content'] }}{% endfor %}{{ ' [/INST]' }}"
)
STRICT = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}x"
SHOUTED = "{% for m in messages %}{{ '<|im_start|>' + m['content'] | upper + '<|im_end|>' }}{% endfor %}"
# as Qwen 3: what stands before the end of the thoughts is dropped
THOUGHTS = "{% for m in messages %}{{ m['role'] + ': ' + m['content'].split('</think>')[-1] + '|' }}{% endfor %}"
PARTS = (
    "{% for m in messages %}{{ '<|im_start|>' }}{% for p in m['content'] %}"
    "{{ p['text'] if p['type'] == 'text' else '(picture)' }}{% endfor %}{{ '<|im_end|>' }}{% endfor %}"
)

USER = {"role": "user", "content": "hi user"}
ANSWER = {"role": "assistant", "content": "  yes\n"}


def tokenizer_with(template: str | None) -> Any:
    tokenizer = byte_level(["<|im_start|>", "<|im_end|>"], begin="<s>")
    tokenizer.chat_template = template
    return tokenizer


def said(tokenizer: Any, prompt: PromptTokens) -> list[str]:
    """The stretches of a prompt that have the role of a prompt."""
    out, before = [], Role.TEMPLATE
    for token, role in zip(tokenizer.convert_ids_to_tokens(prompt.ids), prompt.roles, strict=True):
        if role == Role.PROMPT:
            out[-1:] = [out[-1] + token] if before == Role.PROMPT else [*out[-1:], token]
        before = role
    return [text.replace("Ġ", " ").replace("Ċ", "\n") for text in out]


@pytest.mark.parametrize("template", [CHATML, TRIMMED, MERGED, SHOUTED, THOUGHTS])
@pytest.mark.parametrize(
    "messages", [[USER], [USER, ANSWER, USER], [{"role": "system", "content": "be brief"}, USER]], ids=len
)
@pytest.mark.parametrize("add_generation_prompt", [True, False])
def test_the_ids_are_those_of_the_tokenizers_own_template(
    template: str, messages: list[Any], add_generation_prompt: bool
) -> None:
    tokenizer = tokenizer_with(template)
    prompt = chat_prompt(tokenizer, messages, add_generation_prompt=add_generation_prompt)
    own = tokenizer.apply_chat_template(
        messages, tokenize=True, return_dict=False, add_generation_prompt=add_generation_prompt
    )
    assert list(prompt.ids) == own
    assert len(prompt.roles) == len(prompt.ids)


def test_what_the_messages_say_is_the_prompt_and_the_rest_is_the_template() -> None:
    tokenizer = tokenizer_with(CHATML)
    prompt = chat_prompt(tokenizer, [USER, ANSWER, {"role": "user", "content": "assistant"}])
    assert said(tokenizer, prompt) == ["hi user", "  yes\n", "assistant"]
    assert prompt.roles[:6] == (Role.TEMPLATE,) * 6, "<|im_start|>user and the line's end"
    assert prompt.roles[-11:] == (Role.TEMPLATE,) * 11, "<|im_start|>assistant and the line's end"


def test_a_content_that_the_template_strips_is_found_stripped() -> None:
    tokenizer = tokenizer_with(TRIMMED)
    assert said(tokenizer, chat_prompt(tokenizer, [USER, ANSWER])) == ["hi user", "yes"]


def test_a_system_message_inside_another_one_is_found() -> None:
    tokenizer = tokenizer_with(MERGED)
    prompt = chat_prompt(tokenizer, [USER], system="be brief")
    assert said(tokenizer, prompt) == ["be brief", "hi user"]


def test_a_message_that_reads_like_the_template_is_found_where_it_stands() -> None:
    tokenizer = tokenizer_with(CHATML)
    prompt = chat_prompt(tokenizer, [{"role": "user", "content": "user"}])
    assert prompt.roles.index(Role.PROMPT) == len("S" + "user\n")
    assert said(tokenizer, prompt) == ["user"]


def test_a_content_that_the_template_rewrites_is_not_guessed() -> None:
    tokenizer = tokenizer_with(SHOUTED)
    assert said(tokenizer, chat_prompt(tokenizer, [USER])) == []


def test_where_the_template_drops_a_part_the_other_messages_are_still_found() -> None:
    tokenizer = tokenizer_with(THOUGHTS)
    messages = [USER, {"role": "assistant", "content": "so</think>done"}, {"role": "user", "content": "thanks"}]
    assert said(tokenizer, chat_prompt(tokenizer, messages)) == ["hi user", "thanks"]


def test_of_two_places_where_a_content_could_stand_none_is_taken() -> None:
    assert said_by_messages("a b b", [{"role": "user", "content": "b"}], lambda _: "nothing") == []


def test_the_texts_of_a_content_in_parts_are_found() -> None:
    tokenizer = tokenizer_with(PARTS)
    content = [{"type": "text", "text": "what is"}, {"type": "image"}, {"type": "text", "text": "this?"}]
    assert said(tokenizer, chat_prompt(tokenizer, [{"role": "user", "content": content}])) == ["what is", "this?"]


def test_a_system_prompt_is_put_before_the_messages() -> None:
    tokenizer = tokenizer_with(CHATML)
    written = [{"role": "system", "content": "be brief"}, USER]
    assert chat_prompt(tokenizer, [USER], system="be brief") == chat_prompt(tokenizer, written)


def test_the_last_message_can_be_left_open() -> None:
    tokenizer = tokenizer_with(CHATML)
    prompt = chat_prompt(tokenizer, [USER, {"role": "assistant", "content": "def f"}], continue_final_message=True)
    assert tokenizer.decode(prompt.ids[-5:]) == "def f"
    assert said(tokenizer, prompt) == ["hi user", "def f"]


def test_options_reach_the_template() -> None:
    tokenizer = tokenizer_with("{{ mood }}{{ messages[0]['content'] }}")
    prompt = chat_prompt(tokenizer, [USER], template_options={"mood": "glad: "})
    assert tokenizer.decode(prompt.ids) == "glad: hi user"
    assert said(tokenizer, prompt) == ["hi user"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (5, "template_options=5: is no mapping"),
        ({"return_tensors": "pt"}, "template_options='return_tensors': is not the template's to decide"),
        ({"add_generation_prompt": True}, "template_options='add_generation_prompt': is not"),
    ],
)
def test_options_that_are_not_the_templates_are_refused(options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        chat_prompt(tokenizer_with(CHATML), [USER], template_options=options)


def test_marks_in_a_message_can_be_taken_as_text() -> None:
    tokenizer = tokenizer_with(CHATML)
    messages = [{"role": "user", "content": "a<|im_end|>b"}]
    prompt = chat_prompt(tokenizer, messages, template_options={"sanitize_control_tokens": True})
    assert prompt.ids.count(tokenizer.convert_tokens_to_ids("<|im_end|>")) == 1
    assert set(prompt.roles) == {Role.PROMPT}, "what the template put is not known then"


def test_halves_of_characters_are_replaced_as_elsewhere() -> None:
    tokenizer = tokenizer_with(CHATML)
    prompt = chat_prompt(tokenizer, [{"role": "user", "content": "a\ud83db"}])
    assert "a\ufffdb" in tokenizer.decode(prompt.ids)


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        ("hi", "messages='hi': is no list of messages"),
        (USER, "is no list of messages"),
        ([], r"messages=\[\]: is no list of messages"),
        (["hi"], "messages='hi': is no message with a role and a content"),
        ([{"content": "hi"}], "is no message with a role and a content"),
        ([{"role": "user"}], "is no message with a role and a content"),
        ([{"role": "user", "content": 5}], "is no message with a role and a content"),
        ([{"role": "user", "content": ["hi"]}], "is no message with a role and a content"),
    ],
)
def test_messages_that_are_none_are_refused(messages: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        chat_prompt(tokenizer_with(CHATML), messages)


def test_two_system_messages_are_refused() -> None:
    with pytest.raises(InputError, match=r"system='b': is given twice: messages hold one too. Leave one of them out"):
        chat_prompt(tokenizer_with(CHATML), [{"role": "system", "content": "a"}, USER], system="b")
    with pytest.raises(InputError, match="system=5: must be a text"):
        chat_prompt(tokenizer_with(CHATML), [USER], system=5)  # type: ignore[arg-type]


def test_what_the_template_refuses_is_told_in_its_words() -> None:
    with pytest.raises(InputError, match=r"messages=\['system', 'user'\]: .* refuses them: System role not supported"):
        chat_prompt(tokenizer_with(STRICT), [USER], system="a")


def test_a_tokenizer_without_a_template_is_refused_unless_one_is_given() -> None:
    with pytest.raises(InputError, match=r"has no chat template. Use session.generate\(text\), or .*chat_template ="):
        chat_prompt(tokenizer_with(None), [USER])
    assert chat_prompt(tokenizer_with(None), [USER], template_options={"chat_template": CHATML}) == chat_prompt(
        tokenizer_with(CHATML), [USER]
    )


def test_a_text_that_begins_with_the_written_mark_does_not_get_it_twice() -> None:
    tokenizer = tokenizer_with(CHATML)
    model = Session(tiny_model(), tokenizer).model
    begin = tokenizer.bos_token_id
    assert (
        model.encode("<s>ab") == model.encode("ab") == [begin, *tokenizer("ab", add_special_tokens=False)["input_ids"]]
    )
    assert model.encode("<s><s>ab")[:3] == [begin, begin, model.encode("ab")[1]], "what is written twice stays"
    assert Session(tiny_model(), tiny_tokenizer()).model.encode("<s>")[0] != begin
