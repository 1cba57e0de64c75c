"""Generating 96 tokens into a token stream with syntax on, against off: maps on the way, linters at the end."""

from __future__ import annotations

from _paired import Row, code_ids, demo_session, paired, report

from tokenscope_widgets.widgets.token_stream import TokenStream

PROMPT_TOKENS, NEW_TOKENS = 300, 96


def measure_stream() -> Row:
    """The row of ``syntax_stream``."""
    session = demo_session()
    prompt = "".join(session.model.label(i) for i in code_ids(session, PROMPT_TOKENS))

    def generate(syntax: bool) -> None:
        stream = TokenStream(session=session, syntax=syntax, max_new_tokens=NEW_TOKENS, eos_token_ids=())
        stream.generate(prompt).wait()
        assert stream.run is not None
        assert (stream.code is not None) == syntax
        stream.close()

    return paired("syntax_stream", 1.05, lambda: generate(True), lambda: generate(False), 9)


if __name__ == "__main__":
    report(measure_stream())
