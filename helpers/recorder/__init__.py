"""SEE: what ran when. `record()` around some code and `span()` within it give a Recording."""

from helpers.recorder.recording import Lane, Recording
from helpers.recorder.spans import record, span

__all__ = ["Lane", "Recording", "record", "span"]
