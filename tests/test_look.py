"""helpers.look: the palette is the one of the house, and numbers have a unit that suits."""

import pytest

from helpers.look import STYLE_OF, STYLES, UNKNOWN, duration
from helpers.recorder.recording import STATES

HOUSE = {
    "running": (0.36, "#0072B2"),
    "ready": (0.13, "#0072B2"),
    "gil": (0.13, "#D55E00"),
    "lock": (0.13, "#CC79A7"),
    "network": (0.13, "#009E73"),
    "pipe": (0.13, "#8A6D00"),
    "child": (0.13, "#8A6D00"),
    "disk": (0.13, "#8A6D00"),
    "sleep": (0.025, "#6b7785"),
    "awaiting": (0.025, "#6b7785"),
    "unknown": (0.22, "#7c93b2"),
}


def test_every_state_has_a_style_and_every_style_its_own_words():
    assert set(STYLE_OF) == {*STATES, "unknown"}
    assert len({style.label for style in STYLES}) == len(STYLES)


def test_heights_and_colours_are_those_of_the_house():
    found = {state: (STYLE_OF[state].half_height, STYLE_OF[state].fill) for state in HOUSE}
    assert found == HOUSE


def test_styles_of_one_colour_differ_in_height_texture_or_form():
    forms = {(s.fill, s.half_height, s.texture, s.form) for s in STYLES}
    assert len(forms) == len(STYLES)


def test_in_a_stack_colour_alone_tells_the_states_apart():
    assert len({style.shade for style in STYLES}) == len(STYLES)
    assert UNKNOWN.shade == UNKNOWN.fill


def test_the_first_two_letters_tell_the_states_apart():
    assert len({state[:2] for state in STYLE_OF}) == len(STYLE_OF)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.12, "120 ms"),
        (1.2399, "1.24 s"),
        (9.996, "10.0 s"),
        (99.96, "100 s"),
        (0.00000123, "1.23 µs"),
        (0.9996, "1.00 s"),
        (0.00099999, "1.00 ms"),
        (0.0, "0.00 µs"),
    ],
)
def test_durations_have_three_figures_and_a_unit_that_suits(seconds, words):
    assert duration(seconds) == words
