"""A small gallery for trials: quick to visit, with all that the large one has."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

__all__ = ["BROKEN", "FORBIDDEN", "Row", "is_picture", "make_gallery", "rows"]

Row = tuple[object, ...]

ROOMS, PICTURES = 3, 3  # and so many in each room
SIZE = (1200, 800)  # such that a process is at work for a moment
PAGE = "<html><head><title>{}</title></head><body>{}</body></html>"
FORBIDDEN = "/store/"
BROKEN = "/pictures/lost.png"  # a page shows it, and it is not there


def make_gallery(folder: Path, broken: bool = False) -> None:
    """Write a gallery's pages and pictures into a folder.

    Args:
        folder: an empty one, or one that is yet to be made.
        broken: whether a page shows a picture that is not there.
    """
    from PIL import Image

    (folder / "pictures").mkdir(parents=True)
    (folder / "store").mkdir()
    rooms = [f"room-{number}.html" for number in range(ROOMS)]
    links = "".join(f'<a href="{room}#top">{room}</a>' for room in [*rooms, "store/index.html"])
    elsewhere = '<a href="https://www.example.org/">Another</a><a href="mailto:nobody">Mail</a>'
    (folder / "index.html").write_text(PAGE.format("All rooms", links + elsewhere), "utf-8")
    for number, room in enumerate(rooms):
        shown = [f"pictures/{number}-{one}.png" for one in range(PICTURES)]
        for one, name in enumerate(shown):
            colour = (40 * number, 60 * one, 200)
            Image.new("RGB", SIZE, colour).save(folder / name)
        if broken and not number:
            shown.append(BROKEN[1:])
        images = "".join(f'<img src="{name}" alt="">' for name in shown)
        back = '<a href="index.html">back</a>'
        (folder / room).write_text(PAGE.format(f"Room {number}", images + back), "utf-8")
    (folder / "store" / "index.html").write_text(PAGE.format("Store", ""), "utf-8")
    (folder / "robots.txt").write_text(f"User-agent: *\nDisallow: {FORBIDDEN}\n", "utf-8")


def is_picture(path: str) -> bool:
    """Say whether the path of an address is a picture's."""
    return path.startswith("/pictures/")


def rows(path: Path) -> list[Row]:
    """Return what a database of a gallery holds: all pages, then all pictures, by address.

    Raises:
        sqlite3.Error: it is none, or it is damaged.
    """
    with closing(sqlite3.connect(path)) as database:
        whole = database.execute("PRAGMA integrity_check").fetchone()
        if whole != ("ok",):
            raise sqlite3.DatabaseError(f"it is damaged: {whole}")
        pages = database.execute("SELECT * FROM pages ORDER BY address, title").fetchall()
        pictures = database.execute("SELECT * FROM pictures ORDER BY address, colour").fetchall()
    return [*pages, *pictures]
