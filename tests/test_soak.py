"""tests/soak.py: each of its modes on a notebook, and that it tells what is wrong."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from tests import rounds, soak
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


def test_what_grows_is_told():
    found = {"a": [Round("a", memory=100 + 10 * n) for n in range(4)]}
    found["b"] = [Round("b", memory=100, troubles=["bad"]) for _ in range(4)]
    lines = soak.table(found, [70.0, 70.0]).splitlines()
    assert lines[1].split() == ["a", "4", "0", "0.0", "100", "130", "10.00", "GROWS"]
    assert lines[2].split() == ["b", "4", "4", "0.0", "100", "100", "0.00"]
    assert lines[3].split()[-1] == "-"  # two rounds are no trend


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

    @contextlib.contextmanager
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
        kernels = []
        while not kernels:  # until one runs, and the busy ones beside it
            time.sleep(0.1)
            kernels = [one for one in descendants(run.pid) if "ipykernel" in one[1]]
        time.sleep(1)
        living = [pid for pid, _ in descendants(run.pid)]
        run.send_signal(request_to_end)
        told = run.communicate()[0]
    assert "stopped\n" in told
    assert soak.HEAD in told
    assert "Traceback" not in told
    assert not [*tmp_path.iterdir()]
    assert not [pid for pid in living if os.path.exists(f"/proc/{pid}")]  # noqa: PTH110


def descendants(pid):
    """Return (pid, command line) of all that a process has started."""
    import psutil

    found = psutil.Process(pid).children(recursive=True)
    return [(one.pid, " ".join(one.cmdline())) for one in found]
