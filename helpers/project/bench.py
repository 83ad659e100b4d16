"""Where a program is tried: a gallery, what it has to keep of it, and a folder for its runs."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from helpers.aside import LOOK
from helpers.project.practice import Row, make_gallery, rows
from helpers.project.terminal import Run, run_in_terminal
from helpers.website import Website, website

__all__ = ["LATENCY", "LIMIT", "Bench", "bench", "clean"]

LIMIT = 20.0  # seconds for a run; one that hangs is given up
LATENCY = 0.05  # seconds before each answer, where a trial does not say otherwise
CLOSED = 10.0  # seconds in which the website hears that a program's connections are closed
LINE = 200  # characters that are shown of a line
KIND = {"latency": LATENCY, "error_rate": 0, "drop_rate": 0, "slow_rate": 0, "rate_limit": None}


@dataclass
class Bench:
    """Where a program is tried.

    Attributes:
        program: its source.
        site: the gallery.
        right: the rows that it has to keep.
        folder: for the files of all runs.
        stop: set to have it end now.
    """

    program: str
    site: Website
    right: list[Row]
    folder: Path
    stop: threading.Event
    numbers: Iterator[int] = field(default_factory=count)

    def begin(self, **settings: float | None) -> None:
        """Have the website kind but for some settings, and count anew."""
        self.site.set(**{**KIND, **settings})
        until = time.monotonic() + CLOSED
        while self.site.seen.open_connections and time.monotonic() < until:
            time.sleep(LOOK)  # those of an earlier run would be counted
        self.site.reset()

    def run(
        self, database: Path, *options: str, interrupt: Callable[[], bool] | None = None
    ) -> Run:
        """Run the program; see `run_in_terminal`."""
        arguments = [self.site.url, str(database), "--workers", "1", *options]
        return run_in_terminal(self.program, arguments, self.folder, LIMIT, self.stop, interrupt)

    def database(self) -> Path:
        """Return the place for a new database."""
        return self.folder / f"gallery-{next(self.numbers)}.db"

    def unlike(self, database: Path) -> str:
        """Return how a database differs from what is right, or ''."""
        try:
            wanted, found = Counter(self.right), Counter(rows(database))
        except sqlite3.Error as error:
            return f"the database cannot be read: {clean(error)}"
        if missing := [*(wanted - found).elements()]:
            wrong = f"{len(missing)} of {len(self.right)} rows are missing or differ"
            return f"{wrong}, such as that of `{_path(missing[0])}`"
        if more := [*(found - wanted).elements()]:
            return f"it keeps too many rows: {len(more)}, such as one of `{_path(more[0])}`"
        return ""

    def kept(self, database: Path) -> set[str]:
        """Return the paths of what a database holds as it must be; none, if it cannot be read."""
        try:
            found = {*rows(database)}
        except sqlite3.Error:
            return set()
        return {_path(row) for row in self.right if row in found}


@contextmanager
def bench(
    program: str, stop: threading.Event, parent: Path | None = None, broken: bool = False
) -> Iterator[Bench]:
    """Open a bench; at the end of the block, remove all that was made there.

    Args:
        program: the source of what is to be tried.
        stop: set to have each run end now.
        parent: where its folder is made; None for the system's place for such.
        broken: whether a page shows a picture that is not there.

    Raises:
        OSError: there is no room for the folder.
        RuntimeError: the website could not start.
    """
    made = TemporaryDirectory(prefix="three-lanes-", dir=parent, ignore_cleanup_errors=True)
    with made as name:
        pages, reference = Path(name, "pages"), Path(name, "reference.db")
        make_gallery(pages, broken)
        with website(pages=pages) as site:
            _visit_in_turn(site.url, reference)
            yield Bench(program, site, rows(reference), Path(name), stop)


def _visit_in_turn(url: str, path: Path) -> None:
    from requests import HTTPError

    from helpers.project.gallery import visit

    with suppress(HTTPError):  # of a picture that is not there, the last of all
        visit(url, path)


def clean(words: object) -> str:
    """Return words as they can be shown in a line: no control characters, and not a megabyte."""
    text = str(words)
    shown = text if len(text) <= LINE else text[:LINE] + "..."
    return "".join(one if one.isprintable() else " " for one in shown).strip()


def _path(row: Row) -> str:
    """Return the path of a row's address, or the address itself where it is none."""
    try:
        return clean(urlsplit(str(row[0])).path)
    except ValueError:
        return clean(row[0])
