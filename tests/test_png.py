"""helpers.timeline.png: any PNG reader gets the picture back, its own colours exactly."""

import io

import numpy as np
import pytest
from PIL import Image

from helpers.timeline.png import encode

WHITE, INK, BLUE = (255, 255, 255), (31, 41, 51), (0, 114, 178)


def dots_of(rows):
    rows = np.array(rows, np.uint8)
    return np.dstack([rows, np.full(rows.shape[:2], 255, np.uint8)])


def opened(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("width", [4, 5])
def test_its_own_colours_come_out_exactly(width):
    chance = np.random.default_rng(0)
    rows = np.array([WHITE, INK, BLUE])[chance.integers(0, 3, (7, width))]
    assert np.array_equal(opened(encode(dots_of(rows), 200, [INK, BLUE], [WHITE, INK])), rows)


def test_other_colours_become_the_nearest_shade():
    found = opened(encode(dots_of([[(200, 205, 210), (60, 70, 80)]]), 200, [BLUE], [WHITE, INK]))
    assert found.tolist() == [[list(WHITE), list(INK)]]


def test_more_than_sixteen_colours_are_kept_too():
    many = [(17 * n, 255 - 17 * n, 0) for n in range(16)] + [WHITE, INK, BLUE]
    found = opened(encode(dots_of([many, many]), 200, many, [WHITE]))
    assert found.tolist() == [[list(one) for one in many]] * 2


def test_the_file_says_how_large_it_is():
    picture = Image.open(io.BytesIO(encode(dots_of([[WHITE] * 3]), 200, [], [WHITE])))
    assert picture.size == (3, 1)
    assert picture.info["dpi"] == pytest.approx((200, 200), abs=0.1)
