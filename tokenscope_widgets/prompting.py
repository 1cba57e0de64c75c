"""The part of a session that makes prompts of chats and of texts with a hole, and reads one text with two models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.editing import Editing
from tokenscope_widgets.errors import bad_value

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.decoding import Row
    from tokenscope_widgets.analysis.settings import DecodingSettings
    from tokenscope_widgets.analysis.two_models import ModelComparison
    from tokenscope_widgets.models.fill import FimFormat
    from tokenscope_widgets.models.prompts import Message, PromptTokens


class Prompting(Editing):
    """Methods of `Session` that take something else than one text to continue."""

    def chat(
        self,
        messages: Sequence[Message],
        *,
        system: str | None = None,
        add_generation_prompt: bool = True,
        continue_final_message: bool = False,
        template_options: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> Generation:
        """Answer a chat, written as the tokenizer's chat template writes it.

        Parameters
        ----------
        messages : sequence of dict
            ``{"role": "user", "content": "…"}`` each.
        system : str, optional
            A system message to put first.
        add_generation_prompt : bool
            Open an answer after the last message.
        continue_final_message : bool
            Write on in the last message instead.
        template_options : dict, optional
            Further keywords of ``tokenizer.apply_chat_template``: ``tools``, ``enable_thinking`` …
        **settings
            As for `generate`.

        Raises
        ------
        InputError
            A tokenizer without a chat template, messages that are none, two system messages, or messages that the
            template refuses.

        Notes
        -----
        The ids are those of ``apply_chat_template``: nothing is put before them again. What the template added has
        the role ``TEMPLATE``, what the messages say ``PROMPT``.
        """
        from tokenscope_widgets.models.prompts import chat_prompt

        prompt = chat_prompt(
            self.model.tokenizer,
            messages,
            system=system,
            add_generation_prompt=add_generation_prompt,
            continue_final_message=continue_final_message,
            template_options=template_options,
        )
        rows, checked = self._prompt_rows(prompt, "messages", settings)
        return self._wait(self._start(rows, checked, None))[0]

    def infill(self, prefix: str, suffix: str, *, fim: str | FimFormat | None = None, **settings: Any) -> Generation:
        """Write what stands between two texts.

        Parameters
        ----------
        prefix, suffix : str
            What stands before and after the hole; one may be empty.
        fim : str or FimFormat, optional
            The convention; by default the one whose tokens the tokenizer has.
        **settings
            As for `generate`. The convention's own end tokens end the run too, unless ``eos_token_ids`` is given.

        Raises
        ------
        InputError
            A tokenizer without the tokens for it, no text at all, or a text that holds one of them.
        """
        rows, checked = self._fill_rows(prefix, suffix, fim, settings)
        return self._wait(self._start(rows, checked, None))[0]

    def compare_text(self, other: Prompting, text: str) -> ModelComparison:
        """Score a text with this model and with another one, and say where they differ.

        Parameters
        ----------
        other : Session
            Its tokenizer may be another one: both are compared on the text's bytes.
        text : str

        Raises
        ------
        InputError
            ``other`` is no session, or the tokenizers do not spell the text the same.
        """
        from tokenscope_widgets.analysis.two_models import compare_models

        if not isinstance(other, Prompting):
            raise bad_value("other", other, "is no session", "Pass ts.Session.from_pretrained(…)")
        if not isinstance(text, str):
            raise bad_value("text", text, "must be a text: token ids mean another one to each model", "Pass a str")
        return compare_models(self.score(text), other.score(text))

    def _fill_rows(
        self, prefix: str, suffix: str, fim: str | FimFormat | None, settings: dict[str, Any]
    ) -> tuple[list[Row], DecodingSettings]:
        from tokenscope_widgets.models.fill import end_ids, fill_prompt, fim_format

        tokenizer = self.model.tokenizer
        chosen = fim_format(tokenizer, fim)
        space = self.model.token_bytes.strips_first_space
        prompt = fill_prompt(tokenizer, self.model.encode_continuation, prefix, suffix, chosen, space_first=space)
        ends = dict.fromkeys((*self.model.eos_token_ids, *end_ids(tokenizer, chosen)))
        return self._prompt_rows(prompt, "prefix and suffix", {"eos_token_ids": tuple(ends), **settings})

    def _prompt_rows(
        self, prompt: PromptTokens, argument: str, settings: dict[str, Any]
    ) -> tuple[list[Row], DecodingSettings]:
        checked = self._settings(settings)
        self._require_room(len(prompt.ids), argument)
        return [self._row(list(prompt.ids), checked, roles=prompt.roles)], checked
