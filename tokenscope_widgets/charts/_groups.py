"""What figures of groups of tokens share: names of metrics, and labels of groups."""

from __future__ import annotations

from tokenscope_widgets.charts._style import hover_text

UNITS = {"surprisal": "nats", "entropy": "nats", "margin": "p₁ − p₂", "probability": "", "rank": "1 = first choice"}
LONGEST = 40


def bare(metric: str) -> str:
    """The name of a metric without its unit."""
    return metric.removesuffix("_nats")


def with_unit(metric: str) -> str:
    """``surprisal (nats)``"""
    unit = UNITS[bare(metric)]
    return f"{bare(metric)} ({unit})" if unit else bare(metric)


def shown(name: str) -> str:
    """A group as plotly shows it unchanged, cut where it is long."""
    return hover_text(name, LONGEST, code=True)


def distinct(names: list[str]) -> list[str]:
    """Equal names apart, by spaces that are not seen: plotly would merge their rows."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        out.append(name + "\u2009" * count)
    return out
