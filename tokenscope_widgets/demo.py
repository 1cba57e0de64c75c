"""``python -m tokenscope_widgets.demo``: generate, branch where the model was least sure, write ``demo.html``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.session import Session
from tokenscope_widgets.widgets.token_stream import TokenStream

PROMPT = 'def fibonacci(n):\n    """Return the n-th Fibonacci number."""\n    if'


def most_uncertain(run: Generation) -> int:
    """The written code token with the highest entropy; white space is not asked for."""
    entropy = run.entropy_nats.copy()
    silent = [not text.strip() for text in run.tokens.texts]
    entropy[np.array(silent) | (np.arange(len(run)) < run.prompt_length)] = -1
    return int(np.nanargmax(entropy))


def main(folder: Path = Path()) -> Path:
    """Run the main job on the embedded model and return the page it wrote."""
    session = Session.from_pretrained()
    run = session.generate(PROMPT, max_new_tokens=72, stop_strings="```")
    at = most_uncertain(run)
    stream = TokenStream(run)
    stream.alternatives(at, k=3).wait()
    print(run.text, "\n")
    print(f"Most uncertain token of the code: position {at}, entropy {run.entropy_nats[at]:.2f} nats\n")
    print(f"{'token':<10} {'probability':>11} {'tokens':>7} {'perplexity':>11}   continues with")
    for branch in (run, *stream.branches):
        rest = "".join(branch.tokens.texts[at + 1 :]).strip().splitlines()
        print(
            f"{branch.tokens.texts[at]!r:<10} {branch.probability[at]:>11.1%} {len(branch):>7} "
            f"{branch.perplexity:>11.2f}   {rest[0][:48] if rest else ''}"
        )
    page = stream.to_html(folder / "demo.html")
    print(f"\nOpen {page.resolve()} in a browser: it needs no network. In JupyterLab: make lab.")
    return page


if __name__ == "__main__":
    main()
