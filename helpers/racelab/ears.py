"""Hears of the instructions at which it shows where a worker could be made to let go of the GIL.

It does so for the time of a few runs, so that the lab's own watch on all the others is as quick as
ever: on Python 3.11 in its place, and from 3.12 on beside it, and before it.
"""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import Any, Protocol

from helpers.racelab.watch import Watch
from helpers.racelab.whose import LAB, is_of_library

__all__ = ["Ears", "Listener", "NoNumberError", "ears"]


class NoNumberError(Exception):
    """There is no number left to hear with: other tools have them."""


class Listener(Protocol):
    """Who is told."""

    def starts(self, frame: FrameType) -> bool:
        """Hear that a function starts, or a generator goes on; return whether a worker does it."""

    def comes_to(self, frame: FrameType, offset: int) -> None:
        """Hear that an instruction is about to run."""

    def is_of_interest(self, code: CodeType, offset: int) -> bool:
        """Return whether it has to hear of an instruction."""


class Ears:
    """Tells a listener of what the watch of a lab watches.

    Args:
        watch: the lab's.
        listener: is told.
    """

    def __init__(self, watch: Watch, listener: Listener) -> None:
        self.watch, self.listener = watch, listener

    def begin(self) -> None:
        """Begin to hear."""

    def end(self) -> None:
        """Hear no more; all is as it was."""


class _Traced(Ears):
    """Hears of a worker's instructions on Python 3.11: in place of the lab's own watch."""

    def begin(self) -> None:
        """Begin to hear."""
        watch: Any = self.watch
        tell, listener = watch._call, self.listener

        def call(frame: FrameType, event: str, value: Any) -> Any:
            listener.starts(frame)
            tell_step = tell(frame, event, value)

            def step(frame: FrameType, event: str, value: Any) -> Any:
                if event == "opcode":
                    listener.comes_to(frame, frame.f_lasti)
                tell_step(frame, event, value)
                return step

            return step if tell_step else None

        watch._call = call

    def end(self) -> None:
        """Hear no more; the lab's watch is as it was."""
        watch: Any = self.watch
        del watch._call


class _Monitored(Ears):
    """Hears of them from Python 3.12 on: beside the lab's watch, and before it."""

    def __init__(self, watch: Watch, listener: Listener) -> None:
        super().__init__(watch, listener)
        self.codes: set[CodeType] = set()

    def begin(self) -> None:
        """Begin to hear.

        Raises:
            NoNumberError: other tools have all numbers that hear of things before the lab's does.
        """
        monitoring = sys.monitoring  # type: ignore[attr-defined]
        own: Any = self.watch
        free = [n for n in range(own.tool + 1, 6) if monitoring.get_tool(n) is None]
        if not free:
            raise NoNumberError
        self.tool, events = free[0], monitoring.events
        monitoring.use_tool_id(self.tool, "Three Lanes race lab: the GIL")
        for event in (events.PY_START, events.PY_RESUME):
            monitoring.register_callback(self.tool, event, self._start)
        monitoring.register_callback(self.tool, events.INSTRUCTION, self._instruction)
        for code in self.watch.codes.values():
            self._listen(code)
        monitoring.set_events(self.tool, events.PY_START | events.PY_RESUME)
        monitoring.restart_events()

    def end(self) -> None:
        """Hear no more."""
        monitoring = sys.monitoring  # type: ignore[attr-defined]
        events = monitoring.events
        monitoring.set_events(self.tool, 0)
        for code in self.codes:
            monitoring.set_local_events(self.tool, code, 0)
        for event in (events.PY_START, events.PY_RESUME, events.INSTRUCTION):
            monitoring.register_callback(self.tool, event, None)
        monitoring.free_tool_id(self.tool)

    def _listen(self, code: CodeType) -> None:
        monitoring = sys.monitoring  # type: ignore[attr-defined]
        self.codes.add(code)
        monitoring.set_local_events(self.tool, code, monitoring.events.INSTRUCTION)

    def _start(self, code: CodeType, offset: int) -> Any:
        if code.co_filename.startswith(LAB):
            return sys.monitoring.DISABLE  # type: ignore[attr-defined]
        frame = sys._getframe(1)
        is_new = self.listener.starts(frame) and code not in self.codes
        if is_new and not is_of_library(frame):
            self._listen(code)
        return None

    def _instruction(self, code: CodeType, offset: int) -> Any:
        if not self.listener.is_of_interest(code, offset):
            return sys.monitoring.DISABLE  # type: ignore[attr-defined]
        self.listener.comes_to(sys._getframe(1), offset)
        return None


def ears(watch: Watch, listener: Listener) -> Ears:
    """Return how to hear on this Python."""
    return (_Monitored if hasattr(sys, "monitoring") else _Traced)(watch, listener)
