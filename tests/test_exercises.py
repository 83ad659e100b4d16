"""Each exercise's judge passes the solution, rejects wrong answers, and invites who has none."""

import gc
import inspect
import json
import threading

import pytest

from helpers.exercises import all_of_them, conductor, find, meeting, threads
from helpers.lesson import NOTEBOOKS, check
from tests.right_answers import RIGHT
from tests.wrong_answers import WRONG

EXERCISES = all_of_them()


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_passes(name):
    for _ in range(5):
        assert str(check(name, EXERCISES[name].solution)).startswith("Passed.")


@pytest.mark.parametrize("which", RIGHT)
def test_another_right_answer_passes(which):
    name, answer = RIGHT[which]
    for _ in range(3):
        assert str(check(name, answer)).startswith("Passed.")


@pytest.mark.parametrize("name", EXERCISES)
def test_every_exercise_has_a_wrong_answer(name):
    assert any(exercise == name for exercise, _, _ in WRONG.values())


@pytest.mark.parametrize("which", WRONG)
def test_a_wrong_answer_is_told_what_is_wrong(which, monkeypatch):
    monkeypatch.setattr(meeting, "PATIENCE", 0.5)  # that an answer may waste
    monkeypatch.setattr(conductor, "PATIENCE", 0.16)
    if WRONG[which][2] == "never came back":
        monkeypatch.setattr(threads, "STUCK", 1)
    name, answer, word = WRONG[which]
    for _ in range(3):
        told = str(check(name, answer))
        assert told.startswith("Not yet."), told
        assert word in told, told


@pytest.mark.parametrize("name", EXERCISES)
def test_who_has_no_answer_is_invited(name):
    def blank(*_): ...

    def with_words(*_):
        """Do what is asked."""
        # your code here

    async def later(*_): ...

    for answer in (None, ..., blank, with_words, later, {}, {"a job": None}):
        assert str(check(name, answer)) == f"Your turn. {EXERCISES[name].task}"


@pytest.mark.parametrize("name", [one.name for one in EXERCISES.values() if one.start])
def test_who_has_changed_nothing_is_invited(name):
    source, namespace = inspect.getsource(find(name).start), {}
    exec(source, namespace)
    start = namespace[find(name).start.__name__]
    assert str(check(name, start)).startswith("Your turn.")
    changed = source.replace("return", "name; return", 1)
    exec(changed, namespace)
    assert str(check(name, namespace[start.__name__])).startswith("Not yet.")
    assert any(source.strip() in text for text in notebook_cells())


def notebook_cells():
    """Return the source of every code cell."""
    for path in NOTEBOOKS.glob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])


@pytest.mark.parametrize("name", EXERCISES)
def test_an_answer_of_another_kind_is_no_crash(name):
    for answer in (3, "word", lambda *_: 3, lambda *_: 1 / 0):
        assert str(check(name, answer)).startswith("Not yet.")


@pytest.mark.parametrize("name", EXERCISES)
def test_a_solution_is_what_a_learner_may_write(name):
    source = inspect.getsource(find(name).solution)
    assert "->" not in source
    assert source.count("\n") <= 16
    assert EXERCISES[name].hints


UNAWAITED = (
    "a_call_fetches_it",
    "own_is_forgotten",
    "begins_at_once",
    "nothing_is_run",
    "not_awaited",
)


def test_no_coroutine_warns_that_nobody_awaited_it(recwarn):
    found = [one for one in WRONG if one.endswith(UNAWAITED)]
    for name, answer, _ in map(WRONG.get, found):
        check(name, answer)
    gc.collect()
    assert len(found) == len(UNAWAITED)
    assert not [str(one.message) for one in recwarn]


def test_no_thread_stays_behind():
    before = set(threading.enumerate())
    for name, one in EXERCISES.items():
        check(name, one.solution)
    assert not set(threading.enumerate()) - before


def test_an_exercise_that_is_not_there_is_one_clear_line():
    with pytest.raises(ValueError, match=r"^no exercise '02 nothing'; there are '01 choose', "):
        check("02 nothing", None)
