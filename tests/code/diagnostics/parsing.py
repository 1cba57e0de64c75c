"""Short ways to ask about a few lines of source."""

from __future__ import annotations

from tokenscope_widgets.code.diagnostics import Finding, diagnose
from tokenscope_widgets.code.grammars import parser_of
from tokenscope_widgets.code.tree import parse_tree


def found(
    source: str | bytes, language: str = "python", *, complete: bool = True, modules: bool = False
) -> list[Finding]:
    """All findings about a source."""
    code = source.encode() if isinstance(source, str) else source
    return list(diagnose(code, parse_tree(code, parser_of(language)), language, complete, modules))


def brief(
    source: str | bytes, language: str = "python", *, complete: bool = True, modules: bool = False
) -> list[tuple[str, str]]:
    """The kind of each finding and the text of its place, without notes on shadowing."""
    code = source.encode() if isinstance(source, str) else source
    findings = found(source, language, complete=complete, modules=modules)
    return [(f.kind, code[f.start : f.end].decode("utf-8", "replace")) for f in findings if f.kind != "shadowed"]


def related(source: str, finding: Finding) -> str | None:
    """The text of the other place a finding speaks of."""
    if finding.related is None:
        return None
    return source.encode()[finding.related[0] : finding.related[1]].decode()
