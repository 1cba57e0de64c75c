"""Which language a text without a label is written in: the grammar that explains it best, or none."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tokenscope_widgets.code._cues import BRACED, LANGUAGES, begins_as, cue_share
from tokenscope_widgets.code.closing import parse_open
from tokenscope_widgets.code.grammars import available, parser_of
from tokenscope_widgets.code.tree import SyntaxTree

HEAD_BYTES = (1500, 6000)
"""How much of a text is looked at, and how much where that says nothing: a long comment may come first."""

_LEAST = 0.15
_CUE_WEIGHT = 0.7
_BEGUN_WEIGHT = 0.7
_BARE_WEIGHT = 0.4
_SURE = 0.05
_FEW_ERRORS = 0.05
_SELECTOR = (
    rb"\.\w|#(?!include|define|if|!)\w|[*:]|(?:html|body|div|span|p|a|h[1-6]|ul|ol|li|table|button|input|main|nav)\b"
)
_PROSE = ("comment", "string", "char", "text")


@dataclass(frozen=True)
class _Fit:
    """Shares of the text without its strings and comments: in errors, keywords, signs, and in names that no
    rule explains."""

    errors: float
    keywords: float
    signs: float
    stray_names: float

    @property
    def score(self) -> float:
        """Above 0 for code, broken code too, and below for prose; the weights were found by trying."""
        return 2 * self.keywords + self.signs - self.stray_names / 2 - self.errors / 4


def guess_language(text: bytes) -> str | None:
    """The language of a piece of code, or None for prose and for what cannot be told.

    Parameters
    ----------
    text : bytes
        Only its beginning counts, so that a text that grows keeps its language.
    """
    for size in HEAD_BYTES:
        found = _guess(_whole_lines(text[:size]) if len(text) > size else text)
        if found is not None or len(text) <= size:
            return found
    return None


@lru_cache(maxsize=256)
def _guess(head: bytes) -> str | None:
    installed = available()
    marked = _by_beginning(head)
    if marked is not None or not head.strip():
        return marked if marked in installed else None
    # the likeliest first: a good fit ends the search
    cues = {language: cue_share(head, language) for language in LANGUAGES if language in installed}
    scores: dict[str, float] = {}
    braced = b"{" in head or b";" in head or head.strip().count(b"\n") == 0
    for language in sorted(cues, key=lambda name: -cues[name]):
        fit = _fit(head, language)
        likely = braced or language not in BRACED
        if likely and fit.errors < _FEW_ERRORS and fit.keywords >= _SURE and cues[language] >= _SURE:
            return language
        # Ruby's grammar takes sentences for calls
        if cues[language] or language != "ruby":
            begun = _BEGUN_WEIGHT if begins_as(head, language) else 0
            bare = _BARE_WEIGHT if language in BRACED and not braced else 0
            scores[language] = fit.score + cues[language] * _CUE_WEIGHT + begun - bare
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] >= _LEAST else None


def _whole_lines(head: bytes) -> bytes:
    cut = head.rfind(b"\n")
    return head[: cut + 1] if cut > 0 else head


def _by_beginning(head: bytes) -> str | None:
    """Grammars that accept nearly any text are recognised by how it begins."""
    start = _without_comments(head)[:200].lower()
    if b"<?php" in head:
        return "php"
    if re.match(rb"<(!doctype html|html|head|body|div|p|ul|table|script|style|svg|h[1-6]|!--)\b", start):
        return "html"
    if start.startswith(b"#!"):
        name = _interpreter(start)
        return {"sh": "bash", "zsh": "bash", "node": "javascript"}.get(name, name)
    if re.match(rb'\{\s*"[^"\n]*"\s*:|\[\s*(\{\s*"|\[|"|-?\d|\])', start) and _is_json(head):
        return "json"
    return "css" if _is_css(start) else None


def _without_comments(head: bytes) -> bytes:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    while text.startswith(b"/*") and b"*/" in text:
        text = text.partition(b"*/")[2].lstrip()
    return text


def _interpreter(shebang: bytes) -> str:
    words = shebang.splitlines()[0].removeprefix(b"#!").decode("utf-8", "replace").split()
    names = [word.rpartition("/")[2].rstrip("0123456789.") for word in words]
    return next((name for name in names if name not in ("env", "-S")), "")


def _is_css(start: bytes) -> bool:
    """A selector that begins as only style sheets do, and a property."""
    if re.match(rb"@(charset|import|media|font-face|keyframes)\b", start):
        return b"'" not in start.partition(b"\n")[0]
    selector, brace, body = start.partition(b"{")
    if not brace or b"=" in selector or not re.match(_SELECTOR, selector):
        return False
    return re.match(rb"\s*[\w-]+\s*[:{]", body) is not None


def _is_json(head: bytes) -> bool:
    """Whole JSON, or the beginning of some."""
    text = head.decode("utf-8-sig", "replace").rstrip()
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos >= len(text) - 1 or "Unterminated" in error.msg
    except (ValueError, RecursionError):  # a number of thousands of digits is a ValueError
        return False
    return True


def _fit(head: bytes, language: str) -> _Fit:
    tree = parse_open(head, parser_of(language))
    prose = np.array([any(word in kind for word in _PROSE) for kind in tree.kinds], bool)[tree.kind]
    at = tree.leaves[prose[tree.leaves]]
    size = max(len(head.strip()) - int((tree.end - tree.start)[at].sum()), 1)
    wrong = _inside_errors(tree)
    length = tree.end - tree.start
    outer = tree.error & ~np.where(tree.parent >= 0, wrong[tree.parent], False)
    words = keywords = signs = 0
    for leaf in tree.leaves.tolist():
        text = head[tree.start[leaf] : tree.end[leaf]]
        if not tree.named[leaf]:
            keywords += len(text) if text.isalpha() else 0
            signs += 0 if text.isalpha() else len(text)
        elif wrong[leaf]:
            words += len(text)
    return _Fit(float(length[outer].sum()) / size, keywords / size, signs / size, words / size)


def _inside_errors(tree: SyntaxTree) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    steps = np.zeros(len(tree) + 1, np.int64)
    for node in np.flatnonzero(tree.error):
        steps[node] += 1
        steps[tree.last[node] + 1] -= 1
    return np.cumsum(steps)[:-1] > 0
