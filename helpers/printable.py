"""A text with signs such as ┃ and ✓, as whatever it is printed to can take it.

A terminal takes them all. A file or a pipe may not: on Windows it has the few letters of an old
code page, and `print` raises an error at the first other one.
"""

from __future__ import annotations

import sys

__all__ = ["printable"]

INSTEAD = str.maketrans("┃┊─╌·→…✂«»✓✗", "|:--.>~%<>+x")  # each as wide as what it stands for


def printable(text: str) -> str:
    """Return the text, with plain signs if standard output cannot take the others."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(INSTEAD).encode(encoding, "replace").decode(encoding)
    return text
