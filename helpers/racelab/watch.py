"""Watches the instructions of a program's functions while its workers run, and nothing else.

From Python 3.12 on `sys.monitoring` tells of single instructions, and of none that was said to be
of no interest; before, `sys.settrace` tells of all. Every function that a worker calls is watched
from its first instruction on, unless it is a library's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cached_property, lru_cache
from types import CodeType, FrameType
from typing import Any, Protocol

from helpers.racelab.actors import Abort
from helpers.racelab.bytecode import Touches, touches
from helpers.racelab.sites import Looker, Site
from helpers.racelab.whose import is_of_library

__all__ = ["Lens", "Watch", "watch"]

MANY = 1000  # times that a worker goes round a loop before it is asked whether it ever ends

# Which keeps what a function has computed, from 3.12 on under no lock.
KEEPS = cached_property.__get__.__code__ if sys.version_info >= (3, 12) else None

cached_touches: Callable[[CodeType], Touches] = lru_cache(maxsize=2000)(touches)


class Lens(Protocol):
    """Who is told of what the instructions of a worker touch."""

    def looks(self) -> bool:
        """Return whether a worker is at work, and this is its thread."""

    def touch(self, sites: tuple[Site, ...], frame: FrameType) -> None:
        """Hear of an instruction that is about to run."""

    def gives(self, frame: FrameType, value: Any) -> None:
        """Hear of what a function returns."""


class Watch:
    """The functions of a program, and where they touch what.

    Args:
        looker: knows which touches are of interest.
        lens: is told.

    Attributes:
        by_value: what codes touch: of equal ones, as `exec` makes one each time, the same.
    """

    def __init__(self, looker: Looker, lens: Lens) -> None:
        self.looker, self.lens = looker, lens
        self.is_over = False
        self.codes: dict[int, CodeType] = {}
        self.by_value: dict[CodeType, dict[int, tuple[Site, ...]]] = {}
        self.all_sites: dict[int, dict[int, tuple[Site, ...]]] = {}
        self.sites: dict[int, dict[int, tuple[Site, ...]]] = {}

    def add(self, code: CodeType) -> None:
        """Watch a function from now on."""
        found = cached_touches(code)
        self.codes[id(code)] = code
        if code not in self.by_value:
            self.by_value[code] = {
                offset: tuple(Site(code, offset, one) for one in some)
                for offset, some in found.at.items()
            }
        self.all_sites[id(code)] = self.by_value[code]
        finder = self.looker.finder
        if not found.stored <= finder.stored:
            finder.stored |= found.stored
            finder.has_grown = True
            self.sift()
        else:
            self._sift(id(code))

    def meet(self, code: CodeType, frame: FrameType) -> None:
        """Watch a function from now on, which begins in this frame."""
        if frame.f_back and frame.f_back.f_code is KEEPS:
            self.looker.finder.note_late(frame.f_back.f_locals["self"].attrname)
        self.add(code)

    def sift(self) -> None:
        """Take the touches that are of interest, as far as is known by now."""
        for key in self.codes:
            self._sift(key)

    def _sift(self, key: int) -> None:
        is_of_interest = self.looker.is_of_interest
        kept = self.sites.setdefault(key, {})  # the same one on, for who has it already
        kept.clear()
        for offset, sites in self.all_sites[key].items():
            some = tuple(one for one in sites if is_of_interest(one.touch))
            if some:
                kept[offset] = some

    def begin(self) -> None:
        """Begin to watch."""

    def end(self) -> None:
        """Watch nothing any more; all is as it was."""

    def stop(self) -> None:
        """End whatever worker is at work at its next instruction, until the next run begins."""
        self.is_over = True

    def resume(self) -> None:
        """Watch the current thread from now on."""

    def pause(self) -> None:
        """Do not watch the current thread, while it is in the lab's own functions."""


Trace = Callable[[FrameType, str, Any], Any]


class _Traced(Watch):
    """With `sys.settrace`, in the carriers' threads only."""

    def __init__(self, looker: Looker, lens: Lens) -> None:
        super().__init__(looker, lens)
        # By the function's id, for to hash its code takes long; None of a library's function.
        self.steps: dict[int, Trace | None] = {}
        self.kept: list[CodeType] = []  # so that no other one gets the same id

    def resume(self) -> None:
        sys.settrace(self._call)  # again and again, since an error in a trace function ends it

    def pause(self) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, event: str, value: Any) -> Trace | None:
        code = frame.f_code
        if id(code) not in self.steps:
            self.steps[id(code)] = None if is_of_library(frame) else self._step(code, frame)
            self.kept.append(code)
        step = self.steps[id(code)]
        if step:
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return step

    def _step(self, code: CodeType, frame: FrameType) -> Trace:
        """Return what is called for each instruction of a function."""
        if id(code) not in self.sites:
            self.meet(code, frame)
        sites_at = self.sites[id(code)].get
        lens = self.lens

        def step(frame: FrameType, event: str, value: Any) -> Any:
            if event == "opcode":
                if self.is_over:
                    raise Abort
                sites = sites_at(frame.f_lasti)
                if sites and lens.looks():
                    lens.touch(sites, frame)
                    # After this function CPython puts the variables back as they were last looked
                    # at; those that functions share may have changed since, by another worker.
                    frame.f_locals  # noqa: B018
            elif event == "return" and lens.looks():
                lens.gives(frame, value)
            return step

        return step


class _Monitored(Watch):
    """With `sys.monitoring`."""

    def begin(self) -> None:
        monitoring = sys.monitoring  # type: ignore[attr-defined]
        self.tool = _free_tool()
        monitoring.use_tool_id(self.tool, "Three Lanes race lab")
        events = monitoring.events
        monitoring.register_callback(self.tool, events.PY_START, self._start)
        monitoring.register_callback(self.tool, events.INSTRUCTION, self._instruction)
        monitoring.register_callback(self.tool, events.PY_RETURN, self._return)
        monitoring.set_events(self.tool, events.PY_START)
        for code in self.codes.values():
            self._listen(code)
        monitoring.restart_events()

    def end(self) -> None:
        monitoring = sys.monitoring  # type: ignore[attr-defined]
        events = monitoring.events
        monitoring.set_events(self.tool, 0)
        for code in self.codes.values():
            monitoring.set_local_events(self.tool, code, 0)
        for event in (events.PY_START, events.INSTRUCTION, events.PY_RETURN):
            monitoring.register_callback(self.tool, event, None)
        monitoring.free_tool_id(self.tool)

    def add(self, code: CodeType) -> None:
        super().add(code)
        if hasattr(self, "tool"):
            self._listen(code)

    def sift(self) -> None:
        super().sift()
        if hasattr(self, "tool"):
            sys.monitoring.restart_events()  # type: ignore[attr-defined]

    def _listen(self, code: CodeType) -> None:
        monitoring = sys.monitoring  # type: ignore[attr-defined]
        events = monitoring.events
        monitoring.set_local_events(self.tool, code, events.INSTRUCTION | events.PY_RETURN)

    def _start(self, code: CodeType, offset: int) -> Any:
        frame = sys._getframe(1)
        if id(code) in self.sites or is_of_library(frame):
            return sys.monitoring.DISABLE  # type: ignore[attr-defined]
        if self.lens.looks():
            self.meet(code, frame)
            return sys.monitoring.DISABLE  # type: ignore[attr-defined]
        return None

    def stop(self) -> None:
        super().stop()
        sys.monitoring.restart_events()  # type: ignore[attr-defined]

    def _instruction(self, code: CodeType, offset: int) -> Any:
        if self.is_over and self.lens.looks():
            raise Abort
        sites = self.sites[id(code)].get(offset)
        if not sites:
            return sys.monitoring.DISABLE  # type: ignore[attr-defined]
        if self.lens.looks():
            self.lens.touch(sites, sys._getframe(1))
        return None

    def _return(self, code: CodeType, offset: int, value: Any) -> None:
        if self.lens.looks():
            self.lens.gives(sys._getframe(1), value)


def _free_tool() -> int:
    """Return a tool's number that nobody uses.

    Raises:
        RuntimeError: there is none.
    """
    monitoring = sys.monitoring  # type: ignore[attr-defined]
    for number in (3, 4, 5, 2, 0, 1):
        if monitoring.get_tool(number) is None:
            return number
    names = ", ".join(str(monitoring.get_tool(number)) for number in range(6))
    raise RuntimeError(f"no number is left to watch the program with: {names} use all six")


def watch(looker: Looker, lens: Lens) -> Watch:
    """Return how to watch a program on this Python."""
    return (_Monitored if hasattr(sys, "monitoring") else _Traced)(looker, lens)
