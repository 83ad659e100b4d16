"""Where a thread of this CPython can be made to let go of the GIL, and where it never does.

A thread that runs Python lets go of the GIL by itself when it waits, sleeps or ends. It is made to
only where the interpreter looks whether another one has asked for it, and asks once the switch
interval is over: these places are the checks. In CPython 3.11 to 3.14 there is one [1]

- at the start of a Python function, and where a generator goes on;
- where a loop begins again;
- after a call of what is written in C: but not of `len(x)`, `isinstance(x, T)`, `type(x)` and
  `numbers.append(x)`, once the instruction has run a few times and was exchanged for a quicker one.

Nowhere else: not at a return, not between the instructions of `x += 1`; and before 3.14 a `with`
that takes a lock calls nothing, so there is no check before its block, only after it.

Whether one stands between two operations of a worker is seen while a run is done again. What cannot
be told is taken for a check. So what is said to be beyond this CPython is; what is said to be
within its reach may not be. Not looked into: what lets go of the GIL without a call, as a `for`
that reads a file does, and what the garbage collector of 3.11 may run between any two instructions.

[1] `CHECK_EVAL_BREAKER` and `_CHECK_PERIODIC` in the sources: Python/ceval.c of 3.11,
Python/bytecodes.c from 3.12 on; which calls are exchanged stands in Python/specialize.c.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from helpers.racelab.ears import ears
from helpers.racelab.instructions import instructions
from helpers.racelab.locks import Lock, RLock
from helpers.racelab.queues import SimpleQueue
from helpers.racelab.run import Run
from helpers.racelab.threads import sleep
from helpers.racelab.whose import LAB, is_of_library
from helpers.racelab.workers import START, Op, Worker

if TYPE_CHECKING:
    from helpers.racelab.lab import Lab

__all__ = ["COLD", "NEVER", "STAYS", "Checks", "Instruction", "has_gil", "is_known", "op_at"]

NEVER, COLD, STAYS = 0, 1, 2  # no check; one that goes once the instruction is warm; one that stays
KNOWN = ((3, 11), (3, 12), (3, 13), (3, 14))
IN_C = (Lock, RLock, SimpleQueue)  # stand-ins for what is written in C: no checks inside of it
QUICK: dict[Any, int] = {len: 1, isinstance: 2, type: 1}  # calls that are exchanged: arguments


def is_known() -> bool:
    """Return whether it is known where this Python checks."""
    return sys.implementation.name == "cpython" and sys.version_info[:2] in KNOWN


def has_gil() -> bool:
    """Return whether one thread at a time runs Python."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


@dataclass(frozen=True)
class Mark:
    """An instruction after which, or in which, there may be a check.

    Attributes:
        kind: 'loop', 'call', or 'back': a jump back that is taken or not, as in 3.11.
        target: where a jump goes.
        is_dropped: whether nothing is done with what a call returns.
        is_plain: whether a call has no stars and no names, so that it may be exchanged.
    """

    kind: str
    target: int = -1
    is_dropped: bool = False
    is_plain: bool = False


@lru_cache(maxsize=2000)
def marks(code: CodeType) -> dict[int, Mark | None]:
    """Return the instructions of a function that have to be heard of, by their offsets.

    None stands for one that only shows that the call before it has come to its end.
    """
    found: dict[int, Mark | None] = {}
    every = [*_instructions(code)]
    for n, (offsets, one) in enumerate(every):
        mark = _mark(one, every[n + 1][1].opname if n + 1 < len(every) else "")
        if mark is None:
            continue
        found.update(dict.fromkeys(offsets, mark))
        ahead = every[n + 1][0] if n + 1 < len(every) else []
        for offset in [*ahead, *([mark.target] if mark.kind == "back" else [])]:
            found.setdefault(offset, None)
    return found


def _instructions(code: CodeType) -> Iterator[tuple[list[int], dis.Instruction]]:
    """Yield the instructions of a function, each with its offset and those of its prefixes."""
    offsets: list[int] = []
    for one in instructions(code):
        offsets.append(one.offset)
        if one.opname != "EXTENDED_ARG":
            yield offsets, one
            offsets = []


def _mark(one: dis.Instruction, ahead: str) -> Mark | None:
    """Return what an instruction has to do with checks, given the name of the next one."""
    if one.opname == "CALL":
        return Mark("call", is_dropped=ahead == "POP_TOP", is_plain=True)
    if one.opname in ("CALL_KW", "CALL_FUNCTION_EX"):
        return Mark("call")
    if one.opname == "JUMP_BACKWARD":
        return Mark("loop")
    is_back = one.opname.startswith("POP_JUMP_BACKWARD")
    return Mark("back", one.argval) if is_back else None


@dataclass
class Instruction:
    """An instruction of the program that does an operation.

    Attributes:
        op: the operation.
        code: of which function.
        offset: of the instruction.
    """

    op: Op
    code: CodeType | None = None
    offset: int = 0


@dataclass
class Gap:
    """What a worker has come by since its last operation.

    Attributes:
        check: the best check, as above.
        since: the last operation.
        libraries: the functions of libraries that called the one that did it: they may do anything
            once it has come to its end.
        waited: whether it has waited for what it is about to do: then it goes on when others have
            let it, not when it likes.
        open: calls that have not come to their end, and jumps: by the frame, the check that comes
            with it, and the instruction that must be next for that.
    """

    check: int = NEVER
    since: Instruction | None = None
    libraries: list[FrameType] = field(default_factory=list)
    waited: bool = False
    open: dict[int, tuple[int, int | None]] = field(default_factory=dict)


class Checks:
    """Keeps, for each worker of a run, which checks it has come by since its last operation.

    Used as `with Checks(lab) as checks`; in the block, each run has to ask it at each choice
    (`meet`), and its `done` has to be the run's log.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.run: Run | None = None
        self.gaps: dict[int, Gap] = {}

    def __enter__(self) -> Checks:
        self.ears = ears(self.lab.watch, self)
        self.ears.begin()
        return self

    def __exit__(self, *error: object) -> None:
        self.ears.end()

    # what the run tells

    def meet(self, run: Run, ready: list[Worker]) -> None:
        """Hear that it is to be chosen who goes on."""
        if run is not self.run:
            self.run, self.gaps = run, {}
        for one in run.workers:
            if one.op and one.op.ready and not one.is_done and one not in ready:
                self.gap(one).waited = True

    def done(self, worker: Worker, op: Op) -> None:
        """Hear that a worker does an operation now."""
        gap = self.gap(worker)
        is_open = gap.waited or op is START or (op.site is None and not _is_in_c(op))
        gap.check, gap.waited = STAYS if is_open else NEVER, False
        gap.since, gap.libraries = op_at(op), [*filter(is_of_library, _callers(op.frame))]

    def before(self, worker: Worker) -> int:
        """Return the best check between a worker's last operation and what it is about to do."""
        gap, op = self.gap(worker), worker.op
        if op is None or (op.site is None and not _is_in_c(op)):
            return STAYS
        callers = [*_callers(op.frame)] if gap.libraries else []
        has_left = any(one not in callers for one in gap.libraries)
        return STAYS if has_left else gap.check

    def gap(self, worker: Worker) -> Gap:
        """Return what a worker has come by."""
        return self.gaps.setdefault(worker.number, Gap())

    def state(self, run: Run) -> list[int]:
        """Return what the checks to come depend on, beside the workers' histories."""
        gaps = map(self.gap, run.workers)
        return [one.check * 2 + one.waited for one in gaps]

    # what the instructions tell

    def at_work(self) -> Worker | None:
        """Return the worker whose thread this is, if the program is at work in it."""
        return self.lab.run.current if self.lab.run and self.lab.looks() else None

    def starts(self, frame: FrameType) -> bool:
        """Hear that a function starts, or a generator goes on; return whether a worker does it."""
        worker = self.at_work()
        if worker and not _is_lab_s(frame):
            self.gap(worker).check = STAYS
        return worker is not None

    def is_of_interest(self, code: CodeType, offset: int) -> bool:
        """Return whether an instruction has to be heard of."""
        return offset in marks(code)

    def comes_to(self, frame: FrameType, offset: int) -> None:
        """Hear that an instruction is about to run."""
        worker = self.at_work()
        if worker is None:
            return
        gap = self.gap(worker)
        check, target = gap.open.pop(id(frame), (NEVER, None))
        if target is None or target == offset:
            gap.check = max(gap.check, check)
        mark = marks(frame.f_code).get(offset)
        if mark is None:
            return
        if mark.kind == "loop":
            gap.check = STAYS
        elif mark.kind == "back":
            gap.open[id(frame)] = STAYS, mark.target
        elif check := self._of_call(frame, offset, mark):
            gap.open[id(frame)] = check, None

    def _of_call(self, frame: FrameType, offset: int, mark: Mark) -> int:
        """Return which check stands at the end of a call."""
        one = self.lab.looker.objects.one
        for site in self.lab.watch.all_sites.get(id(frame.f_code), {}).get(offset, ()):
            kind, function, others = site.touch.kind, site.touch.base, site.touch.others
            if kind != "call":
                continue
            if function[0] == "attr" and function[2] == "append" and len(others) == 1:
                is_list = type(one(function[1], frame)) is list
                return COLD if is_list and mark.is_plain and mark.is_dropped else STAYS
            return _end_of(one(function, frame), len(others) if mark.is_plain else -1)
        return STAYS


def _end_of(function: Any, arguments: int) -> int:
    """Return which check stands at the end of a call of a function."""
    if isinstance(function, (FunctionType, MethodType)):
        code = getattr(function, "__code__", None)  # of the program: its start is heard of
        return NEVER if code and not code.co_filename.startswith(LAB) else STAYS
    is_quick = function is type or isinstance(function, BuiltinFunctionType)
    return COLD if is_quick and QUICK.get(function) == arguments else STAYS


def op_at(op: Op) -> Instruction:
    """Return which instruction does an operation; it has to be asked before that is done."""
    if op.frame is None:
        return Instruction(op)
    return Instruction(op, op.frame.f_code, op.site.offset if op.site else op.frame.f_lasti)


def _is_lab_s(frame: FrameType) -> bool:
    """Return whether a function is the lab's own, or a library's that the lab calls."""
    if frame.f_code.co_filename.startswith(LAB):
        return True
    caller = frame.f_back.f_code.co_filename if frame.f_back else ""
    return caller.startswith(LAB) and is_of_library(frame)


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a function and those that have called it, but for the lab's own."""
    while frame:
        if not frame.f_code.co_filename.startswith(LAB):
            yield frame
        frame = frame.f_back


def _is_in_c(op: Op) -> bool:
    """Return whether the program calls what is written in C, and so without a check, for this."""
    inner, frame = None, sys._getframe(1)
    while frame.f_back and frame is not op.frame:
        inner, frame = frame, frame.f_back
    if inner is None or frame is not op.frame:
        return False
    if inner.f_code is sleep.__code__:
        return True
    is_lab_s = inner.f_code.co_filename.startswith(LAB)
    return is_lab_s and type(inner.f_locals.get("self")) in IN_C
