"""What was found of a program, one line for each thing it was tried with."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from helpers.look import STYLE_OF, with_code
from helpers.printable import printable
from helpers.screen import enlarged

__all__ = ["Finding", "Report"]

GOOD, BAD, OPEN = (STYLE_OF[state].fill for state in ("network", "gil", "running"))
LEFT, LARGE = "text-align: left", "1.6em"  # what is large may have less contrast
MARKS = {True: ("✓", GOOD), False: ("✗", BAD), None: ("-", OPEN)}


@dataclass(frozen=True)
class Finding:
    """One thing that was tried.

    Attributes:
        name: what the program was to do.
        words: what it did.
        is_good: whether that is right; None if it was not tried.
    """

    name: str
    words: str
    is_good: bool | None


class Report:
    """All findings; it shows itself, and `print` does.

    Attributes:
        findings: a list of them.
    """

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings

    @property
    def is_good(self) -> bool:
        """Whether all was tried, and all was right."""
        return all(one.is_good for one in self.findings)

    @property
    def trouble(self) -> str:
        """What the first thing that is not right is, in a sentence; '' if there is none."""
        wrong = [one for one in self.findings if one.is_good is False]
        return f"{wrong[0].name}: {wrong[0].words}" if wrong else ""

    def __repr__(self) -> str:
        lines = (f"{MARKS[one.is_good][0]} {one.name}: {one.words}" for one in self.findings)
        return printable("\n".join(lines))

    def _repr_html_(self) -> str:
        rows = ""
        for one in self.findings:
            mark, colour = MARKS[one.is_good]
            rows += f'<tr><td><b style="color: {colour}; font-size: {LARGE}">{mark}</b></td>'
            rows += f'<th scope="row" style="{LEFT}; font-weight: normal">{escape(one.name)}</th>'
            rows += f'<td style="{LEFT}">{with_code(one.words)}</td></tr>'
        return enlarged(f"<table>{rows}</table>")
