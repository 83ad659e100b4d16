"""The rows that the benchmarks find out, as text and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.pairs import Spread

__all__ = ["Row", "at_most", "markdown", "text", "written"]


@dataclass(frozen=True)
class Row:
    """One figure, and what it is held against.

    Attributes:
        what: the quantity.
        who: the tool that it was measured on; "" continues the row above.
        figure: median and quartiles with their unit, or why there is none.
        control: the same figure between base and base.
        bar: what the figure is to keep to; "" for a rival.
        met: whether it does.
    """

    what: str
    who: str
    figure: str
    control: str = ""
    bar: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """The bar, and whether it was met."""
        return f"{self.bar}: {'met' if self.met else 'MISSED'}" if self.bar else ""


def at_most(
    what: str, who: str, found: Spread, unit: str, bar: float, control: Spread | None = None
) -> Row:
    """Return a row whose median is to be at most a bar; unit is appended as it is."""
    told = written(control, unit) if control else ""
    return Row(what, who, written(found, unit), told, f"<= {bar:,g}{unit}", found.median <= bar)


def written(found: Spread, unit: str) -> str:
    """Return a figure as '0.43 µs (0.41 to 0.47)', with as many digits as it bears."""
    size = max(abs(one) for one in found)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 else 3
    middle, low, high = (f"{one:,.{digits}f}" for one in found)
    return f"{middle}{unit}" + (f" ({low} to {high})" if found.low < found.high else "")


def text(row: Row) -> str:
    """Return a row as a line for the screen."""
    control = f"  A/A {row.control}" if row.control else ""
    return f"{row.what:58} {row.who:24} {row.figure:34} {row.verdict}{control}"


def markdown(rows: Iterable[Row]) -> str:
    """Return rows as a table of Markdown."""
    lines = ["| quantity | of | median (quartiles) | A/A control | bar |", "|---|---|---|---|---|"]
    for row in rows:
        cells = row.what, row.who, row.figure, row.control, row.verdict
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(lines) + "\n"
