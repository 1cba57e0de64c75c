"""The map between a run's tokens and the syntax of what they spell."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.regions import Region
from tokenscope_widgets.code.roles import ROLES
from tokenscope_widgets.code.segments import Overlaps, Segments
from tokenscope_widgets.code.source import TokenSource
from tokenscope_widgets.code.states import STATES
from tokenscope_widgets.code.structure import STRUCTURES, names_of
from tokenscope_widgets.code.tree import Ints, SyntaxTree
from tokenscope_widgets.errors import InputError, bad_value

if TYPE_CHECKING:
    import pandas as pd

    from tokenscope_widgets.analysis.attention import Attention
    from tokenscope_widgets.analysis.attribution import Attribution
    from tokenscope_widgets.analysis.partition import Partition
    from tokenscope_widgets.analysis.records import Generation
    from tokenscope_widgets.code.diagnostics import Finding
    from tokenscope_widgets.code.evidence import Evidence
    from tokenscope_widgets.code.hesitation import Hesitation
    from tokenscope_widgets.code.names import Links

Codes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class CodeMap:
    """Tokens and syntax of one text, mapped to each other by bytes. From `tokenscope_widgets.code.parse`.

    Attributes
    ----------
    text : TokenSource
        The source and where each token stands in it.
    regions : tuple of Region
        Prose and code, an exact partition of the source.
    tree : SyntaxTree
        The nodes of all regions; each region has a root of its own.
    segments : Segments
        Leaves and gaps, an exact partition of the source.
    overlaps : Overlaps
        Which segments each token touches.
    structure, state : uint8 [node]
        Indices into `structure.STRUCTURES` and `states.STATES`.
    complete : bool
        Whether the text was ended by its writer; False where a budget or a stop cut it, or it still grows.
    notes : tuple of str
        What could not be done, and how to change that.
    run : Generation or None
        The run that was parsed.
    """

    text: TokenSource
    regions: tuple[Region, ...]
    tree: SyntaxTree
    segments: Segments
    overlaps: Overlaps
    structure: Codes
    state: Codes
    complete: bool = True
    notes: tuple[str, ...] = ()
    run: Generation | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.text)

    def __repr__(self) -> str:
        languages = ", ".join(sorted({r.language for r in self.regions if r.language})) or "text"
        return f"<CodeMap {languages}: {len(self)} tokens, {len(self.segments)} segments, {len(self.tree)} nodes>"

    @property
    def source(self) -> bytes:
        """The bytes that were parsed."""
        return self.text.source

    @property
    def language(self) -> str | None:
        """The language of the largest piece of code; None where there is none."""
        code = [region for region in self.regions if region.language is not None]
        return max(code, key=lambda region: region.end - region.start).language if code else None

    def token_bytes(self) -> list[bytes]:
        """The bytes of each token."""
        return [self.source[a:b] for a, b in zip(self.text.start.tolist(), self.text.end.tolist(), strict=True)]

    @cached_property
    def role_codes(self) -> Codes:
        """The role of each token's primary segment, uint8 [token]: an index into `roles.ROLES`."""
        out = np.full(len(self), ROLES.index("special"), np.uint8)
        known = self.overlaps.primary >= 0
        out[known] = self.segments.role[self.overlaps.primary[known]]
        return out

    @property
    def roles(self) -> list[str]:
        """The role of each token."""
        return [ROLES[code] for code in self.role_codes]

    @cached_property
    def node_of(self) -> Ints:
        """The node of each token's primary segment, int64 [token]; −1 for special tokens and outside of all trees."""
        out = np.full(len(self), -1, np.int64)
        known = self.overlaps.primary >= 0
        out[known] = self.segments.node[self.overlaps.primary[known]]
        return out

    @property
    def states(self) -> list[str]:
        """The state of each token's node: ``ok`` outside of all trees."""
        return [STATES[self.state[node]] if node >= 0 else "ok" for node in self.node_of.tolist()]

    @cached_property
    def names(self) -> dict[int, str]:
        """The names of classes and functions by their node."""
        return names_of(self.tree, self.source)

    @cached_property
    def line_starts(self) -> Ints:
        """The byte at which each line begins, int64 [line]; lines end with a line feed."""
        text = np.frombuffer(self.source, np.uint8)
        return np.concatenate([[0], np.flatnonzero(text == 10) + 1]).astype(np.int64)

    def line_of(self, byte: int | Ints) -> Ints:
        """The line, from 0, on which a byte stands."""
        return np.asarray(np.searchsorted(self.line_starts, byte, side="right") - 1)

    def enclosing(self, *structures: str) -> Ints:
        """The innermost node of these structures around each node, itself included, int64 [node]; −1 for none.

        ``"statement"`` stands for every kind of statement.
        """
        wanted = np.array([s in structures or s.split(".")[0] in structures for s in STRUCTURES], bool)
        hit = wanted[self.structure].tolist() if len(self.tree) else []
        out: list[int] = []
        for node, parent in enumerate(self.tree.parent.tolist()):
            out.append(node if hit[node] else out[parent] if parent >= 0 else -1)
        return np.array(out, np.int64)

    def structure_of(self, node: int) -> str:
        """What a node is in any language, such as ``statement.loop``."""
        return STRUCTURES[int(self.structure[node])]

    def tokens_of(self, node: int) -> tuple[int, int]:
        """The first and the last token that touch a node, in reading order; (−1, −1) for a node without bytes."""
        return self.tokens_in(int(self.tree.start[node]), int(self.tree.end[node]))

    def tokens_in(self, start: int, end: int) -> tuple[int, int]:
        """The first and the last token that touch ``start … end − 1``; (−1, −1) where none does."""
        touching = self.tokens_touching(start, end)
        return (int(touching[0]), int(touching[-1])) if len(touching) else (-1, -1)

    def tokens_touching(self, start: int, end: int) -> Ints:
        """The tokens that touch ``start … end − 1``, in reading order, int64.

        Only where a middle was filled in, these are not all from the first to the last.
        """
        low, high = self.text.ranges(start, end)
        return self.text.solid[int(low) : int(high)]

    def token_ends(self, start: Ints, end: Ints) -> tuple[Ints, Ints]:
        """`tokens_in` of many stretches at once: their first and their last tokens, −1 where none touches one."""
        low, high = self.text.ranges(start, end)
        solid = np.append(self.text.solid, -1)
        return np.where(high > low, solid[low], -1), np.where(high > low, solid[high - 1], -1)

    def path(self, token: int) -> list[str]:
        """From the module down to the token: names of classes and functions, kinds of everything else."""
        from tokenscope_widgets.code.outline import path_labels

        return path_labels(self, self._token(token))

    def nodes_of_kind(self, *kinds: str) -> Ints:
        """The nodes of one of these kinds."""
        return np.flatnonzero(self.tree.kinds_in(*kinds))

    def _token(self, token: int) -> int:
        if self.run is not None:
            return self.run.position(token, "token")
        if not -len(self) <= token < len(self):
            raise bad_value("token", token, f"is not one of {len(self)} tokens", f"Use 0 … {len(self) - 1}")
        return token % len(self)

    def require_tree(self, wish: str) -> None:
        """Refuse what needs syntax where there is none.

        Raises
        ------
        InputError
            No region was parsed.
        """
        if not len(self.tree):
            why = " ".join(self.notes) or "No code was found. Say which language it is: parse(run, language='python')."
            raise InputError(f"{wish}: this text has no syntax tree. {why}")

    def require_run(self, wish: str) -> Generation:
        """The run, whose metrics are asked for."""
        if self.run is None:
            raise InputError(f"{wish}: this map was made without a run. Use code.parse(run).")
        return self.run

    def to_frame(self) -> pd.DataFrame:
        """One row per token: role, structure, state, line, statement, function, and the path to it."""
        from tokenscope_widgets.code.frames import token_frame

        return token_frame(self)

    def aggregate(self, metric: str = "surprisal", by: str = "role", written: bool = False) -> pd.DataFrame:
        """A metric over groups of tokens, the prompt's too unless ``written``; see `aggregate.aggregate`."""
        from tokenscope_widgets.code.aggregate import aggregate

        return aggregate(self, metric, by, written)

    def aggregate_pairs(
        self,
        weights: Attention | Attribution | NDArray[Any],
        by: str = "structure",
        sources: str | None = None,
        sink: bool = True,
    ) -> pd.DataFrame:
        """Attention or attribution from groups of tokens to groups of tokens; see `pairs.aggregate_pairs`."""
        from tokenscope_widgets.code.pairs import aggregate_pairs

        return aggregate_pairs(self, weights, by, sources, sink)

    def percentiles(self, metric: str = "surprisal") -> NDArray[np.float32]:
        """Each token's metric as a percentile within its role; see `percentiles.role_percentiles`."""
        from tokenscope_widgets.code.percentiles import role_percentiles

        return role_percentiles(self, metric)

    def partition(self, unit: str) -> Partition:
        """The tokens cut into statements, lines or functions; see `units.partition`."""
        from tokenscope_widgets.code.units import partition

        return partition(self, unit)

    def hesitations(self, percentile: float = 95.0) -> tuple[Hesitation, ...]:
        """Where the model hesitated more than usual for the role; see `hesitation.hesitations`."""
        from tokenscope_widgets.code.hesitation import USUAL, hesitations

        return self._hesitations if percentile == USUAL else hesitations(self, percentile)

    @cached_property
    def _hesitations(self) -> tuple[Hesitation, ...]:
        from tokenscope_widgets.code.hesitation import hesitations

        return hesitations(self)

    def findings(self, modules: bool = False) -> tuple[Finding, ...]:
        """What linters find, at bytes of the source; see `diagnostics.diagnose`."""
        from tokenscope_widgets.code.evidence import findings

        return findings(self, modules)

    def diagnostics(self, modules: bool = False) -> Evidence:
        """What linters find, with the metrics and alternatives of its tokens; see `evidence.evidence`."""
        from tokenscope_widgets.code.evidence import evidence

        return evidence(self, modules) if modules else self._evidence

    @cached_property
    def _evidence(self) -> Evidence:
        from tokenscope_widgets.code.evidence import evidence

        return evidence(self)

    def links(self) -> Links:
        """Uses of names and their definitions, at bytes of the source; see `names.links`."""
        from tokenscope_widgets.code.use_links import links_of

        return links_of(self)
