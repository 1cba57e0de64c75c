"""Text in a grid of characters as SVG: every token at its place, whatever the font."""

from __future__ import annotations

import unicodedata
from xml.sax.saxutils import escape, quoteattr

CHARACTER = 8.0
LINE = 22.0
MARGIN = 16.0


class Drawing:
    """Collects shapes and texts, and grows downwards.

    Parameters
    ----------
    colours : dict of str to str
        ``ink``, ``secondary``, ``hairline``, ``accent``, ``heat``, ``surface``.
    fonts : tuple of str
        Of words, and of code.
    """

    def __init__(self, colours: dict[str, str], fonts: tuple[str, str]) -> None:
        self.colours = colours
        self._fonts = fonts
        self._parts: list[str] = []
        self._rules: list[float] = []
        self._right = 0.0
        self.y = MARGIN

    def words(self, text: str, x: float = 0.0, *, size: float = 12.5, ink: str = "ink", bold: bool = False) -> None:
        """Words at the current line, starting ``x`` characters in."""
        weight = ' font-weight="600"' if bold else ""
        left = MARGIN + x * CHARACTER
        self._parts.append(
            f'<text x="{left:g}" y="{self.y + 15:g}" font-family={quoteattr(self._fonts[0])} font-size="{size:g}"'
            f' fill="{self.colours[ink]}"{weight}>{escape(visible(text))}</text>'
        )
        self._right = max(self._right, left + len(text) * size * 0.56)

    def code(self, text: str, column: int, *, ink: str = "ink") -> None:
        """Code at a column of the current line; as wide as its characters are in the grid."""
        shown = visible(text)
        width = width_of(shown) * CHARACTER
        left = MARGIN + column * CHARACTER
        self._right = max(self._right, left + width)
        if shown.strip():
            self._parts.append(
                f'<text x="{left:g}" y="{self.y + 15:g}" font-family={quoteattr(self._fonts[1])} font-size="13"'
                f' xml:space="preserve" textLength="{width:g}" lengthAdjust="spacingAndGlyphs"'
                f' fill="{self.colours[ink]}">{escape(shown)}</text>'
            )

    def box(self, column: float, columns: float, *, fill: str = "none", opacity: float = 1.0, stroke: str = "") -> None:
        """A rectangle behind some characters of the current line."""
        line = f' stroke="{self.colours[stroke]}" stroke-width="2"' if stroke else ""
        colour = self.colours.get(fill, fill)
        self._parts.append(
            f'<rect x="{MARGIN + column * CHARACTER:g}" y="{self.y + 1:g}" width="{columns * CHARACTER:g}"'
            f' height="{LINE - 3:g}" rx="3" fill="{colour}" fill-opacity="{opacity:.3g}"{line}/>'
        )

    def underline(self, column: float, columns: float) -> None:
        """A line under some characters."""
        self._parts.append(
            f'<rect x="{MARGIN + column * CHARACTER:g}" y="{self.y + LINE - 3:g}" width="{columns * CHARACTER:g}"'
            f' height="2" fill="{self.colours["heat"]}"/>'
        )

    def down(self, lines: float = 1.0) -> None:
        """To the next line."""
        self.y += LINE * lines

    def rule(self) -> None:
        """A hairline across the picture."""
        self.down(0.4)
        self._rules.append(self.y)
        self.down(0.3)

    def svg(self, title: str, description: str) -> str:
        """The picture."""
        width, height = self._right + MARGIN, self.y + MARGIN
        rules = "".join(f'<path d="M0 {y:g}H{width:g}" stroke="{self.colours["hairline"]}"/>' for y in self._rules)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
            f' height="{height:g}" role="img"><title>{escape(visible(title))}</title>'
            f"<desc>{escape(visible(description))}</desc>"
            f'<rect width="100%" height="100%" fill="{self.colours["surface"]}"/>{rules}{"".join(self._parts)}</svg>'
        )


def visible(text: str) -> str:
    """Text without characters that no picture can hold, or that would turn the rest of a line around."""
    return "".join(c if unicodedata.category(c)[0] != "C" else f"⟨{ord(c):X}⟩" for c in text)


def width_of(text: str) -> int:
    """How many columns a text takes."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    marks = sum(bool(unicodedata.combining(c)) for c in text)
    return len(text) + wide - marks
