"""A map as pandas data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenscope_widgets.code.outline import node_label
from tokenscope_widgets.code.structure import STRUCTURES

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.code.code_map import CodeMap


def token_frame(code: CodeMap) -> pd.DataFrame:
    """One row a token; see `CodeMap.to_frame`."""
    import pandas as pd

    nodes = code.node_of.tolist()
    structures = code.enclosing(*(s for s in STRUCTURES if s != "other")).tolist()
    statements, functions = code.enclosing("statement").tolist(), code.enclosing("function").tolist()

    def labels(of: list[int]) -> list[str | None]:
        known = {node: node_label(code, node) for node in {of[n] for n in nodes if n >= 0} if node >= 0}
        return [known.get(of[node]) if node >= 0 else None for node in nodes]

    return pd.DataFrame(
        {
            "text": [b.decode("utf-8", "replace") for b in code.token_bytes()],
            "byte_start": code.text.start,
            "byte_end": code.text.end,
            "line": code.line_of(code.text.start) + 1,
            "role": code.roles,
            "state": code.states,
            "structure": [code.structure_of(structures[n]) if n >= 0 and structures[n] >= 0 else None for n in nodes],
            "kind": [code.tree.kind_of(n) if n >= 0 else None for n in nodes],
            "statement": labels(statements),
            "function": labels(functions),
            "path": [" › ".join(code.path(i)) for i in range(len(code))],
        }
    ).rename_axis("position")
