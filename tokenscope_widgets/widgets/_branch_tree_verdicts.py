"""What is known of the programs in a branch tree, as its view takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenscope_widgets.consequences import Consequence
from tokenscope_widgets.errors import bad_value
from tokenscope_widgets.widgets._verdicts import verdict_message

STATUSES = ("passed", "failed", "error", "timeout", "not_runnable")


def checked_verdict(given: Any) -> dict[str, Any]:
    """One run's verdict, from a `Consequence` or from a dict whose entries may be left out.

    Raises
    ------
    InputError
        It is neither, or its ``status`` is no outcome.
    """
    if isinstance(given, Consequence):
        return verdict_message(given)
    if not isinstance(given, Mapping):
        raise bad_value("verdicts", given, "says nothing of a run", "Give what session.consequence returned, or a dict")
    status = given.get("status", "")
    if status and status not in STATUSES:
        raise bad_value("status", status, "is no outcome", f"Use one of: {', '.join(STATUSES)}; or leave it out")
    return dict(given)
