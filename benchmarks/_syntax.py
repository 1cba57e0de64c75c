"""What the benchmarks of the syntax map share: real code as the default model's tokens."""

from __future__ import annotations

import argparse
import inspect
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenscope_widgets.session import Session


def code_tokens(session: Session, count: int) -> list[bytes]:
    """The bytes of the first ``count`` tokens of some real source code, as often as it takes."""
    model = session.model
    once = [model.token_bytes(i) for i in model.encode(inspect.getsource(argparse) + inspect.getsource(textwrap))]
    return (once * (count // len(once) + 1))[:count]
