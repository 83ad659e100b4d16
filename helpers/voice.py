"""What a screen reader is told where something on the page changes: words that are not shown."""

from __future__ import annotations

from html import escape
from typing import Any

__all__ = ["say", "voice"]

UNSEEN = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)"


def voice() -> Any:
    """Return a widget that is not seen; what `say` gives it is read out."""
    import ipywidgets as w

    return w.HTML(layout=w.Layout(height="0", margin="0"))


def say(widget: Any, words: str) -> None:
    """Have words read out, after what is being read now."""
    told = f'<span role="status" style="{UNSEEN}">{escape(words)}</span>'
    # The same words a second time would be no change, and nothing would be read.
    widget.value = f"{told} " if told == widget.value else told
