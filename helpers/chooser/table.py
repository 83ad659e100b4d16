"""A comparison as a table: what was predicted and measured, and why."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from helpers.chooser.comparison import Comparison, Row
from helpers.look import duration
from helpers.screen import enlarged

__all__ = ["Table", "table"]

HEADS = ("technique", "at a time", "predicted", "measured", "rounds", "why")


@dataclass(frozen=True)
class Table:
    """A table; `print` shows it, and so does a cell.

    Attributes:
        rows: a dictionary for each technique: technique, workers, low, high, measured (seconds
            for all items, measured None if there was none), rounds, why.
    """

    rows: list[dict[str, Any]]

    def _cells(self) -> list[list[str]]:
        return [
            [
                row["technique"],
                str(row["workers"]),
                f"{duration(row['low'])} to {duration(row['high'])}",
                "" if row["measured"] is None else duration(row["measured"]),
                str(row["rounds"]),
                row["why"],
            ]
            for row in self.rows
        ]

    def __str__(self) -> str:
        lines = [list(HEADS), *self._cells()]
        widths = [max(len(line[n]) for line in lines) for n in range(len(HEADS))]
        return "\n".join(
            "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        heads = "".join(f'<th scope="col">{head}</th>' for head in HEADS)
        rows = "".join(map(_line, self._cells()))
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        return enlarged(table)


def _line(words: list[str]) -> str:
    head, *cells = map(escape, words)
    return f'<tr><th scope="row">{head}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def table(found: Comparison) -> Table:
    """Return a comparison as a table."""
    return Table([_row(row) for row in found.rows])


def _row(row: Row) -> dict[str, Any]:
    return {
        "technique": row.way,
        "workers": row.workers,
        "low": row.predicted.low,
        "high": row.predicted.high,
        "measured": row.measured,
        "rounds": len(row.seconds),
        "why": row.failed or row.predicted.why,
    }
