"""Five alternatives of one position, 24 tokens each, as one batch against one by one."""

from __future__ import annotations

from _paired import Row, code_ids, demo_session, paired, report

COUNT, NEW_TOKENS = 5, 24


def measure_alternatives(repeats: int = 7) -> Row:
    """The row of ``alternatives_5``."""
    session = demo_session()
    run = session.generate(code_ids(session, 40), max_new_tokens=8, eos_token_ids=())
    at = 44
    tokens = session.likeliest_others(run, at, COUNT)

    def ours() -> list[list[int]]:
        runs = session.alternatives(run, at, COUNT, max_new_tokens=NEW_TOKENS)
        return [made.token_ids.tolist() for made in runs]

    def other() -> list[list[int]]:
        return [session.branch(run, at, i, max_new_tokens=NEW_TOKENS).token_ids.tolist() for i in tokens]

    assert ours() == other()
    return paired("alternatives_5", 0.5, ours, other, repeats)


if __name__ == "__main__":
    report(measure_alternatives())
