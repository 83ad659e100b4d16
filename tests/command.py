"""The command line of whatever runs notebooks: how they are named there."""

from __future__ import annotations

import argparse
from pathlib import Path

from site_source.pages import ROOT, notebooks

__all__ = ["read"]


def read(parser: argparse.ArgumentParser, words: list[str], numbered=False) -> argparse.Namespace:
    """Read a command line on which notebooks may be named; `paths` are theirs.

    Args:
        parser: what else is to be read is in it.
        words: the command line's.
        numbered: leave out what has no number, where none is named.
    """
    about = "notebooks, by number or name, such as 02 or 02_threading; else all"
    parser.add_argument("names", nargs="*", help=about)
    asked = parser.parse_args(words)
    every = [ROOT / path for path in notebooks()]
    begins = tuple(Path(name).name for name in asked.names)
    if unknown := [one for one in begins if not any(path.name.startswith(one) for path in every)]:
        parser.error(f"there is no notebook {', '.join(unknown)}")
    if begins:
        asked.paths = [path for path in every if path.name.startswith(begins)]
    else:
        asked.paths = [path for path in every if path.name[0].isdecimal() or not numbered]
    if not asked.paths:
        parser.error("notebooks/ is empty: get a whole copy of the course again")
    return asked
