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
from helpers.racelab.kinds import CONSTANT
from helpers.racelab.objects import HIDDEN, Objects, cells
from helpers.racelab.places import NO_KEY, Finder, Places
from helpers.racelab.progress import Progress
from helpers.racelab.symbols import Touch
from helpers.racelab.whose import LAB, is_of_library

__all__ = ["LOOK_FAR", "Looker", "Site"]

PLAIN = ("local", "global", "cell", "attr", "name")  # symbols that stand for one object
LOADS = ("attr", "name", "inside")
LOOK_FAR = ("deep", "whole", "call", "caller")  # touches of things that are in others
OF_C = frozenset(("inside", "deep", "whole", "call"))  # which may call the program's functions


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
        finder: which places objects have.
        progress: how far the loops have come.
        going: what an instruction of C touches that has begun, by its frame's id: where it is, the
            places, and whether it looks deep into things.
    """

    def __init__(self) -> None:
        self.objects = Objects()
        self.finder = Finder(self.objects)
        self.calls = Calls(self.finder)
        self.going: dict[int, tuple[int, Places, bool]] = {}
        self.progress = Progress()

    def begin(self) -> None:
        """Forget the objects of the run before."""
        self.objects.begin()
        self.finder.begin()
        self.going = {}
        self.progress.begin()

    def is_of_interest(self, touch: Touch) -> bool:
        """Return whether a touch could matter to another worker, as far as is known by now."""
        return touch.kind not in ("name", "attr") or touch.name in self.finder.stored

    def is_busy(self) -> bool:
        """Return whether anything may go on around a function that begins or ends."""
        return bool(self.going or self.progress.loops)

    def may_differ(self, touch: Touch) -> bool:
        """Return whether what a touch does hangs on what others have done to the same thing."""
        if touch.kind == "attr":
            return touch.name in self.finder.late
        return touch.kind in LOOK_FAR or (touch.kind == "inside" and bool(touch.others))

    def note(self, touch: Touch, frame: FrameType) -> None:
        """Note how far a worker has come, where a function begins or a `for` takes an item."""
        if touch.kind == "round":
            self.progress.take(frame, touch.at)
            return
        if touch.name == "start":
            self.progress.enter(frame)
            self.going.pop(id(frame), None)
        if touch.name and (back := self._caller(frame)):
            self.progress.call_back(back)

    def remember(self, touch: Touch, frame: FrameType, places: Places | None) -> None:
        """Note what is loaded now, and what an instruction of C goes on to touch."""
        kind = touch.kind
        if kind in LOADS:
            self.objects.remember(touch, frame)
        if kind == "attr":  # which a cached property may yet have to compute
            if touch.writes or not places or not places[0][1]:
                return
        elif kind not in OF_C:
            return
        at, before, deep = self.going.get(id(frame), (-1, [], False))
        if places is None:
            if at >= 0 and at != touch.at:
                del self.going[id(frame)]
            return
        looks_deep = kind not in LOADS
        if at == touch.at:
            places, looks_deep = before + places, deep or looks_deep
        else:
            self.progress.call(frame, touch.at)
        self.going[id(frame)] = touch.at, places, looks_deep

    def places(self, touch: Touch, frame: FrameType) -> Places | None:
        """Return the places that are touched, each with whether it is changed.

        None of a call of the program's own function, for that is seen in itself; and of what never
        changes and calls nothing of the program's.
        """
        kind = touch.kind
        if kind == "name":
            return self.finder.variable(touch.name, touch.writes, frame)
        if kind == "attr":
            if touch.base[0] in PLAIN:
                base = self.objects.one(touch.base, frame)
                return self.finder.attribute(base, touch.name, touch.writes)
            bases = self.objects.every(touch.base, frame)
            return _all(self.finder.attribute(one, touch.name, touch.writes) for one in bases)
        if kind == "caller":
            return self._of_caller(touch, frame)
        if kind == "call":
            return self._call(touch, frame)
        return self._within(touch, frame) if kind in OF_C else []

    def _within(self, touch: Touch, frame: FrameType) -> Places | None:
        """Return what an instruction touches that is in objects."""
        objects, finder = self.objects, self.finder
        if touch.base[0] in PLAIN and isinstance(objects.one(touch.base, frame), CONSTANT):
            return None
        if touch.kind == "inside":
            key = objects.one(touch.others[0], frame) if touch.others else NO_KEY
            bases = objects.every(touch.base, frame)
            return _all(finder.inside(one, touch.writes, key) for one in bases)
        is_whole = touch.kind == "whole"
        found = objects.deep(touch.base, frame)
        return _all(finder.inside(one, False) + finder.deep(one, is_whole) for one in found)

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
        back = self._caller(frame)
        if back is None or touch.name:
            return []
        _, places, deep = self.going[id(back)]
        for one in self.objects.every(touch.base, frame):
            places = places + self.finder.inside(one, False)
            places += self.finder.deep(one, whole=False) if deep else []
        return places

    def _caller(self, frame: FrameType) -> FrameType | None:
        """Return from where this function was called, if from an instruction of C or a library."""
        if not self.going:
            return None
        back = frame.f_back
        while back and is_of_library(back):
            if back.f_code.co_filename.startswith(LAB):
                return None
            back = back.f_back
        if back and self.going.get(id(back), (-1,))[0] == back.f_lasti:
            return back
        return None

    def value(self, touch: Touch, frame: FrameType) -> Callable[[], Any] | None:
        """Return what tells the value that is touched, as it then is; None if it cannot be told."""
        if touch.kind == "name":
            if touch.name in cells(frame.f_code):
                return lambda: frame.f_locals[touch.name]
            return lambda: frame.f_globals[touch.name]
        if touch.kind == "caller" or (touch.kind == "call" and touch.base[0] != "attr"):
            return None
        if touch.kind == "attr" and touch.name in self.finder.late:
            return None  # for to look would compute it
        base = self.objects.one(touch.base[1] if touch.kind == "call" else touch.base, frame)
        if base is HIDDEN:
            return None
        return (lambda: getattr(base, touch.name)) if touch.kind == "attr" else lambda: base


def _all(some: Iterable[Places]) -> Places:
    return [place for places in some for place in places]
