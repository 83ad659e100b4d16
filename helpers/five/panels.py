"""The picture of the counting job on several Pythons: a column for each, in turn over at once."""

from __future__ import annotations

from reprlib import repr as short

import matplotlib

from helpers.five.counted import Counted, Run
from helpers.look import SECONDARY, STYLE_OF, BarStyle, duration
from helpers.recorder.recording import Lane, Recording
from helpers.screen import size
from helpers.timeline.frame import draw_entries, flowed, write
from helpers.timeline.grid import Panel, draw_panel, styles_of
from helpers.timeline.page import text_width, wrapped
from helpers.timeline.picture import STYLE, Picture
from helpers.timeline.rows import count
from helpers.timeline.words import ONE_OF_MANY

__all__ = ["recording", "side_by_side"]

MOST = 3  # columns
WAYS = ("in turn", "at once")
WAITING = STYLE_OF["waiting"]
EITHER = "waiting: for the GIL or for a core, which was not measured"
STATE = {1: "running", 0: "waiting"}
EDGE, TOP, GAP, LABELS = 0.12, 0.12, 0.4, 0.78  # inches: page, between columns, lanes' names
LANE, MOST_LANES = 0.4, 8
LINE, LEGEND_HIGH, HEAD_HIGH, WAY_HIGH, AXIS_HIGH = 0.22, 0.3, 0.28, 0.28, 0.42  # inches
RATIO_HIGH = 0.3
TITLE, HEAD, WORDS, SMALL = 15, 14, 12, 11  # points
RATIOS = (HEAD, WORDS)  # points: in a narrow column the words are smaller


def side_by_side(*found: Counted, title: str = "") -> Picture:
    """Draw the counting job on one to three Pythons, a column for each, all on one time axis.

    Args:
        found: what was counted.
        title: the sentence over the picture; '': one that says what was done.

    Returns:
        A `Picture`, a matplotlib Figure whose `alt` is its text alternative.

    Raises:
        TypeError: found are no counts, or title is not a str.
        ValueError: there are none, or too many.
    """
    if not all(isinstance(one, Counted) for one in found):
        raise TypeError("side_by_side(found): must be what count_on() returns")
    if not 1 <= len(found) <= MOST:
        raise ValueError(f"side_by_side(found): must be 1 to {MOST} counts, not {len(found)}")
    if not isinstance(title, str):
        raise TypeError(f"side_by_side(title): must be words, not {short(title)}")
    with matplotlib.rc_context(STYLE):
        return _draw(found, title or _title(found))


def recording(run: Run) -> Recording:
    """Return a run as what the course's pictures draw."""
    lanes = [Lane("thread", f"Thread-{number + 1}", 0) for number in range(len(run.threads))]
    spans, states = [], []
    for number, rows in enumerate(run.threads):
        spans.append((number, "count", "thread", rows[0][0], rows[-1][1], float("nan")))
        states += [(number, STATE.get(int(on)), start, end) for start, end, on in rows]
    made = Recording()
    made.fill(lanes, run.seconds, spans, states if run.is_known else None)
    return made


def _title(found: tuple[Counted, ...]) -> str:
    return _job(found[0]) if _is_one_job(found) else "Threads that count, not all of them as far"


def _job(one: Counted) -> str:
    return f"{count(one.threads, 'thread')}, each of which counts to {one.n:,}"


def _is_one_job(found: tuple[Counted, ...]) -> bool:
    """Say whether all had the same to do; what was recorded is not what was asked for."""
    return len({_job(one) for one in found}) == 1


def _draw(found: tuple[Counted, ...], title: str) -> Picture:
    panels = [
        [Panel(recording(run), None, MOST_LANES, LANE) for run in one.typical] for one in found
    ]
    wide = (size().width - 2 * EDGE - GAP * (len(found) - 1)) / len(found)
    heads = [wrapped(_about(one, found), SMALL, wide) for one in found]
    legend = _legend([panel for column in panels for panel in column])
    head = wrapped(title, TITLE, size().width - 2 * EDGE, bold=True)
    notes = [line for one in _notes(found) for line in wrapped(one, SMALL, size().width - 2 * EDGE)]
    lanes = LANE * max(len(panel.rows) for column in panels for panel in column)
    legends = TOP + 0.3 * len(head) + 0.02
    columns = legends + LEGEND_HIGH * len(legend) + 0.16
    first = columns + HEAD_HIGH + LINE * max(map(len, heads)) + 0.08
    ratios = first + 2 * (WAY_HIGH + lanes + AXIS_HIGH)
    busy = [wrapped(_cores(one), WORDS, wide) for one in found]
    below = ratios + RATIO_HIGH + LINE * max(map(len, busy)) + 0.18
    picture = Picture(
        (size().width, round(below + LINE * len(notes) + 0.08, 2)), describe(found, title)
    )
    write(picture, EDGE, TOP, "\n".join(head), fontsize=TITLE, fontweight="bold")
    for number, entries in enumerate(legend):
        draw_entries(picture, legends + LEGEND_HIGH * (number + 0.5), entries, EDGE)
    end = max(panel.longest for column in panels for panel in column)
    for number, one in enumerate(found):
        left = EDGE + number * (wide + GAP)
        write(picture, left, columns, _kind(one), fontsize=HEAD, fontweight="bold")
        where = "\n".join(heads[number])
        write(picture, left, columns + HEAD_HIGH, where, fontsize=SMALL, color=SECONDARY)
        top = first
        for way, panel in zip(WAYS, panels[number], strict=True):
            _draw_way(picture, panel, way, (left, top, wide, lanes), end)
            top += WAY_HIGH + lanes + AXIS_HIGH
        fits = next((size for size in RATIOS if text_width(_ratio(one), size, True) < wide), SMALL)
        write(picture, left, ratios, _ratio(one), fontsize=fits, fontweight="bold")
        told = "\n".join(busy[number])
        write(picture, left, ratios + RATIO_HIGH, told, fontsize=WORDS)
    for number, line in enumerate(notes):
        write(picture, EDGE, below + LINE * number, line, fontsize=SMALL, color=SECONDARY)
    return picture


def _legend(panels: list[Panel]) -> list[list[tuple[float, str, BarStyle | None]]]:
    """Return the legend: of a thread that counts, more is known than of any that waits."""
    told = [(EITHER if style is WAITING else style.label, style) for style in styles_of(panels)]
    return flowed([*told], False, size().width - 2 * EDGE)


def _draw_way(
    picture: Picture, panel: Panel, way: str, box: tuple[float, float, float, float], end: float
) -> None:
    """Draw one run in a box of inches: left, top, wide, and how high its lanes are."""
    left, top, wide, lanes = box
    write(picture, left, top, way, fontsize=WORDS)
    told = duration(panel.run.elapsed, beside=end)
    write(picture, left + wide, top, told, ha="right", fontsize=HEAD, color=SECONDARY)
    inside = round(wide - LABELS, 2)
    draw_panel(picture, panel, (left + LABELS, top + WAY_HIGH, inside, lanes), end)


def _kind(one: Counted) -> str:
    return "with the GIL" if one.has_gil else "without a GIL"


def _about(one: Counted, found: tuple[Counted, ...]) -> str:
    """Return where one was measured, and first what it had to do, if others had something else."""
    return _where(one) if _is_one_job(found) else f"{_job(one)}; {_where(one)}"


def _where(one: Counted) -> str:
    """Return where and on what it was measured."""
    if one.is_recorded:
        return one.origin
    cores = f"{one.usable} usable {'core' if one.usable == 1 else 'cores'}"
    return f"{one.origin}, {one.python}, {cores}"


def _ratio(one: Counted) -> str:
    return f"at once: {one.ratio:.2f} of the time in turn"


def _cores(one: Counted) -> str:
    busy = f"{one.cores:.1f} cores busy at once"
    if one.usable < 2:
        return f"{busy}: here two threads cannot be at work at once"
    if not one.has_gil and not one.in_parallel:
        return f"{busy}: others keep this machine busy"
    return busy


def _notes(found: tuple[Counted, ...]) -> list[str]:
    """Return how to read it: what was measured, how exactly, and what was not."""
    exact = duration(max(one.resolution for one in found))
    if not all(run.is_known for one in found for run in one.runs):
        told = "When a thread waited could not be told: its clock is too coarse on this system."
    else:
        told = f"When a thread waited was told by its own clock, to within {exact}."
    rounds = sorted({len(one.ways("at once")) for one in found})
    many = " or ".join(map(str, rounds))
    middle = f"Of {many} rounds the middle one is drawn. " if rounds[-1] > 1 else ""
    return [told, f"{middle}{ONE_OF_MANY}"]


def describe(found: tuple[Counted, ...], title: str) -> str:
    """Return the picture in words."""
    told = [f"{title}."]
    for one in found:
        taken = [f"{run.way} {duration(run.seconds)}" for run in one.typical]
        facts = [", ".join(taken), _ratio(one), _cores(one)]
        once = one.typical[1]
        if once.is_known:
            facts.append(f"two threads were on a core together for {duration(once.overlap)}")
        told.append(f"{_kind(one)} ({_about(one, found)}): {'; '.join(facts)}.")
    return " ".join([*told, *_notes(found)])
