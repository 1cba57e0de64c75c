"""The names of the roles a piece of source can have."""

from __future__ import annotations

ROLES: tuple[str, ...] = (
    "keyword",
    "identifier.definition",
    "identifier.binding",
    "identifier.reference",
    "identifier.call",
    "identifier.parameter",
    "identifier.keyword_argument",
    "identifier.attribute",
    "identifier.type",
    "identifier.module",
    "identifier.import",
    "identifier.constant",
    "literal.string",
    "literal.delimiter",
    "literal.escape",
    "literal.interpolation",
    "literal.number",
    "literal.boolean",
    "literal.none",
    "literal.regex",
    "operator.arithmetic",
    "operator.compare",
    "operator.assign",
    "operator.logic",
    "operator.bit",
    "operator.access",
    "punctuation.open",
    "punctuation.close",
    "punctuation.delimiter",
    "comment",
    "docstring",
    "space.inline",
    "space.indent",
    "space.newline",
    "markup",
    "special",
    "unknown",
)
"""Every role; its index is its code."""

CODES: dict[str, int] = {role: code for code, role in enumerate(ROLES)}
"""The code of each role."""
