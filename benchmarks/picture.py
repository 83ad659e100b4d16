"""How long a picture takes, how many bytes it has, and whether its pixels tell the truth.

`python -m benchmarks.picture` draws recordings made up by chance, prints a line for each, and
reads each lane's share of each state back from the dots of the PNG.
"""

from __future__ import annotations

import io
import statistics
import time
from math import nan
from typing import Any

import numpy as np
from PIL import Image

from helpers.look import STYLE_OF, STYLES, BarStyle
from helpers.recorder.recording import SPAN_FIELDS, STATE_FIELDS, Lane, Recording
from helpers.timeline import Picture
from helpers.timeline.folded import CLEAR, Stacks
from helpers.timeline.page import DPI

RUNS = 9
STATES = ("running", "gil", "lock", "network")
SECONDS = 5.0

Array = np.ndarray[Any, Any]


def main() -> None:
    """Print the table."""
    print(f"{'picture':38} {'ms':>6} {'from':>6} {'to':>6} {'bytes':>8} {'worst share':>12}")
    for spans in (1_000, 10_000, 100_000, 1_000_000):
        report(f"{spans:,} items and as many states", *items(spans))
    report("1,000,000 states, 8 threads", *items(1_000_000, one_span=True))
    report("1,000,000 steps and waits, 8 tasks", *tasks(1_000_000, 8))
    report("5,000 tasks, 60,000 steps and waits", *tasks(60_000, 5_000))


def report(what: str, run: Recording, truth: Array) -> None:
    """Draw a recording nine times and print the median, the spread, the bytes and the error."""
    _picture(run).png()  # fonts are read once
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        picture = _picture(run)
        png = picture.png()
        took.append(1e3 * (time.perf_counter() - began))
    used = np.asarray(truth.any(axis=0))
    error = 100 * float(np.abs(shares(picture, png, used) - truth[:, used]).max())
    print(
        f"{what:38} {statistics.median(took):6.0f} {min(took):6.0f} {max(took):6.0f} "
        f"{len(png):8,} {error:7.2f} points",
        flush=True,
    )


def _picture(run: Recording) -> Picture:
    picture = run.timeline()
    assert isinstance(picture, Picture)
    return picture


def items(number: int, lanes: int = 8, one_span: bool = False) -> tuple[Recording, Array]:
    """Return a recording of executor items, each in one state, and the true shares by lane.

    Args:
        number: items of all lanes.
        lanes: threads.
        one_span: each thread has one span for all, and no items; what is between is unknown.
    """
    each = number // lanes
    lane, start, end = _random_stretches(lanes, each)
    codes = _random_states(lanes, each)
    states = _table(STATE_FIELDS, lane, start, end)
    states["state"] = np.array(STATES)[codes]
    spans = _table(SPAN_FIELDS, lane, start, end)
    spans["name"], spans["kind"], spans["cpu"] = "work", "item", nan
    truth = _truth(lane, codes, end - start, lanes)
    if one_span:
        spans = spans[::each].copy()
        spans["kind"], spans["start"], spans["end"] = "thread", 0.0, SECONDS
        truth[:, STYLES.index(STYLE_OF["unknown"])] = 1 - truth.sum(axis=1)
    run = Recording()
    names = [Lane("thread", f"worker-{one + 1}", 1) for one in range(lanes)]
    run.fill(names, SECONDS, spans, states)
    return run, truth


def tasks(number: int, lanes: int) -> tuple[Recording, Array]:
    """Return a recording of tasks, half its rows steps and half waits, and the true shares."""
    each = number // 2 // lanes
    lane, start, end = _random_stretches(lanes, each)
    codes = _random_states(lanes, each)
    steps = _table(SPAN_FIELDS, lane, start, end)
    steps["name"], steps["kind"], steps["cpu"] = "step", "step", nan
    lives = [
        (one, "task", "task", start[one * each], end[one * each + each - 1], nan)
        for one in range(lanes)
    ]
    same = lane[1:] == lane[:-1]
    waits = _table(STATE_FIELDS, lane[:-1][same], end[:-1][same], start[1:][same])
    waits["state"] = np.array(["sleep", "network", "lock", "awaiting"])[codes[:-1][same]]
    ran = _table(STATE_FIELDS, lane, start, end)
    ran["state"] = "running"
    run = Recording()
    names = [Lane("task", f"Task-{one + 2}", 1) for one in range(lanes)]
    spans = np.concatenate([steps, np.array(lives, SPAN_FIELDS)]).view(np.recarray)
    rows = np.concatenate([ran, waits]).view(np.recarray)
    run.fill(names, SECONDS, spans, rows)
    truth = np.zeros((lanes, len(STYLES)))
    for state in np.unique(rows["state"]):
        these = rows[rows["state"] == state]
        seconds = np.bincount(these["lane"], these["end"] - these["start"], lanes)
        truth[:, STYLES.index(STYLE_OF[str(state)])] = seconds / SECONDS
    return run, truth if lanes <= 40 else truth.mean(axis=0, keepdims=True)


def shares(picture: Picture, png: bytes, used: Array) -> Array:
    """Return each row's share of each used style (a mask), read from the dots of the PNG.

    In a column of a stack the height of a colour counts; elsewhere a bar counts for its whole
    column, however high it is.
    """
    dots = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(np.int32)
    axes: Any = picture.axes[0]
    left, right = round(axes.bbox.x0), round(axes.bbox.x1)
    top = dots.shape[0] - round(axes.bbox.y1)
    stacks = [pair for one in axes.artists if isinstance(one, Stacks) for pair in one.rows]
    codes_of = {id(row): codes for row, codes in stacks}
    styles = [style for style, is_used in zip(STYLES, used, strict=True) if is_used]
    found = []
    for row in picture.rows:
        high = round(0.45 * row.lane * DPI)
        middle = top + round(row.middle * DPI)
        band = dots[middle - high : middle + high, left:right]
        found.append(_shares_of_band(band, codes_of.get(id(row)), row.folded, styles))
    return np.array(found)


def _shares_of_band(
    band: Array, codes: Array | None, folded: bool, styles: list[BarStyle]
) -> Array:
    stacked = np.zeros(band.shape[1], bool)
    high = band.shape[0]
    if codes is not None:
        columns = np.arange(band.shape[1]) * codes.shape[1] // band.shape[1]
        stacked = folded | (codes != CLEAR).any(axis=0)[columns]
        high = 2 * len(codes)
    heights = np.stack([_dots_of(band, style.shade) for style in styles])
    bars = np.stack([_dots_of(band, style.fill) for style in styles])
    bar = (bars == bars.max(axis=0)) & (bars > 0)
    return np.asarray(np.where(stacked, heights / high, bar).mean(axis=1))


def _dots_of(band: Array, colour: str) -> Array:
    """Return how many dots of each column have a colour."""
    rgb = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return np.asarray((band == rgb).all(axis=2).sum(axis=0))


def _random_stretches(lanes: int, each: int) -> tuple[Array, Array, Array]:
    chance = np.random.default_rng(0)
    long, gap = chance.exponential(1, (lanes, each)), chance.exponential(0.3, (lanes, each))
    end = np.cumsum(long + gap, axis=1)
    start = end - long
    scale = SECONDS / end.max()
    return np.repeat(np.arange(lanes), each), start.ravel() * scale, end.ravel() * scale


def _random_states(lanes: int, each: int) -> Array:
    chance = np.random.default_rng(1)
    weights = chance.dirichlet(2 * np.ones(len(STATES)), lanes)
    return np.concatenate([chance.choice(len(STATES), each, p=one) for one in weights])


def _table(fields: Any, lane: Array, start: Array, end: Array) -> Any:
    table = np.zeros(len(lane), fields)
    table["lane"], table["start"], table["end"] = lane, start, end
    return table.view(np.recarray)


def _truth(lane: Array, codes: Array, seconds: Array, lanes: int) -> Array:
    truth = np.zeros((lanes, len(STYLES)))
    style = np.array([STYLES.index(STYLE_OF[one]) for one in STATES])
    np.add.at(truth, (lane, style[codes]), seconds / SECONDS)
    return truth


if __name__ == "__main__":
    main()
