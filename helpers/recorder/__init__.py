"""SEE: what ran when. `record()` around some code and `span()` within it give a Recording.

spans       writes down, in every process: record() and span()
recording   what was recorded, as plain data: Recording and Lane; it needs NumPy
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpers.recorder.spans import record, span

if TYPE_CHECKING:
    from helpers.recorder.recording import Lane, Recording

__all__ = ["Lane", "Recording", "record", "span"]


def __getattr__(name: str) -> Any:
    if name not in ("Lane", "Recording"):
        raise AttributeError(f"module 'helpers.recorder' has no attribute {name!r}")
    from helpers.recorder import recording

    return getattr(recording, name)
