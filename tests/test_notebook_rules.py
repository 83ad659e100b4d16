"""The notebooks' test rules themselves: nbval alone passes some cells that failed."""

import sys

import nbformat
import pytest
from nbformat import v4

RULES = ["-p", "tests.notebook_rules", "-p", "no:cacheprovider", "-q"]


@pytest.fixture
def run_notebook(pytester):
    """Run a notebook of the given cells, with outputs as committed, under the rules."""

    def run(*cells, lax=False, language=f"{sys.version_info[0]}.{sys.version_info[1]}.0"):
        book = v4.new_notebook(cells=list(cells))
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        book.metadata["language_info"] = {"name": "python", "version": language}
        folder = pytester.mkdir("notebooks")  # where pytest writes nothing
        nbformat.write(book, folder / "book.ipynb")
        arguments = [*RULES, "--nbval-lax" if lax else "--nbval", "notebooks/book.ipynb"]
        return pytester.runpytest_subprocess(*arguments)

    return run


def cell(source, *outputs, tags=()):
    return v4.new_code_cell(
        source, execution_count=1, outputs=list(outputs), metadata={"tags": list(tags)}
    )


def printed(text):
    return v4.new_output("stream", name="stdout", text=text)


GROUP = 'raise ExceptionGroup("two at once", [ValueError(1), ValueError(2)])'
FAILING = [GROUP, "%%no_such_magic\n1", "%no_such_magic", "1 / 0"]

MAY_DIFFER = [  # printed now, committed
    ("took 1.23 s", "took 4 s"),
    ("took 1.23 s", "took 871 ms"),
    ("7.9 times faster", "12 times faster"),
    ("12 at once", "11 at once"),
    ("Python 3.11.7", "Python 3.11.13"),
    ("2 usable cores: all that this machine has", "1 usable core of this machine's 8: affinity"),
    ("http://127.0.0.1:8001/lock.html", "http://127.0.0.1:41234/lock.html"),
]
MUST_AGREE = [
    ("12 pages", "11 pages"),
    ("took 1.23 seeds", "took 4 seeds"),
    ("http://a/b", "http://a/c"),
]


@pytest.mark.parametrize("lax", [False, True])
def test_a_cell_that_fails_fails_and_the_next_does_not(run_notebook, lax):
    cells = [part for source in FAILING for part in (cell(source), cell("x = 1"))]
    run_notebook(*cells, lax=lax).assert_outcomes(failed=len(FAILING), passed=len(FAILING))


def test_a_failure_that_is_wanted_passes(run_notebook):
    wanted = cell(GROUP, tags=["raises-exception", "nbval-ignore-output"])
    run_notebook(wanted).assert_outcomes(passed=1)


def test_outputs_are_compared_but_for_what_differs_from_run_to_run(run_notebook):
    pairs = [*MAY_DIFFER, *MUST_AGREE]
    cells = [cell(f"print({now!r})", printed(committed + "\n")) for now, committed in pairs]
    result = run_notebook(*cells)
    result.assert_outcomes(passed=len(MAY_DIFFER), failed=len(MUST_AGREE))


def test_a_lenient_run_compares_no_outputs(run_notebook):
    run_notebook(cell("print('a')", printed("b\n")), lax=True).assert_outcomes(passed=1)


FIRST = "import os, subprocess, sys, threading, tempfile"
LEAVES = {
    "a thread": "threading.Thread(target=threading.Event().wait, daemon=True).start()",
    "a process": "_ = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(90)'])",
    "a connection": "import socket\nserver = socket.create_server(('127.0.0.1', 0))",
}
FILES = {
    "a file beside it": "open('left', 'w').close()",
    "a temporary file": "_ = tempfile.mkstemp()",
}


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
@pytest.mark.parametrize("source", LEAVES.values(), ids=LEAVES)
def test_what_a_notebook_leaves_running_fails_its_last_cell(run_notebook, monkeypatch, source):
    monkeypatch.setenv("PYTEST_LEFTOVERS_SETTLE", "1")
    run_notebook(cell(FIRST), cell(source), cell("x = 1")).assert_outcomes(failed=1, passed=2)


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
@pytest.mark.parametrize("source", FILES.values(), ids=FILES)
def test_a_file_that_a_notebook_leaves_is_an_error_at_its_end(run_notebook, monkeypatch, source):
    monkeypatch.setenv("PYTEST_LEFTOVERS_SETTLE", "1")
    run_notebook(cell(FIRST), cell(source), cell("x = 1")).assert_outcomes(errors=1, passed=3)


def test_a_notebook_gets_no_module_from_being_looked_at(run_notebook):
    run_notebook(cell("x = 1"), cell("gc"), cell("threading")).assert_outcomes(failed=2, passed=1)
