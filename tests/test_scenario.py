"""helpers.board.scenario: sliders for a job, and what is expected of each technique."""

import pytest

from helpers.board import WhatIf
from helpers.board.scenario import BEGIN, SLIDERS, job
from helpers.chooser import Comparison
from helpers.chooser.predict import Machine
from helpers.chooser.ways import available

NAMES = [name for name in available() if name != "interpreters"]
FEW = Machine(2.0, 1e-9, dict.fromkeys(NAMES, (0.001, 1e-5)))
MANY = Machine(2.0, 1e-9, {way: (0.02 if way == "processes" else 0.001, 1e-5) for way in NAMES})


@pytest.fixture
def board():
    return WhatIf(FEW, MANY, 1e7)


def test_a_job_waits_and_computes_and_is_handed_data():
    assert job((0.0, 10, b"four")) == 4


def test_what_is_expected_follows_the_sliders(board):
    *sliders, page, _, _, _ = board.widgets.children
    handles = dict(zip(SLIDERS, sliders, strict=True))
    assert ">Expected: in turn, about" in page.value
    handles["milliseconds"].value = 100
    assert ">Expected: processes, about" in page.value
    handles["waits"].value = 100
    assert ">Expected: threads, about" in page.value
    handles["jobs"].value = 1
    assert ">Expected: in turn, about" in page.value
    assert page.value == board.page


def test_more_workers_cost_more_to_start(board):
    board.values |= {"jobs": 100, "workers": 32}
    many = board.predictions()["processes"].seconds
    assert board._machine(32).ways["processes"][0] > board._machine(4).ways["processes"][0]
    assert many > 0


def test_large_data_makes_processes_dear(board):
    before = board.predictions()["processes"].seconds
    board.values["kilobytes"] = 10_000
    assert board.predictions()["processes"].seconds > before + 0.05
    assert "to hand over" in board.predictions()["processes"].why


@pytest.mark.parametrize("fails", [False, True])
def test_a_button_measures_such_a_job(board, monkeypatch, fails):
    asked = []

    def compare(function, items, workers):
        asked.append((function, items, workers))
        if fails:
            raise RuntimeError("<no>")
        return Comparison("job", len(items))

    monkeypatch.setattr("helpers.board.scenario.compare", compare)
    *_, button, measured, told = board.widgets.children
    button.click()
    assert asked == [(job, asked[0][1], BEGIN["workers"])]
    assert len(asked[0][1]) == BEGIN["jobs"]
    assert ("RuntimeError: &lt;no&gt;" if fails else "<img") in measured.value
    monkeypatch.setattr("helpers.board.scenario.AT_ONCE", 600)  # that is now, however late
    button.click()  # as if it had been pressed meanwhile
    assert len(asked) == 1
    assert not button.disabled
    assert fails or "job, 20 items" in told.value


def test_what_would_not_fit_into_memory_is_not_measured(board, monkeypatch):
    asked = []
    monkeypatch.setattr("helpers.board.scenario.compare", lambda *all_, **_: asked.append(all_))
    board.values |= {"jobs": 100, "kilobytes": 10_000, "waits": 100}
    board.measure()
    items = asked[0][1]
    assert len(items) == 10
    assert len({id(data) for _, _, data in items}) == len(items)


def test_it_says_what_it_is(board):
    assert repr(board) == "<WhatIf: waits 0, milliseconds 1, jobs 20, workers 4, kilobytes 0>"
    assert board._repr_mimebundle_()[0]["text/plain"] == repr(board)
