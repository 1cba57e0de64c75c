"""Whatever a model writes, there are findings and links, not exceptions."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenscope_widgets.code.diagnostics import diagnose
from tokenscope_widgets.code.grammars import available, parser_of
from tokenscope_widgets.code.names import links
from tokenscope_widgets.code.tree import EMPTY, parse_tree

PYTHON = '''\
import os.path as p, sys
from typing import (Any,
                    List)

@decorated(1)
async def f(a, b: int = 2, *c, d="é", **e) -> Any:
    """Doc (with a bracket."""
    global total
    total += [x for x, *y in zip(a, b) if (z := x) for w in y]
    try:
        with open(f"{a!r:>{b}}") as g, h as (i, j):
            return lambda q, r=a: {q: r, **e}
    except (OSError, ValueError) as error:
        del a[0], b
    match c:
        case [first, *rest] | Point(x=first):
            pass
        case {"k": value, **others} if value:
            yield value

class A(B, metaclass=C):
    type X[T: int] = list[T]
    x = 1
    def method[U](self, x=x): nonlocal_ = x; return self.x
'''
SAMPLES = {
    "python": PYTHON,
    "javascript": "import a, {b as c} from 'd';class E { f({g, h: [i]} = {}, ...j) { `${g + i}` } }\nvar k = (l) => l;",
    "typescript": "function f<T>(a: T, b: Foo): T { const x: Foo = a; return x }\ninterface Foo { a: string }\n",
    "java": "class A<T> { int f(String... s) { for (String t : s) g((a, b) -> a); try (R r = o) {} catch (E e) {} } }",
    "cpp": '#include <a>\nint f(int *a, const T& b) { for (auto& x : b) { x += 1; } auto [p, q] = r; return "\\n"; }',
    "go": 'package main\nimport ("fmt"; q "a/b")\nfunc f(a, b int) (c int) { for i := range z { fmt.Print(i) } }',
    "rust": "use a::{b, c as d};\nfn f<'a>(x: &'a str) { if let Some(r) = x { r } match q { P { s, t: u } => s } }",
    "php": '<p><?php function f($a) { foreach ($a as $b => $c) { echo "$b"; } } ?></p>',
    "ruby": 'def f(a, b: 1)\n  a.each { |x| p "#{x}" }\nend\n',
    "bash": 'for i in "$@"; do x=$((i + 1)); echo "${x[0]}"; done\n',
    "html": '<p class="a">(b<br></p><script>f(1)</script>',
    "json": '{"a": [1, null, {"b": "\\u00e9"}]}',
}


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sample program with a few bytes taken out, put in or doubled."""
    language = draw(st.sampled_from(sorted(SAMPLES) + ["python"] * 10))
    code = bytearray(SAMPLES[language].encode())
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(code)))
        end = min(len(code), start + draw(st.integers(0, 12)))
        pieces = st.binary(max_size=4) | st.sampled_from(
            [b"(", b")", b'"', b"'''", b"\n", b"\r", b"\t", b"\0", b":", b"="]
        )
        match draw(st.sampled_from(["delete", "insert", "double", "stop"])):
            case "delete":
                del code[start:end]
            case "insert":
                code[start:start] = draw(pieces)
            case "double":
                code[start:start] = code[start:end]
            case "stop":
                del code[max(start, len(code) // 2) :]
    return language, bytes(code)


@settings(max_examples=400, deadline=None)
@given(mutated(), st.booleans())
def test_findings_lie_within_any_source(sample: tuple[str, bytes], complete: bool) -> None:
    language, code = sample
    findings = diagnose(code, parse_tree(code, parser_of(language)), language, complete)
    for finding in findings:
        for start, end in [(finding.start, finding.end), finding.related or (0, len(code))]:
            assert 0 <= start <= end <= len(code)
        assert finding.end > finding.start or not code
    assert list(findings) == sorted(findings, key=lambda f: f.start)
    assert len({(f.start, f.kind) for f in findings}) == len(findings)


@settings(max_examples=400, deadline=None)
@given(mutated())
def test_links_lie_within_any_source(sample: tuple[str, bytes]) -> None:
    language, code = sample
    found = links(code, parse_tree(code, parser_of(language)), language)
    assert list(found.use_start) == sorted(found.use_start)
    for start, end in [(found.use_start, found.use_end), (found.definition_start, found.definition_end)]:
        assert ((start >= 0) & (start < end) & (end <= len(code))).all()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_at_all_are_examined(code: bytes) -> None:
    tree = parse_tree(code, parser_of("python"))
    assert all(0 <= f.start <= f.end <= len(code) for f in diagnose(code, tree, "python"))
    assert (links(code, tree, "python").use_end <= len(code)).all()


@pytest.mark.parametrize("language", available())
@pytest.mark.parametrize("code", [b"", b" \n", b"\0", b"\xff\xfe", "\ufeff".encode(), b"(" * 3_000, b"{" * 3_000])
def test_odd_sources_are_examined_in_every_language(language: str, code: bytes) -> None:
    tree = parse_tree(code, parser_of(language))
    assert all(0 <= f.start <= f.end <= len(code) for f in diagnose(code, tree, language))
    assert len(links(code, tree, language)) == 0


def test_a_source_without_a_tree_is_examined() -> None:
    assert diagnose(b"", EMPTY, "python") == ()
    assert len(links(b"", EMPTY, "python")) == 0


@pytest.mark.parametrize("dropped", [b"", b"{"])
def test_a_thousand_tokens_take_a_few_milliseconds(dropped: bytes) -> None:
    code = (PYTHON * 6).replace("type X[T: int] = list[T]", "pass").replace("method[U]", "method").encode()
    source = code.replace(dropped, b"", 1)
    tree = parse_tree(source, parser_of("python"))
    assert _fastest(lambda: links(source, tree, "python")) < 0.015
    assert _fastest(lambda: diagnose(source, tree, "python")) < 0.060


def _fastest(run: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)
