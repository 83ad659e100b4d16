"""tests/soak.py: each of its modes on a notebook, and that it tells what is wrong."""

import operator
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial

import nbformat
import psutil
import pytest

from tests import rounds, soak
from tests.kernel import running_kernel
from tests.leftovers import settled
from tests.rounds import Round

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
PATH = rounds.ROOT / "notebooks/00_start_here.ipynb"


@pytest.fixture
def book(monkeypatch, tmp_path):
    """Write a notebook in a course of its own; return its path."""
    monkeypatch.setattr(rounds, "ROOT", tmp_path)
    (tmp_path / "notebooks").mkdir()

    def write(*sources, told=()):
        cells = [nbformat.v4.new_code_cell(source) for source in ["%load_ext helpers", *sources]]
        for cell, text in zip(cells[1:], told, strict=False):
            cell.outputs = [nbformat.v4.new_output("stream", text=text)]
        path = tmp_path / "notebooks/it.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        return path

    monkeypatch.setattr(rounds, "compares", lambda _: True)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/sanitize.cfg").write_text("[time]\nregex: \\d+ s\nreplace: TIME\n")
    return write


# --- what is wrong is told -----------------------------------------------------------------------


@pytest.mark.slow
def test_each_thing_that_is_wrong_is_told_with_its_cell(book, monkeypatch):
    monkeypatch.setattr("tests.leftovers.SETTLE", 2)
    stays = "import subprocess as s, sys\ns.Popen([sys.executable, '-c', 'input()'], stdin=s.PIPE);"
    found = rounds.from_the_top(
        book("print('in 3 s')", "print('other')", "1 / 0", stays, told=["in 4 s\n", "words\n"])
    )
    assert len(found.troubles) == 3, found.troubles
    words, failed, left = found.troubles
    assert "it, cell 3" in words
    assert "other" in words
    assert "it, cell 4" in failed
    assert "ZeroDivisionError: division by zero" in failed
    assert "input()" in left


@pytest.mark.slow
def test_out_of_order_only_what_comes_too_early_is_excused(book):
    wrong = "import json; json.loads('{')"  # not in a line of the cell's own
    found = rounds.out_of_order(book("one = 1", "one + 1", wrong), seed=3)
    assert found.refused["NameError: name 'one' is not defined"]
    assert all("JSONDecodeError" in trouble for trouble in found.troubles)
    assert len(found.troubles) == 3  # twice out of order, once from the top


def test_a_kernel_that_never_gets_ready_is_a_failed_round_and_is_ended(book, monkeypatch):
    asleep = partial(running_kernel, ("sh", "-c", "exec sleep 600"))
    monkeypatch.setattr(rounds, "running_kernel", asleep)
    monkeypatch.setattr("tests.kernel.PATIENCE", 1)
    found = rounds.from_the_top(book())
    assert "RuntimeError: Kernel didn't respond in 1 seconds" in found.troubles[0]
    assert not [one for one in descendants(os.getpid()) if "sleep" in command_of(one)]


def test_a_kernel_that_is_gone_is_a_failed_round(book):
    with rounds.round_of(book()) as found:
        raise psutil.NoSuchProcess(1)
    assert len(found.troubles) == 1
    assert soak.row([found]).split()[:3] == ["it", "1", "1"]


def test_what_ends_the_soak_ends_it_with_the_table(monkeypatch, capsys):
    def broken(path):
        yield Round("one")
        raise OSError("no more")

    monkeypatch.setattr(soak, "rounds", lambda *_: broken(PATH))
    with pytest.raises(OSError, match="no more"):
        soak.main([PATH.stem])
    assert soak.HEAD in capsys.readouterr().out


def test_an_error_is_excused_by_what_it_says():
    frame = "Cell In[1], line 1\n----> 1 x\n\n"
    deep = f"{frame}File /course/helpers/a.py:1, in a()\n----> 1 x\n\n"
    assert rounds.excuse(f"{frame}NameError: name 'x' is not defined", {"x"})
    assert rounds.excuse(f"{deep}NameError: name 'x' is not defined", {"x"})
    assert not rounds.excuse(f"{deep}NameError: name 'x' is not defined", {"y"})
    assert rounds.excuse(f"{frame}TypeError: no", set())
    assert not rounds.excuse(f"{deep}TypeError: no", set())
    assert rounds.excuse(f"{deep}TypeError: race(make): must be a function", set())
    assert rounds.excuse("UsageError: Cell magic `%%timeline` not found.", set())
    assert rounds.excuse(f"{deep}FileNotFoundError: [Errno 2] No such: '/tmp/tmpab1/x'", set())
    assert not rounds.excuse(f"{deep}FileNotFoundError: [Errno 2] No such: '/etc/x'", set())
    assert not rounds.excuse("", set())  # the kernel said nothing


def many(name, *memory, **also):
    """Rounds with so much memory each, and others of their figures."""
    figures = {key: iter(values) for key, values in also.items()}
    return [
        Round(name, memory=one, **{"processes": 1} | {key: next(figures[key]) for key in figures})
        for one in memory
    ]


def test_what_grows_is_told():
    bad = [Round("b", memory=100, processes=1, troubles=["bad"]) for _ in range(4)]
    few = many("this program", 70, 90, 110)
    lines = soak.table([many("a", 100, 110, 120, 130), bad, few]).splitlines()
    assert lines[1].split() == ["a", "4", "0", "0.0", "100", "130", "10.00", "GROWS:", "memory"]
    assert lines[2].split() == ["b", "4", "4", "0.0", "100", "100", "0.00"]
    assert lines[3].split()[-1] == "-"  # three rounds are no trend


@pytest.mark.parametrize("what", ["processes", "files", "shared"])
def test_more_of_anything_round_by_round_is_told(what):
    assert f"GROWS: {what}" in soak.growth(many("a", 9, 9, 9, 9, 9, **{what: [7, 7, 8, 8, 9]}))
    assert "GROWS" not in soak.growth(many("a", 9, 9, 9, 9, 9, **{what: [7, 9, 9, 9, 9]}))


@pytest.mark.parametrize(
    "memory", [(200, 214, 211), (200, 214, 211, 216), (200, 200, 260, 260), (200, 230, 190, 220)]
)
def test_what_scatters_or_steps_up_once_is_not_told_to_grow(memory):
    assert "GROWS" not in soak.growth(many("a", *memory))


def test_a_round_whose_kernel_had_gone_is_no_part_of_the_trend():
    assert "GROWS" not in soak.growth([Round("a"), *many("a", 200, 200, 200, 200)])
    assert soak.growth([Round("a")]) == ""


# --- its modes -----------------------------------------------------------------------------------


class Silent:
    """Stands in for a kernel: notes what it is given."""

    def __init__(self):
        self.ran = []

    def run(self, source):
        self.ran.append(source)
        return "ok", ""


def test_an_interrupt_before_the_first_cell_is_not_put_off_to_the_last(book, monkeypatch):
    kernel = Silent()

    @contextmanager
    def interrupted():
        signal.raise_signal(signal.SIGINT)  # while it is started
        yield kernel

    monkeypatch.setattr(rounds, "running_kernel", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rounds.from_the_top(book("print('one')"))
    assert not [source for source in kernel.ran if "load_ext" in source or "one" in source]


def start(*words):
    command = [sys.executable, "tests/soak.py", *words, PATH.stem]
    environment = {**os.environ, "PYTHONPATH": str(rounds.ROOT)}
    return subprocess.Popen(
        command, cwd=rounds.ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
@pytest.mark.parametrize("words", ["--rounds 1 --busy", "--shuffle 1", "--restart 1"])
def test_each_mode_finds_nothing_wrong(words):
    with start(*words.split()) as run:
        told = run.communicate()[0]
    assert run.returncode == 0, told
    assert told.count(" ok\n") == 1
    assert told.splitlines()[-2].split()[1:3] == ["1", "0"]  # rounds and failures


@pytest.mark.slow
@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_with_the_table(request_to_end, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with start("--busy") as run:
        while not any("ipykernel" in command_of(one) for one in descendants(run.pid)):
            assert run.poll() is None, run.communicate()  # until a kernel runs, and the busy ones
            time.sleep(0.1)
        time.sleep(1)
        living = descendants(run.pid)
        run.send_signal(request_to_end)
        told = run.communicate()[0]
    assert "stopped\n" in told
    assert soak.HEAD in told
    assert "Traceback" not in told
    assert not [*tmp_path.iterdir()]
    assert not settled(lambda: [one for one in living if lives(one)], operator.not_)


def descendants(pid):
    """Return all that a process has started."""
    return psutil.Process(pid).children(recursive=True)


def command_of(process):
    """Return a process's command line; none where it has ended."""
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def lives(process):
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
