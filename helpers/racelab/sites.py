"""What an instruction that is about to run touches: which places, and whether it changes them.

The symbols of `bytecode` say where in the program an object comes from; the frame says which one it
is. A function of C that calls one of the program's goes on with what it touches when that begins
and when it ends: so both are looked at again there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import CodeType, FrameType
from typing import Any

from helpers.racelab.calls import Calls
from helpers.racelab.objects import HIDDEN, Objects, cells
from helpers.racelab.places import Places, Reach
from helpers.racelab.progress import Progress
from helpers.racelab.symbols import Touch
from helpers.racelab.whose import is_of_library

__all__ = ["Looker", "Site"]


class Site:
    """One touch of one instruction.

    Attributes:
        code: of which function.
        offset: of the instruction.
        touch: what it touches there.
        is_point: whether it is known to race with another one.
    """

    __slots__ = ("code", "is_point", "offset", "touch")

    def __init__(self, code: CodeType, offset: int, touch: Touch) -> None:
        self.code, self.offset, self.touch, self.is_point = code, offset, touch, False


class Looker:
    """Tells what the instructions of one program touch.

    Attributes:
        objects: which of them symbols stand for.
        reach: which places objects have.
        progress: how far the loops have come.
        going: what an instruction of C touches that has begun, by its frame's id: where it is, the
            places, and whether it looks deep into things.
    """

    def __init__(self) -> None:
        self.objects = Objects()
        self.reach = Reach(self.objects)
        self.calls = Calls(self.reach)
        self.going: dict[int, tuple[int, Places, bool]] = {}
        self.progress = Progress()

    def begin(self) -> None:
        """Forget the objects of the run before."""
        self.objects.begin()
        self.reach.begin()
        self.going = {}
        self.progress.begin()

    def is_of_interest(self, touch: Touch) -> bool:
        """Return whether a touch could matter to another worker, as far as is known by now."""
        return touch.kind not in ("name", "attr") or touch.name in self.reach.stored

    def places(self, touch: Touch, frame: FrameType) -> Places:
        """Return the places that are touched, each with whether it is changed."""
        kind = touch.kind
        if kind == "name":
            return self.reach.variable(touch.name, touch.writes, frame)
        if kind == "attr":
            bases = self.objects.every(touch.base, frame)
            return _all(self.reach.attribute(one, touch.name, touch.writes) for one in bases)
        if kind == "caller":
            if touch.name == "start":
                self.progress.enter(frame)
                self.going.pop(id(frame), None)
            return self._of_caller(touch, frame) if self.going else []
        if kind == "round":
            self.progress.take(frame)
            return []
        places = self._of_c(touch, frame)
        if places is None:
            self.going.pop(id(frame), None)
            return []
        at, before, deep = self.going.get(id(frame), (-1, [], False))
        if at == frame.f_lasti:
            self.going[id(frame)] = at, before + places, deep or kind != "inside"
        else:
            self.going[id(frame)] = frame.f_lasti, places, kind != "inside"
            self.progress.call(frame)
        return places

    def _of_c(self, touch: Touch, frame: FrameType) -> Places | None:
        """Return what an instruction touches that is in objects, or by a call of C, or a library.

        None of a call of the program's own function.
        """
        if touch.kind == "call":
            return self._call(touch, frame)
        objects, reach = self.objects, self.reach
        if touch.kind == "inside":
            key = objects.one(touch.others[0], frame) if touch.others else HIDDEN
            bases = objects.every(touch.base, frame)
            return _all(reach.inside(one, touch.writes, key) for one in bases)
        is_whole = touch.kind == "whole"
        found = objects.deep(touch.base, frame)
        return _all(reach.inside(one, False) + reach.deep(one, is_whole) for one in found)

    def _call(self, touch: Touch, frame: FrameType) -> Places | None:
        symbol, objects = touch.base, self.objects
        if symbol[0] == "function":
            return None
        others = [objects.deep(one, frame) for one in touch.others]
        if symbol[0] == "attr":
            bases = objects.every(symbol[1], frame)
            found = [self.calls.method(one, symbol[2], others) for one in bases]
        else:
            found = [self.calls.function(one, others) for one in objects.every(symbol, frame)]
        is_own = all(one is None for one in found)
        return None if is_own else _all(one for one in found if one)

    def _of_caller(self, touch: Touch, frame: FrameType) -> Places:
        """Return what the instruction of C touches from which this function was called."""
        back = frame.f_back
        while back and is_of_library(back):
            back = back.f_back
        at, places, deep = self.going.get(id(back), (-1, [], False))
        if back is None or at != back.f_lasti:
            return []
        if touch.name:
            self.progress.call_back(back)
        for one in self.objects.every(touch.base, frame):
            places = places + self.reach.inside(one, False)
            places += self.reach.deep(one, whole=False) if deep else []
        return places

    def value(self, touch: Touch, frame: FrameType) -> Callable[[], Any] | None:
        """Return what tells the value that is touched, as it then is; None if it cannot be told."""
        if touch.kind == "name":
            if touch.name in cells(frame.f_code):
                return lambda: frame.f_locals[touch.name]
            return lambda: frame.f_globals[touch.name]
        if touch.kind == "caller" or (touch.kind == "call" and touch.base[0] != "attr"):
            return None
        base = self.objects.one(touch.base[1] if touch.kind == "call" else touch.base, frame)
        if base is HIDDEN:
            return None
        return (lambda: getattr(base, touch.name)) if touch.kind == "attr" else lambda: base


def _all(some: Iterable[Places]) -> Places:
    return [place for places in some for place in places]
