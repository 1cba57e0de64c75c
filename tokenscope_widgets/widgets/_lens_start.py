"""What a user may give to a lens map, and what it starts with."""

from __future__ import annotations

from dataclasses import dataclass

from tokenscope_widgets.analysis.lens import Lens
from tokenscope_widgets.analysis.records import Generation
from tokenscope_widgets.errors import InputError, bad_value
from tokenscope_widgets.session import Session, session_of
from tokenscope_widgets.widgets.token_stream import TokenStream


@dataclass(frozen=True, eq=False)
class LensStart:
    """What a lens map starts with."""

    run: Generation
    session: Session | None
    lens: Lens | None = None


def lens_start(shown: object, session: Session | None) -> LensStart:
    """Read what a user gave to `LensMap`.

    Raises
    ------
    InputError
        It is nothing that layers can be read of, or is not complete.
    """
    if isinstance(shown, TokenStream):
        if shown.run is None:
            raise InputError("shown=TokenStream: nothing has been generated in it yet. Generate first.")
        return LensStart(shown.run, session or shown.session)
    if isinstance(shown, Generation):
        return LensStart(shown, session or session_of(shown))
    if isinstance(shown, Lens):
        if shown.run is None:
            raise InputError("shown=Lens: does not know its text. Pass what session.lens(run) returned.")
        return LensStart(shown.run, session or session_of(shown.run), shown)
    raise bad_value("shown", shown, "has no layers to read", "Pass a Generation, TokenStream or Lens")
