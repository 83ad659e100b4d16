"""The thumbnails that a gallery's database keeps, beside each other: a look at what was made."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from io import BytesIO
from pathlib import Path

from helpers.pictures import Sheet

__all__ = ["wall"]

ACROSS, WIDE, HIGH, GAP = 8, 112, 75, 8  # pictures in a row; pixels


NOTHING_YET = "no such table"  # SQLite's words of a file that nobody has written to


def wall(path: str | Path) -> Sheet:
    """Return the thumbnails in a database, each above its most frequent colour.

    Raises:
        ValueError: there are none.
        sqlite3.Error: it is no such database.
    """
    from PIL import Image

    query = "SELECT colour, thumbnail FROM pictures WHERE colour NOT NULL ORDER BY address"
    if not (found := _rows(path, query)):
        raise ValueError(f"wall(path): {Path(path).name} holds no thumbnails yet")
    down, strip = -(-len(found) // ACROSS), HIGH // 6
    step = WIDE + GAP, HIGH + strip + 2 * GAP
    page = Image.new("RGB", (min(len(found), ACROSS) * step[0], down * step[1]), "white")
    for number, (colour, content) in enumerate(found):
        x, y = number % ACROSS * step[0], number // ACROSS * step[1]
        with Image.open(BytesIO(content)) as small:
            page.paste(small.resize((WIDE, HIGH)), (x, y))
        page.paste(Image.new("RGB", (WIDE, strip), f"#{colour}"), (x, y + HIGH + 2))
    alt = f"{len(found)} small pictures in {down} rows, each above a strip of its main colour."
    return Sheet(page, alt)


def _rows(path: str | Path, query: str) -> list[tuple[str, bytes]]:
    """Return what a database answers; of one that is still empty, nothing."""
    with closing(sqlite3.connect(path)) as database:
        try:
            return database.execute(query).fetchall()
        except sqlite3.OperationalError as error:
            if NOTHING_YET not in str(error):
                raise
            return []
