"""Notebook 09's project: a program that visits a gallery, in turn and with all three lanes.

    gallery     the program in turn, which the notebook begins with
    my_project  the same with tasks, processes and one writer: where the notebook leads to
    assembly    makes a program of my_project.py and a notebook's functions
    shelf       where the notebook's databases are
    sheet       shows the thumbnails that were made

And what tells whether such a program behaves:

    terminal    runs it as a terminal does, Ctrl-C included
    practice    a small gallery to visit
    bench       where it is tried: that gallery, served, and what must be kept of it
    trials      what a program is tried with
    report      what was found, as a table
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.project.assembly import script
    from helpers.project.practice import rows
    from helpers.project.report import Report
    from helpers.project.sheet import wall
    from helpers.project.shelf import clear, fresh, kept
    from helpers.project.trials import examine

__all__ = ["Report", "clear", "examine", "fresh", "kept", "rows", "script", "wall"]

_ROOM_OF = {
    "Report": "report",
    "clear": "shelf",
    "examine": "trials",
    "fresh": "shelf",
    "kept": "shelf",
    "rows": "practice",
    "script": "assembly",
    "wall": "sheet",
}


def __getattr__(name: str) -> Any:  # each process of the project imports this, for `gallery`
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'helpers.project' has no attribute {name!r}")
    return getattr(import_module(f"helpers.project.{_ROOM_OF[name]}"), name)
