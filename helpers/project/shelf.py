"""Where the notebook's databases are: in a folder that goes with `clear`, or with its Python."""

from __future__ import annotations

import re
from pathlib import Path
from reprlib import repr as short
from tempfile import TemporaryDirectory

__all__ = ["clear", "fresh", "kept"]

_folder: list[TemporaryDirectory[str]] = []


def kept(name: str) -> Path:
    """Return the file of a name such as 'in turn', which need not be there.

    Raises:
        ValueError: the name has other characters than letters, digits, spaces, dots and hyphens.
    """
    if not isinstance(name, str) or not re.fullmatch(r"\w[\w .-]*", name):
        raise ValueError(f"a name of letters, digits and spaces is asked for, not {short(name)}")
    if not _folder:
        made = TemporaryDirectory(prefix="three-lanes-", ignore_cleanup_errors=True)
        _folder.append(made)
    return Path(_folder[0].name, name)


def fresh(name: str) -> Path:
    """Return the file of a name, which is not there any more: what it held is gone.

    Raises:
        ValueError: as for `kept`.
    """
    file = kept(name)
    file.unlink(missing_ok=True)
    return file


def clear() -> None:
    """Remove all of them; the next one begins a new folder."""
    while _folder:
        _folder.pop().cleanup()
