"""How lines of each language begin: evidence that survives a syntax error."""

from __future__ import annotations

import re

_LINES = {
    "python": rb"(?:async )?def \w+\s*(?:\(|\Z)|class \w+[^;{\n]*:[ \t]*$|from [\w.]+ import\b|import \w[\w., ]*$"
    rb"|return\b[^;\n]*$|@\w|print\("
    rb"|(?:if|elif|for|while|with|try|else|except)\b[^;{\n]*:[ \t]*$|(?:if|elif|for|while) [^;{(\n][^;{\n]*$"
    rb"|[\w.\[\]]+(?:, ?[\w.\[\]]+)* [-+*/]?= [^;{\n]*$",
    "javascript": rb"(?:export |async )*function\b|(?:const|let|var) [\w{\[]|import [^\n]*['\"]|console\.|\}[ \t]*else",
    "typescript": rb"(?:export )?(?:interface|type|enum) \w+|[^\n]*: (?:string|number|boolean)\b|(?:const|let) \w+ *:",
    "java": rb"(?:public|private|protected|static|final)\b[^\n]*[{;(]|package [\w.]+;|import (?:static )?[\w.*]+;"
    rb"|@Override",
    "go": rb"package \w+[ \t]*$|func\b|import \(|[\w, ]+ := |type \w+ (?:struct|interface)",
    "rust": rb"(?:pub )?fn \w+|use [\w:]+|let (?:mut )?\w+|impl\b|pub \w|#!?\[|//[!/]|match \w",
    "c": rb"#(?:include|define|if)|(?:static )?(?:int|void|char|float|double|size_t) \*?\w+|typedef |struct \w+",
    "c_sharp": rb"using [\w.]+;|namespace [\w.]+|public (?:class|static|void|int|string)|\[\w+\]",
    "cpp": rb"#include <\w+>|using namespace|template ?<|[^\n]*\bstd::|class \w+[^:\n]*[{;]",
    "ruby": rb"def \w+[^:{\n]*\n|end[ \t]*$|require ['\"]|puts |module [A-Z]|attr_\w+ :"
    rb"|[^\n]*\bdo(?: \|[^|\n]*\|)?[ \t]*$",
}
_CUES = {language: re.compile(rb"^[ \t]*(?:" + lines + rb")", re.MULTILINE) for language, lines in _LINES.items()}
LANGUAGES = tuple(_CUES)
BRACED = ("javascript", "typescript", "java", "c", "cpp", "c_sharp", "rust", "go")
"""Languages whose code of several lines has braces or semicolons."""


def cue_share(text: bytes, language: str) -> float:
    """The share of a text's lines that begin as lines of a language do, 0 … 1."""
    lines = sum(1 for line in text.splitlines() if line.strip())
    return min(1.0, sum(1 for _ in _CUES[language].finditer(text)) / lines) if lines else 0.0


def begins_as(text: bytes, language: str) -> bool:
    """Whether the first line that says something begins as lines of a language do."""
    said = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith((b"#!", b"//", b"# ")))
    return _CUES[language].match(next(said, b"")) is not None
