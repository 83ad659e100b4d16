"""helpers.timeline.folded: what is too fine for bars is told by area, exactly."""

import io
from math import nan

import numpy as np
import pytest
from PIL import Image

from benchmarks.picture import items, shares, tasks
from helpers.look import STYLE_OF, STYLES
from helpers.recorder import Lane, Recording
from helpers.timeline.folded import COLUMNS, Stacks, _fine, _rounded, coverage


def stacks(picture):
    return [pair for one in picture.axes[0].artists if isinstance(one, Stacks) for pair in one.rows]


def test_coverage_is_the_area_of_each_piece_in_each_column():
    chance = np.random.default_rng(0)
    left, right = np.sort(chance.uniform(0, COLUMNS, (2, 300)), axis=0)
    left[:100] = right[:100] - chance.uniform(0, 0.5, 100)
    left, right = np.clip(left, 0, None), np.append(right[:-1], COLUMNS)
    line = chance.integers(0, 3, 300)
    exact = np.zeros((3, COLUMNS))
    edges = np.arange(COLUMNS)
    for one, begin, end in zip(line, left, right, strict=True):
        exact[one] += np.clip(np.minimum(edges + 1, end) - np.maximum(edges, begin), 0, None)
    assert np.allclose(coverage(line, left, right, 3), exact)


@pytest.mark.parametrize("number", [10_000, 100_000])
def test_each_lanes_shares_are_read_back_from_the_dots_of_the_png(number):
    run, truth = items(number)
    used = truth.any(axis=0)
    picture = run.timeline()
    assert len(stacks(picture)) == 8
    found = shares(picture, picture.png(), used)
    assert np.abs(found - truth[:, used]).max() < 0.015


def test_many_tasks_are_one_row_that_shows_the_share_of_them_in_each_state():
    run, truth = tasks(24_000, 2_000)
    picture = run.timeline()
    assert [row.label for row in picture.rows] == ["2,000 tasks"]
    used = truth.any(axis=0)
    assert np.abs(shares(picture, picture.png(), used) - truth[:, used]).max() < 0.015


def test_a_stack_mixes_no_colours():
    picture = items(100_000)[0].timeline()
    dots = np.asarray(Image.open(io.BytesIO(picture.png())).convert("RGB"))
    box = picture.axes[0].bbox
    row, codes = stacks(picture)[0]
    middle = dots.shape[0] - round(box.y1) + round(row.middle * 200)
    high = len(codes)
    band = dots[middle - high : middle + high, round(box.x0) : round(box.x1)]
    allowed = {style.shade for style in STYLES} | {"#ffffff", "#e6e9ee"}
    found = {"#{:02x}{:02x}{:02x}".format(*one) for one in np.unique(band.reshape(-1, 3), axis=0)}
    assert found <= {colour.lower() for colour in allowed}


def test_long_bars_stay_bars_between_what_is_too_fine():
    run = Recording()
    states = [(0, "running" if n % 2 else "gil", n / 4000, (n + 1) / 4000) for n in range(2000)]
    states.append((0, "network", 0.5, 1.0))
    run.fill([Lane("thread", "a", 1)], 1.0, [(0, "f", "thread", 0.0, 1.0, nan)], states)
    ((_, codes),) = stacks(run.timeline())
    clear = (codes == 255).all(axis=0)
    assert not clear[: len(clear) // 2].any()
    assert clear[len(clear) // 2 :].all()


def test_a_short_piece_makes_both_columns_fine_that_it_touches_but_a_long_one_none():
    left, right = np.array([3.6, 10.0, 20.5]), np.array([4.2, 14.0, 20.6])
    (fine,) = _fine(np.zeros(3, int), left, right, 1)
    assert np.flatnonzero(fine).tolist() == [3, 4, 20]


def test_rounding_shows_nothing_absent_fills_what_is_full_and_owes_little():
    chance = np.random.default_rng(0)
    there = np.repeat(chance.random((2, 10, 4)) < 0.7, 50, axis=1)
    parts = chance.dirichlet(20 * np.ones(4), (2, 500)) * there
    parts[:, 250:] /= np.maximum(parts[:, 250:].sum(axis=2, keepdims=True), 1e-12)
    tops = np.cumsum(parts * 42, axis=2).transpose(0, 2, 1)
    shown = np.ones((2, 500), bool)
    shown[:, 100:120] = False
    found = _rounded(tops, shown, np.array([42, 42]), np.array([16, 2]))
    thick, exact = (np.diff(one, axis=1, prepend=0.0) for one in (found, tops))
    assert (thick[exact == 0] == 0).all()
    assert (thick >= 0).all()
    assert (found[:, -1, 250:][tops[:, -1, 250:] > 41.9] == 42).all()
    assert (found == np.rint(found)).all()
    share = np.abs((found - tops)[:, :, shown[0]].sum(axis=2)) / (42 * 480)
    assert share.max() < 0.01


def test_a_state_that_is_absent_is_not_drawn_to_pay_for_rounding():
    lanes = [Lane("task", str(n), 1) for n in range(100)]
    spans = [(n, "t", "task", 0.0, 0.5, nan) for n in range(100)]
    states = [(n, "sleep", 0.0, 0.5) for n in range(99)] + [(99, "running", 0.0, 0.25)]
    run = Recording()
    run.fill(lanes, 1.0, spans, states)
    ((_, codes),) = stacks(run.timeline())
    running = STYLES.index(STYLE_OF["running"])
    assert (codes[:, : COLUMNS // 4] == running).any()
    assert not (codes[:, COLUMNS // 4 :] == running).any()
    assert (codes[:, COLUMNS // 2 :] == 255).all()
    assert (codes[:, : COLUMNS // 2] != 255).all()


def test_a_few_pieces_need_no_stacks():
    assert stacks(items(800)[0].timeline()) == []


def test_the_picture_says_how_to_read_a_stack():
    def words(run):
        return " ".join(text.get_text() for text in run.timeline().texts)

    assert "Too fine for bars" not in words(items(800)[0])
    assert "Too fine for bars" in words(items(10_000)[0])
    assert "Many lanes in a row" in words(tasks(400, 100)[0])


def test_a_stack_can_be_hidden_and_saved_in_another_size(tmp_path):
    picture = items(10_000)[0].timeline()
    full = picture.png()
    picture.savefig(tmp_path / "small.png", dpi=70)
    small = np.asarray(Image.open(tmp_path / "small.png").convert("RGB"))
    assert small.shape[1] == 665
    blue = (small[150:400] == (0, 114, 178)).all(axis=2).any(axis=0)
    assert blue[140:640].mean() > 0.5
    assert not blue[648:].any()
    for one in picture.axes[0].artists:
        one.set_visible(False)
    assert len(picture.png()) < len(full)
