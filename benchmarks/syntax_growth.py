"""The whole syntax map of 50,000 tokens, against that of 10,000: five times the work should cost little more."""

from __future__ import annotations

from _paired import Row, demo_session, paired, report
from _syntax import code_tokens

from tokenscope_widgets.code.parsing import parse_tokens


def measure_growth() -> Row:
    """The row of ``syntax_growth``."""
    session = demo_session()
    small, large = code_tokens(session, 10_000), code_tokens(session, 50_000)
    row = paired("syntax_growth", 6, lambda: parse_tokens(large), lambda: parse_tokens(small), 9)
    trees = [len(parse_tokens(tokens).tree) for tokens in (small, large)]
    assert trees[1] > 3 * trees[0] > 1000, trees
    return row


if __name__ == "__main__":
    report(measure_growth())
