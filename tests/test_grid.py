"""helpers.timeline.grid: several recordings in one picture, one scale a row."""

import asyncio
import threading
import time

import numpy as np
import pytest

from helpers import record
from helpers.recorder.recording import Lane, Recording
from helpers.timeline import grid


def made(kinds, seconds, state="sleep"):
    """Return a recording of lanes in one state, main waiting for them."""
    run = Recording()
    lanes = [
        Lane("main", "MainThread", 7),
        *(Lane(kind, f"n{n}", 7) for n, kind in enumerate(kinds)),
    ]
    spans = [(n, "work", kinds[0], 0.0, seconds, 0.0) for n in range(1, len(lanes))]
    states = [(n, state, 0.0, seconds) for n in range(1, len(lanes))]
    run.fill(lanes, seconds, spans, [(0, "lock", 0.0, seconds), *states])
    return run


def words(picture):
    return [text.get_text() for text in texts(picture)]


def texts(picture):
    return [*picture.texts, *(text for axes in picture.axes for text in axes.texts)]


ROWS, COLUMNS = ["waits", "sums"], ["threads", "tasks"]


@pytest.fixture
def picture():
    runs = [[made(["thread"] * 4, 0.5), made(["task"] * 4, 1.0)], [made(["thread"], 0.2), None]]
    return grid(runs, ROWS, COLUMNS, "Two jobs", [[[("you", 0.25)], None], [None, None]])


def test_every_name_stands_on_it(picture):
    told = words(picture)
    assert {"Two jobs", *ROWS, *COLUMNS, "thread 4", "task 4", "?", "you"} <= {*told}
    assert "main" not in told  # it only waits for the others
    assert "waiting for a lock" not in told
    assert "sleeping" in told


def test_a_row_has_one_scale(picture):
    first, second, third = picture.axes
    assert first.get_xlim() == second.get_xlim() == (0, 1.0)
    assert third.get_xlim() == (0, 0.2)


def test_its_text_alternative_tells_each_panel(picture):
    assert picture.alt.startswith(
        "Two jobs. 4 panels. waits, threads: 500 ms. 4 threads, all alive"
    )
    assert "sums, tasks: not run yet." in picture.alt
    assert picture.png().startswith(b"\x89PNG")


def test_nothing_stands_outside_the_page(picture):
    picture.png()
    for text in texts(picture):
        box = text.get_window_extent()
        assert box.x0 >= -1
        assert box.x1 <= picture.bbox.x1 + 1


def test_main_alone_is_shown_and_many_lanes_are_counted():
    run = Recording()
    run.fill([Lane("main", "MainThread", 7)], 1.0, [], [(0, "running", 0.0, 1.0)])
    told = words(grid([[run, made(["thread"] * 20, 1.0)]], ["job"], ["in turn", "threads"]))
    assert {"main", "thread 8", "and 12 more"} <= {*told}


def test_what_is_shorter_than_a_dot_hides_nothing():
    run = Recording()
    edges = np.linspace(0.0, 1.0, 201)
    states = [(0, "gil", start, start + 0.0049) for start in edges[:-1]]
    states += [(0, "running", start + 0.0049, start + 0.005) for start in edges[:-1]]
    run.fill([Lane("thread", "t", 7)], 1.0, [(0, "w", "thread", 0.0, 1.0, 0.0)], states)
    colours = picture_colours(grid([[run]], ["job"], ["threads"]))
    assert colours["gil"] > 10 * colours["running"]  # 49 times as long, and a third as high


def picture_colours(picture):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import to_rgb

    from helpers.look import STYLE_OF

    canvas = FigureCanvasAgg(picture)
    canvas.draw()
    (axes,) = picture.axes
    box = axes.get_window_extent()
    dots = np.asarray(canvas.buffer_rgba())[..., :3]
    high = len(dots)
    lanes = dots[high - int(box.y1) : high - int(box.y0), int(box.x0) : int(box.x1)]
    found = {}
    for state in ("gil", "running"):
        colour = [round(255 * part) for part in to_rgb(STYLE_OF[state].fill)]
        found[state] = int((lanes == colour).all(axis=2).sum())
    return found


def test_names_that_do_not_fit_are_one_clear_line():
    for runs, rows, columns in (([[None]], ["a"], ["b", "c"]), ([], [], []), ([[]], ["a"], [])):
        with pytest.raises(ValueError, match=r"^grid\(runs\): must be "):
            grid(runs, rows, columns)
    with pytest.raises(ValueError, match=r"guess"):
        grid([[made(["thread"], 1.0)]], ["a"], ["b"], guesses=[[-1]])


def test_real_runs():
    async def main():
        await asyncio.gather(*[asyncio.sleep(0.05) for _ in range(3)])

    with record(states=True) as threads:
        workers = [threading.Thread(target=time.sleep, args=(0.05,)) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    with record(states=True) as tasks:
        asyncio.run(main())
    told = words(grid([[threads, tasks]], ["three waits"], ["threads", "tasks"]))
    assert {"thread 3", "task 3"} <= {*told}


@pytest.mark.parametrize("seconds", [0.0651, 0.18, 0.181, 1.02, 12.0, 100.0])
def test_no_two_times_on_a_small_axis_stand_over_one_another(seconds):
    runs = [made(["thread"], seconds)] * 2
    picture = grid([runs], ["waits"], COLUMNS)
    picture.png()
    for axes in picture.axes:
        boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
        assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])
