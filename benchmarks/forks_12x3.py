"""Fork analysis of 12 positions, 3 other tokens each, 24 tokens on, against ``model.generate`` one by one."""

from __future__ import annotations

from _paired import Row, demo_session, paired, report

POSITIONS, ALTERNATIVES, NEW_TOKENS = 12, 3, 24


def measure_forks(repeats: int = 3) -> Row:
    """The row of ``forks_12x3``."""
    import torch

    from tokenscope_widgets.demo import PROMPT

    session = demo_session()
    run = session.generate(PROMPT, max_new_tokens=64)
    found = session.plan_forks(run, POSITIONS, ALTERNATIVES, least_probability=0.0).analysis
    starts = [
        [*run.token_ids[: point.at].tolist(), arm.token_id]
        for point in found.points
        for arm in point.arms
        if not arm.written
    ]
    assert len(starts) == POSITIONS * ALTERNATIVES

    def ours() -> list[list[int]]:
        made = session.forks(
            run, POSITIONS, ALTERNATIVES, until="run", max_new_tokens=NEW_TOKENS, least_probability=0.0
        )
        return [one.token_ids.tolist() for one in made.runs]

    def other() -> list[list[int]]:
        out = []
        for ids in starts:
            given = torch.tensor([ids])
            made = session.model.model.generate(
                given,
                attention_mask=torch.ones_like(given),
                max_new_tokens=NEW_TOKENS,
                do_sample=False,
                pad_token_id=0,
            )
            out.append(made[0].tolist())
        return out

    assert ours() == other()
    return paired("forks_12x3", 0.35, ours, other, repeats)


if __name__ == "__main__":
    report(measure_forks())
