"""Each exercise's judge passes the solution, rejects wrong answers, and invites who has none."""

import gc
import json
import multiprocessing
import threading

import pytest

from helpers import lesson
from helpers.exercises import (
    all_of_them,
    attempt,
    conductor,
    find,
    levels,
    meeting,
    processes,
    source_of,
    threads,
    ways,
)
from helpers.lesson import NOTEBOOKS, check
from tests.right_answers import RIGHT
from tests.wrong_answers import HANGS, WAITS, WRONG

EXERCISES = all_of_them()


WITH_PROCESSES = [name for name in EXERCISES if name.startswith("03")]


@pytest.fixture
def unhurried(monkeypatch):
    """Let nobody be given up for a machine that is busy: who is right need not be quick."""
    monkeypatch.setattr(meeting, "PATIENCE", 60)
    monkeypatch.setattr(processes, "LIMIT", 200)
    monkeypatch.setattr(attempt, "LONGEST", 600)
    for room in (attempt, threads):
        monkeypatch.setattr(room, "STUCK", 200)


@pytest.fixture(autouse=True)
def all_orders_are_tried(monkeypatch):
    """Let the lab look for as long as it takes."""
    monkeypatch.setattr(levels, "SECONDS", 600)
    monkeypatch.setattr(lesson, "LONGEST", 1200)


@pytest.fixture
def started_by(request):
    """Let processes be started by another method than this Python's own."""
    before = multiprocessing.get_start_method()
    multiprocessing.set_start_method(request.param, force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


every_start_method = pytest.mark.parametrize(
    "started_by", multiprocessing.get_all_start_methods(), indirect=True
)


def passes(name):
    """Assert that a solution passes, and that nothing of it stays behind."""
    before = set(threading.enumerate())
    assert str(check(name, EXERCISES[name].solution)).startswith("Passed.")
    assert not set(threading.enumerate()) - before
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_passes(name, monkeypatch, unhurried):
    monkeypatch.setattr(threads.Tickets, "MOMENT", 0.01)  # who takes turns needs no more
    passes(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_passes_every_time(name, unhurried):
    for _ in range(3):
        passes(name)


@pytest.mark.slow
@every_start_method
@pytest.mark.parametrize("name", WITH_PROCESSES)
def test_the_solution_passes_however_processes_start(name, started_by, unhurried):
    passes(name)


@pytest.mark.parametrize("which", RIGHT)
def test_another_right_answer_passes(which, unhurried):
    name, answer = RIGHT[which]
    for _ in range(3):
        assert str(check(name, answer)).startswith("Passed.")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (RIGHT["05 benchmark: nobody_looks_at_the_results"][1], "The extra is still open"),
        (EXERCISES["05 benchmark"].solution, "The extra, too"),
    ],
    ids=["without", "with"],
)
def test_an_extra_is_told_and_stops_nobody(answer, told):
    passed = check("05 benchmark", answer)
    assert str(passed).startswith("Passed.")
    assert told in passed.html


@pytest.mark.parametrize("name", EXERCISES)
def test_every_exercise_has_a_wrong_answer(name):
    assert any(exercise == name for exercise, _, _ in WRONG.values())


TOO_SOON = "still at work", "had finished"  # what is told of answers that end too soon
HELD_UP = "holds up the loop", "the line `", "`: nothing else runs"


def is_told(which, monkeypatch, patience=0.5):
    """Assert that a wrong answer is told what is wrong, and that no process of it stays behind."""
    monkeypatch.setattr(conductor, "PATIENCE", 0.5)
    if any(words in WRONG[which][2] for words in HELD_UP):
        monkeypatch.setattr(conductor, "HELD", 0.3)
    if WRONG[which][2] in TOO_SOON:  # it comes back before its jobs have ended, even if it is late
        for room, linger in ((meeting, 60), (threads, 1), (ways, 1)):
            monkeypatch.setattr(room, "LINGER", linger)
    if which in WAITS:  # a process may say nothing for a while, and go on
        longer = 1 if WRONG[which][0] in WITH_PROCESSES else patience
        monkeypatch.setattr(meeting, "PATIENCE", longer)
    if which in HANGS:
        monkeypatch.setattr(threads, "STUCK", 1)
        monkeypatch.setattr(attempt, "STUCK", 2)
        monkeypatch.setattr(processes, "LIMIT", 5)
    name, answer, word = WRONG[which]
    told = str(check(name, answer))
    assert told.startswith("Not yet."), told
    assert word in told, told
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("which", [one for one in WRONG if one not in HANGS])
def test_a_wrong_answer_is_told_what_is_wrong(which, monkeypatch):
    if WRONG[which][2] not in TOO_SOON:
        for room in (meeting, threads, ways):
            monkeypatch.setattr(room, "LINGER", 0.05)
    is_told(which, monkeypatch, patience=0.3)


@pytest.mark.slow
@pytest.mark.parametrize("which", [one for one in WRONG if WRONG[one][0] not in WITH_PROCESSES])
def test_a_wrong_answer_is_told_what_is_wrong_every_time(which, monkeypatch):
    for _ in range(2):
        is_told(which, monkeypatch)


@pytest.mark.slow
@every_start_method
@pytest.mark.parametrize("which", [one for one in WRONG if WRONG[one][0] in WITH_PROCESSES])
def test_a_wrong_answer_is_told_however_processes_start(which, monkeypatch, started_by):
    is_told(which, monkeypatch)


@pytest.mark.parametrize("name", EXERCISES)
def test_who_has_no_answer_is_invited(name):
    def blank(*_): ...

    def with_words(*_):
        """Do what is asked."""
        # your code here

    async def later(*_): ...

    for answer in (None, ..., blank, with_words, later, {}, {"a job": None}):
        assert str(check(name, answer)) == f"Your turn. {EXERCISES[name].task}"


STARTS = [one.name for one in EXERCISES.values() if one.start]


@pytest.mark.parametrize("name", STARTS)
def test_who_has_changed_nothing_is_invited(name):
    source = source_of(find(name).start)
    changed = (
        source.replace("return", "name; return", 1) if "return" in source else f"{source}\n    name"
    )
    told = [str(check(name, made_by(name, one))) for one in (source, changed)]
    assert told[0].startswith("Your turn.")
    assert told[1].startswith("Not yet.")


def made_by(name, source):
    """Return what the cell of an exercise makes: a function, or the text of a program."""
    start = find(name).start
    if isinstance(start, str):
        return source
    namespace = {}
    exec(source, namespace)
    return namespace[start.__name__]


@pytest.mark.parametrize("name", STARTS)
def test_what_one_starts_with_stands_in_the_notebook(name):
    if not any(NOTEBOOKS.glob(f"{name[:2]}_*")):
        pytest.skip("its notebook is not written yet")
    assert any(source_of(find(name).start) in text for text in notebook_cells())


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
    source = source_of(find(name).solution)
    assert "->" not in source
    assert source.count("\n") < 16
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


def test_an_exercise_that_is_not_there_is_one_clear_line():
    with pytest.raises(ValueError, match=r"^no exercise '02 nothing'; there are '01 choose', "):
        check("02 nothing", None)


@pytest.mark.parametrize("name", ["03 all of them", "03 receive", "03 ask"])
def test_an_answer_that_computes_for_ever_is_ended(name, monkeypatch):
    monkeypatch.setattr(attempt, "STUCK", 0.5)

    def for_ever(*_):
        while True:
            pass

    assert "never" in check(name, for_ever).words
    assert not [one for one in threading.enumerate() if one.name in ("answer", "check")]


def test_who_watches_a_judge_ends_with_it():
    gone = threading.Thread(target=int)
    gone.start()
    gone.join()
    watch = conductor.Watch(conductor.Conductor(print), gone)
    watch.start()
    watch.join(20)
    assert not watch.is_alive()
