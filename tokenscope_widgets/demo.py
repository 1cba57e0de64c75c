"""``python -m tokenscope_widgets.demo``: generate, branch where the model was unsure, ask why, test: four pages."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.code.parsing import parse
from tokenscope_widgets.sandbox import unavailable
from tokenscope_widgets.session import Session
from tokenscope_widgets.widgets.code_view import CodeView
from tokenscope_widgets.widgets.flow import Flow
from tokenscope_widgets.widgets.token_stream import TokenStream
from tokenscope_widgets.widgets.what_if import WhatIf

PROMPT = 'def fibonacci(n):\n    """Return the n-th Fibonacci number."""\n    if'
TESTS = "\n".join(f"assert fibonacci({n}) == {value}" for n, value in ((0, 0), (1, 1), (2, 1), (5, 5), (10, 55)))
_MOST_SECONDS = 2.0


def most_uncertain(run: Generation) -> int:
    """The written code token with the highest entropy; white space is not asked for."""
    entropy = run.entropy_nats.copy()
    silent = [not text.strip() for text in run.tokens.texts]
    entropy[np.array(silent) | (np.arange(len(run)) < run.prompt_length)] = -1
    return int(np.nanargmax(entropy))


def verdict(run: Generation) -> str:
    """What linters say of a variant, in a word or two."""
    errors = sum(row.finding.severity == "error" for row in parse(run).diagnostics())
    return "no error" if not errors else f"{errors} error{'' if errors == 1 else 's'}"


def consequences(session: Session, run: Generation, folder: Path) -> Path | None:
    """Where it was decided whether the tests pass; nothing where programs cannot be isolated."""
    if reason := unavailable():
        print(f"\nThe variants are not tested: {reason}")
        return None
    session.allow_running(seconds=_MOST_SECONDS)
    found = session.forks(run, positions=6, tests=TESTS)
    print(f"\nTests: {session.consequence(run, TESTS).message}. Where was that decided? The chance of passing,")
    for point in found.decisive()[:3]:
        others = ", ".join(f"{arm.text!r} {arm.outcomes[0]['message'].split(';')[0]}" for arm in point.arms[1:3])
        print(f"{point.pivot.value:>+8.0%} by {point.arms[0].text!r} at position {point.at} (others: {others})")
    lab = WhatIf(found)
    lab.alternatives(found.decisive()[0].at, k=3)
    lab.wait()
    return lab.to_html(folder / "what_if.html")


def main(folder: Path = Path()) -> Path:
    """Run the main job on the embedded model and return the page of the token stream; ``cause.html``,
    ``structure.html`` and ``what_if.html`` lie beside it."""
    session = Session.from_pretrained()
    run = session.generate(PROMPT, max_new_tokens=72, stop_strings="```")
    at = most_uncertain(run)
    stream = TokenStream(run, syntax=True)
    stream.alternatives(at, k=3).wait()
    print(run.text, "\n")
    print(f"Most uncertain token of the code: position {at}, entropy {run.entropy_nats[at]:.2f} nats\n")
    print(f"{'token':<10} {'probability':>11} {'tokens':>7} {'perplexity':>11} {'linters':>10}   continues with")
    for branch in (run, *stream.branches):
        rest = "".join(branch.tokens.texts[at + 1 :]).strip().splitlines()
        print(
            f"{branch.tokens.texts[at]!r:<10} {branch.probability[at]:>11.1%} {len(branch):>7} "
            f"{branch.perplexity:>11.2f} {verdict(branch):>10}   {rest[0][:48] if rest else ''}"
        )
    cause = session.attribute(run, at)
    trust = cause.faithfulness(counts=[max(1, len(cause.sources) // 3)], insertion=False)
    print(f"\nWhy {run.tokens.texts[at]!r}? What its log-probability loses without each line:")
    for line, score in cause.top(4):
        print(f"{score:>+8.2f} nats   {line.strip()[:60]}")
    print(
        f"How far to trust it: the top {trust.counts[0]} together cost {trust.deletion[0]:.1f} nats, "
        f"{trust.counts[0]} random lines {trust.random_deletion.mean():.1f}."
    )
    page, why = stream.to_html(folder / "demo.html"), Flow(cause).to_html(folder / "cause.html")
    outline = CodeView(stream).to_html(folder / "structure.html")
    tested = consequences(session, run, folder)
    others = ", ".join(one.name for one in (why, outline, tested) if one is not None)
    print(f"\nOpen {page.resolve()}, {others} in a browser: they need no network. In JupyterLab: make lab.")
    return page


if __name__ == "__main__":
    main()
