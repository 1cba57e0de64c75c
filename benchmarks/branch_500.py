"""Replace the token after 500 others and write one more, against starting again with the same tokens."""

from __future__ import annotations

from _paired import Row, code_ids, demo_session, paired, report

LENGTH = 500


def measure_branch(repeats: int = 11) -> Row:
    """The row of ``branch_500``."""
    session = demo_session()
    ids = code_ids(session, LENGTH)
    run = session.generate(ids, max_new_tokens=2, eos_token_ids=())
    token = session.likeliest_others(run, LENGTH, 1)[0]

    def ours() -> list[int]:
        return list(session.branch(run, LENGTH, token, max_new_tokens=1).token_ids)

    def other() -> list[int]:
        return list(session.generate([*ids, token], max_new_tokens=1, eos_token_ids=()).token_ids)

    assert ours() == other()
    return paired("branch_500", 0.08, ours, other, repeats)


if __name__ == "__main__":
    report(measure_branch())
