"""A model, its worker, and the runs made with it."""

from __future__ import annotations

import random
import uuid
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenscope_widgets.analysis.records import Generation, Role
from tokenscope_widgets.analysis.settings import DecodingSettings, settings_from
from tokenscope_widgets.errors import ModelLoadError, bad_value
from tokenscope_widgets.keeping import Keeping
from tokenscope_widgets.worker import Job, Worker

if TYPE_CHECKING:
    from tokenscope_widgets.analysis.branching import BranchPlan
    from tokenscope_widgets.analysis.builder import GenerationBuilder
    from tokenscope_widgets.analysis.decoding import Row
    from tokenscope_widgets.writing import Observer

_live_sessions: weakref.WeakValueDictionary[str, Session] = weakref.WeakValueDictionary()


def session_of(run: Generation) -> Session | None:
    """The session that made a run, if it is still there: a run on display can then be branched."""
    return _live_sessions.get(run.provenance.session_id)


class Session(Keeping):
    """A model ready to generate, score, branch and explain.

    Parameters
    ----------
    model : transformers causal language model
        Its parameters stop requiring gradients, and it is put into evaluation mode.
    tokenizer : transformers tokenizer
    name : str, optional
        What records call the model; by default its own name.

    Notes
    -----
    Methods run on the session's one worker thread and return when done: two at once are queued. Ctrl-C ends the
    work between two tokens and returns what there is.
    """

    def __init__(self, model: Any, tokenizer: Any, *, name: str | None = None, revision: str | None = None) -> None:
        from tokenscope_widgets.models.local import LocalModel
        from tokenscope_widgets.writing import Writer

        self.model = LocalModel(model, tokenizer, name, revision)
        self.worker = Worker()
        self.session_id = uuid.uuid4().hex
        self.sandbox = None
        self._writer = Writer(self.model)
        self._provenance = self.model.provenance(self.session_id)
        self._written_attention = weakref.WeakKeyDictionary()
        self._runs: weakref.WeakValueDictionary[str, Generation] = weakref.WeakValueDictionary()
        self._listeners: list[Callable[[Generation], None]] = []
        _live_sessions[self.session_id] = self

    @classmethod
    def from_pretrained(
        cls,
        source: str | Path = "smollm2-135m",
        *,
        revision: str | None = None,
        trust_remote_code: bool = False,
        **options: Any,
    ) -> Session:
        """Load a model and open a session on it.

        Parameters
        ----------
        source : str or Path
            ``"smollm2-135m"`` (the embedded default, fetched once), a hub id, or a folder.
        revision : str, optional
            Of a hub model.
        trust_remote_code : bool
            Run Python code that comes with the model.
        **options
            ``dtype``, ``device_map``, ``quantization_config`` … as for
            ``AutoModelForCausalLM.from_pretrained``.

        Raises
        ------
        ModelLoadError
            The model cannot be found, fetched or loaded.
        """
        try:
            from tokenscope_widgets.models.local import load
        except ModuleNotFoundError as error:
            raise ModelLoadError(
                f"{error.name} is not installed, and a model needs it: pip install torch transformers. "
                "Without it, saved runs can still be shown: ts.TokenStream(ts.load(path))."
            ) from error

        found = load(source, revision=revision, trust_remote_code=trust_remote_code, **options)
        return cls(found.model, found.tokenizer, name=found.name, revision=found.revision)

    def __repr__(self) -> str:
        return f"<Session {self.model.name} ({self._provenance.dtype}, {self.model.model.device})>"

    def generate(
        self, prompt: str | Sequence[int], *, attention: bool | int | Sequence[int] = False, **settings: Any
    ) -> Generation:
        """Continue a prompt; shows progress where it takes longer than a second.

        Parameters
        ----------
        prompt : str or sequence of int
            Text, or token ids as they are.
        attention : bool, int or sequence of int
            Keep what each new token read while it is written, of all layers or of these: `attention` finds it when
            asked for those queries.
        **settings
            `DecodingSettings`: ``max_new_tokens=128``, ``do_sample=False``, ``temperature``, ``top_k``, ``top_p``,
            ``min_p``, ``repetition_penalty``, ``seed``, ``stop_strings``, ``eos_token_ids``, ``alternatives=10``.

        Raises
        ------
        InputError
            An empty or too long prompt, a setting out of range or unknown.
        ModelOutputError, OutOfMemoryError
            The model failed; ``error.partial`` holds what was generated.
        """
        return self._wait(self.start_generate(prompt, attention=attention, **settings))[0]

    def score(self, text: str | Sequence[int], *, alternatives: int = 10) -> Generation:
        """Measure every token of a text that someone wrote; nothing is generated."""
        settings = self._settings({"alternatives": alternatives})
        ids = self._prompt_ids(text, "text", to_write=0)

        def work(job: Job[list[Generation]]) -> list[Generation]:
            return self._made([self._writer.score(job, self._row(ids, settings))])

        return self._wait(self.worker.submit(work), "Measuring")[0]

    def start_generate(
        self,
        prompt: str | Sequence[int],
        observer: Observer | None = None,
        *,
        attention: bool | int | Sequence[int] = False,
        **settings: Any,
    ) -> Job[list[Generation]]:
        """`generate`, at once: returns the job. Arguments are checked here."""
        checked = self._settings(settings)
        row = self._row(self._prompt_ids(prompt), checked)
        if attention is False:
            return self._start([row], checked, observer)
        layers = None if attention is True else attention
        return self._start_listening(row, checked, observer, layers)

    def _start(self, rows: list[Row], settings: DecodingSettings, observer: Observer | None) -> Job[list[Generation]]:
        def work(job: Job[list[Generation]]) -> list[Generation]:
            return self._made(self._writer.write(job, rows, settings, observer))

        return self.worker.submit(work, total=settings.max_new_tokens * len(rows))

    def _start_listening(
        self, row: Row, settings: DecodingSettings, observer: Observer | None, layers: int | Sequence[int] | None
    ) -> Job[list[Generation]]:
        from tokenscope_widgets.analysis.attention_written import WrittenAttention

        attention = WrittenAttention(self.model.model, layers, len(row.token_ids), settings.max_new_tokens)
        self._require_memory(attention.nbytes, "attention", "Keep fewer layers, or write fewer tokens")

        def watch(index: int, builder: GenerationBuilder) -> None:
            attention.take(len(builder))
            if observer is not None:
                observer(index, builder)

        def work(job: Job[list[Generation]]) -> list[Generation]:
            with attention.recording():
                runs = self._made(self._writer.write(job, [row], settings, watch))
            # without its run, which would keep itself alive here
            self._written_attention[runs[0]] = attention.result(len(runs[0]))
            return runs

        return self.worker.submit(work, total=settings.max_new_tokens)

    @property
    def runs(self) -> list[Generation]:
        """The runs of this session that something still holds, in the order in which they were made."""
        return list(self._runs.values())

    def on_run(self, listener: Callable[[Generation], None]) -> Callable[[], None]:
        """Call with every run from now on, on the worker's thread; returns how to end that."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def _made(self, runs: list[Generation]) -> list[Generation]:
        """Remember runs and tell who wants to know; a listener's failure is not the run's."""
        for run in runs:
            self._runs[run.run_id] = run
            for listener in list(self._listeners):
                with suppress(Exception):
                    listener(run)
        return runs

    def _settings(self, options: dict[str, Any], base: DecodingSettings | None = None) -> DecodingSettings:
        settings = settings_from(options, base or DecodingSettings(eos_token_ids=self.model.eos_token_ids))
        settings.check(self.model.forward.vocabulary_size)
        if settings.do_sample and settings.seed is None:
            settings = replace(settings, seed=random.getrandbits(31))
        return settings

    def _row(
        self,
        ids: list[int],
        settings: DecodingSettings,
        plan: BranchPlan | None = None,
        seed: int | None = None,
        roles: Sequence[Role] | None = None,
    ) -> Row:
        from tokenscope_widgets.analysis.builder import GenerationBuilder
        from tokenscope_widgets.analysis.decoding import Row

        builder = GenerationBuilder(
            bytes_of=self.model.token_bytes,
            special_ids=self.model.token_bytes.special_ids,
            prompt_length=plan.prompt_length if plan else len(ids),
            settings=settings if seed is None else replace(settings, seed=seed),
            provenance=self._provenance,
            lineage=plan.lineage if plan else None,
            measured=plan.measured if plan else None,
            strip_first_space=self.model.token_bytes.strips_first_space,
        )
        roles = roles or (plan.roles if plan else (Role.PROMPT,) * len(ids))
        return Row(
            token_ids=ids, builder=builder, forced_roles=roles, seed=(settings.seed if seed is None else seed) or 0
        )

    def _prompt_ids(self, prompt: str | Sequence[int], argument: str = "prompt", to_write: int = 1) -> list[int]:
        ids = self.model.encode(prompt, argument) if isinstance(prompt, str) else self.model.check_ids(prompt, argument)
        if not ids:
            raise bad_value(argument, prompt, "is empty", "Give at least one token to continue from")
        self._require_room(len(ids), argument, to_write)
        return ids

    def _require_room(self, length: int, what: str, to_write: int = 1) -> None:
        limit = self.model.context_length
        if limit is not None and length + to_write > limit:
            left = ", one of which must be left to write" if to_write else ""
            raise bad_value(
                what,
                f"{length:,} tokens",
                f"is too long: the model's context holds {limit:,} tokens{left}",
                f"Leave out at least {length + to_write - limit:,} tokens",
            )
