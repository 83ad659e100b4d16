"""What each lane did, as one flat table: spans and states laid over one another, without overlap.

All lanes are laid end to end on one line of whole numbers. Each begin and each end of a span or
a state is one number: its place on the line, and in the lowest bits what begins or ends there.
One sort and one running sum then tell what holds in each stretch of each lane, however many
lanes, spans and states there are (a sweep line: Bentley and Ottmann, 1979).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.look import STYLE_OF, STYLES, UNKNOWN

if TYPE_CHECKING:
    from helpers.recorder.recording import Recording

__all__ = ["CODES", "NOT_SEEN", "Pieces", "pieces"]

Array = np.ndarray[Any, Any]

CODES = len(STYLES)  # a piece's code is the index of its style in STYLES
LINE, LANE = 57, 44  # bits of a place on the line of all lanes, and of one lane at most:
# more would tell apart what differs in the last digit of a floating-point number only
EVENT = 6  # bits for what happens there

STATE, STEP, LIFE, SPAN = 1, 1 << 4, 1 << 8, 1 << 12  # what one more of each adds to the sum
LOW = SPAN - 1
NOTHING, NOT_SEEN = -1, STYLES.index(UNKNOWN)
AWAITING = STYLES.index(STYLE_OF["awaiting"])


@dataclass(eq=False)
class Pieces:
    """Stretches of lanes, by lane and start; no two of a lane overlap.

    Attributes:
        lane: index of the lane, for each piece.
        code: index of its style in `helpers.look.STYLES`.
        start: seconds.
        end: seconds; equal to the next start where the lane goes on in another state.
        torn: for each lane the second at which it was left unfinished, or NaN.
        seconds: for each lane and code (an array of lanes x CODES), the time spent in it.
    """

    lane: Array
    code: Array
    start: Array
    end: Array
    torn: Array
    seconds: Array

    @property
    def did(self) -> Array:
        """Which lanes did anything (a mask)."""
        return np.asarray(self.seconds.any(axis=1))

    def only(self, which: Array) -> Pieces:
        """Return some of the pieces (a mask)."""
        lane, code, start, end = (
            self.lane[which],
            self.code[which],
            self.start[which],
            self.end[which],
        )
        return Pieces(lane, code, start, end, self.torn, self.seconds)

    def alive(self, lanes: Array) -> tuple[Array, Array]:
        """Return starts and ends of the stretches in which some lanes (a mask) do anything."""
        begins = np.ones(len(self.lane), bool)
        begins[1:] = (self.lane[1:] != self.lane[:-1]) | (self.start[1:] != self.end[:-1])
        stops = np.roll(begins, -1)
        of_them = lanes[self.lane]
        return self.start[begins & of_them], self.end[stops & of_them]


def pieces(run: Recording) -> Pieces:
    """Return what each lane of a recording did, from its begin to its end.

    A lane does something inside its spans, and the main lane all the time if states were
    measured. There it is in the state that was seen, else in a state that is not known; a task
    between its steps is awaiting.
    """
    bits = min(LANE, LINE - max(1, len(run.lanes)).bit_length())
    length = max(run.elapsed, 1e-9)
    spans, torn = _span_events(run, bits, length)
    events = np.concatenate([spans, _main_events(run, bits), _state_events(run, bits, length)])
    events.sort(kind="stable")  # which is quick where much is in order already
    line, code = _sweep(events)
    begins = np.flatnonzero(code != NOTHING)
    starts, ends, code = line[begins], line[begins + 1], code[begins]
    lane, unit = starts >> bits, length / ((1 << bits) - 1)
    start, end = ((at - (lane << bits)) * unit for at in (starts, ends))
    seconds = np.bincount(lane * CODES + code, end - start, len(run.lanes) * CODES)
    return Pieces(lane, code, start, end, torn, seconds.reshape(-1, CODES))


def _sweep(events: Array) -> tuple[Array, Array]:
    """Return the places where what a lane does changes, and the code that holds from there on."""
    change = np.zeros(1 << EVENT, np.int32)
    for bit, adds in enumerate((STEP, LIFE, SPAN)):
        change[2 * bit], change[2 * bit + 1] = -adds, adds
    for code in range(CODES):
        change[2 * (3 + code)], change[2 * (3 + code) + 1] = -STATE * (code + 1), STATE * (code + 1)
    line = events >> EVENT
    happens = (events & ((1 << EVENT) - 1)).astype(np.int8)
    holds = np.cumsum(change[happens], dtype=np.int32)
    last = np.flatnonzero(np.append(line[1:] != line[:-1], len(line) > 0))
    holds = holds[last]
    code = _code_of()[(holds & LOW) | (holds > LOW) * SPAN]
    turns = np.flatnonzero(np.append(len(code) > 0, code[1:] != code[:-1]))
    return line[last[turns]], code[turns]


def _code_of() -> Array:
    """Return, for each sum of what holds at a moment, the code of what is drawn."""
    table = np.full(2 * SPAN, NOTHING, np.int8)
    for holds in range(1 << 4, 2 * SPAN):
        state, step, life = holds & 15, holds & (15 * STEP), holds & (15 * LIFE)
        table[holds] = state - 1 if state else AWAITING if life and not step else NOT_SEEN
    return table


def _span_events(run: Recording, bits: int, length: float) -> tuple[Array, Array]:
    """Return the begins and ends of the spans, and when each lane was left unfinished."""
    spans = run.spans
    lane, end = spans["lane"].astype(np.int64), run.ends()
    torn = np.full(len(run.lanes), np.nan)
    still = np.flatnonzero(np.isnan(spans["end"]))
    torn[lane[still]] = end[still]
    kind = spans["kind"]
    which = np.where(kind == "step", 0, np.where(kind == "task", 1, 2))
    narrow = lane.astype(np.uint16) if len(run.lanes) <= 1 << 16 else lane  # sorted in one go
    order = np.argsort(narrow, kind="stable")
    lane, start, end, which = lane[order], spans["start"][order], end[order], which[order]
    return _events(lane, start, end, which, bits, length), torn


def _main_events(run: Recording, bits: int) -> Array:
    """Return events that have the main lane do something all the time, if states were measured."""
    lanes = [number for number, lane in enumerate(run.lanes) if lane.kind == "main"]
    if run.states is None or not lanes:
        return np.empty(0, np.int64)
    return _events(np.array(lanes), np.zeros(1), np.ones(1), np.full(len(lanes), 2), bits, 1.0)


def _state_events(run: Recording, bits: int, length: float) -> Array:
    """Return the begins and ends of the stretches of states; none lasts into the next one."""
    if run.states is None or not len(run.states):
        return np.empty(0, np.int64)
    states: Any = run.states
    if not (some := states["end"] > states["start"]).all():
        states = states[some]
    lane, start, end = states["lane"].astype(np.int64), states["start"], states["end"].copy()
    same = lane[1:] == lane[:-1]
    end[:-1][same] = np.minimum(end[:-1], start[1:])[same]
    return _events(lane, start, end, 3 + _codes(states["state"]), bits, length)


def _codes(states: Array) -> Array:
    """Return the code of each state; its first two letters tell it from all others.

    Comparing two numbers takes a tenth of the time of comparing words with each of the states.
    """
    table = np.full(1 << 10, NOT_SEEN, np.int8)
    for state, style in STYLE_OF.items():
        table[(ord(state[0]) & 31) << 5 | ord(state[1]) & 31] = STYLES.index(style)
    letters = np.lib.stride_tricks.as_strided(
        states, (len(states), 1), (states.strides[0], states.itemsize), writeable=False
    ).view("u4")
    codes: Array = table[(letters[:, 0] & 31) << 5 | letters[:, 1] & 31]
    return codes


def _events(lane: Array, start: Array, end: Array, which: Array, bits: int, length: float) -> Array:
    """Return the begins and ends, as numbers that sort by lane, time and ends before begins."""
    last = (1 << bits) - 1
    base = ((lane << bits + EVENT) + 2 * which).astype(np.int64)
    ends = np.empty((2, len(lane)), np.int64)
    for row, times in enumerate((end, start)):
        place = times * (last / length)
        np.rint(np.clip(place, 0, last, out=place), out=place)
        ends[row] = place
    some = ends[0] > ends[1]  # what is over before it begins (a clock's last digit) is nothing
    ends <<= EVENT
    ends += base
    ends[1] += 1
    return ends.ravel() if some.all() else ends[:, some].ravel()
