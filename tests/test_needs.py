"""`%%needs`: a cell that cannot run here is left out and says why; any other runs as ever."""

import sys

import pytest

from helpers import extras, needs
from tests.kernel import running_kernel


@pytest.fixture(scope="module")
def kernel():
    with running_kernel() as kernel:
        kernel.run("%load_ext helpers")
        yield kernel


@pytest.fixture
def here(monkeypatch):
    """What is installed, as a test says."""
    found = {"dask": "", "py-spy": "", "viztracer": "viztracer is not installed."}
    monkeypatch.setattr(needs, "lacking", found.get)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("dask", ""),
        ("3.11", ""),
        ("dask 3.11", ""),
        ("viztracer", "viztracer is not installed."),
        ("dask viztracer", "viztracer is not installed."),
        ("3.99", "it needs Python 3.99, and this is {}.{}.".format(*sys.version_info[:2])),
        ("", None),
        ("pandas", None),
        ("3", None),
        ("3." + "9" * 5_000, None),
        ("3.x", None),
        ("dask pandas", None),
    ],
)
def test_what_is_missing_is_told(here, words, told):
    assert needs.without(words.split()) == told


def test_a_cell_that_can_run_keeps_its_lines_where_they_are(here):
    kept = needs.take_off(["\n", "%%needs dask\n", "a = 1\n", "b\n"])
    assert kept[0] == "\n" and kept[2:] == ["a = 1\n", "b\n"]
    assert needs.take_off(["%%needs 3.11\n", "a\n"]) == ["\n", "a\n"]


def test_what_a_cell_needs_is_imported_in_one_piece(tmp_path, monkeypatch):
    """An interrupt in the middle of a package's import would leave half of it behind."""
    package = tmp_path / "halfway"
    package.mkdir()
    (package / "__init__.py").write_text(
        "import os, signal, time\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "time.sleep(0.2)  # where a main thread would be hit\n"
        "from halfway import part\n"
    )
    (package / "part.py").write_text("whole = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    first = needs.BRING.format("'halfway'")
    with pytest.raises(KeyboardInterrupt):
        exec(first)
    assert sys.modules["halfway"].part.whole
    exec(first)  # is there, and nothing is done


def test_what_cannot_be_imported_is_left_to_the_cell():
    needs.bring("no_such_module")


def test_a_magic_below_it_comes_first(here):
    assert needs.take_off(["%%needs dask\n", "%%time\n", "a\n"]) == ["%%time\n", "a\n"]


def test_a_cell_that_cannot_run_says_so_instead(here):
    told = needs.take_off(["%%needs viztracer\n", "1 / 0\n"])
    assert told == ["print('Left out: viztracer is not installed.')\n"]


@pytest.mark.parametrize("cell", [[], ["\n"], ["a = 1\n", "%%needs dask\n"], ["%%needs pandas\n"]])
def test_another_cell_is_left_alone(here, cell):
    assert needs.take_off(cell) == cell


def test_in_a_kernel_it_may_await_and_fail_as_ever(kernel):
    cell = "%%needs 3.11\nimport asyncio\nprint(await asyncio.sleep(0, 'done'))\n1 / 0"
    assert kernel.run(cell) == ("ZeroDivisionError", "done\n")
    assert "line 4" in kernel.traceback
    said = "Left out: it needs Python 3.99, and this is {}.{}.\n".format(*sys.version_info[:2])
    assert kernel.run("%%needs 3.99\nprint('not this')") == ("ok", said)
    assert kernel.run("%%needs 3.11\n%%capture\nprint('not this')") == ("ok", "")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%needs pandas\n1", "WHAT: dask, py-spy, viztracer, or a version"),
        ("%%needs\n1", "WHAT: dask"),
    ],
)
def test_what_is_not_known_is_one_clear_line(kernel, cell, said):
    ended, printed = kernel.run(cell)
    assert ended == "UsageError"
    assert said in printed


def test_after_unloading_it_is_unknown_and_reloading_brings_it_back(kernel):
    kernel.run("%unload_ext helpers")
    assert "not found" in kernel.run("%%needs 3.99\nprint(1)")[1]
    kernel.run("%load_ext helpers")
    assert kernel.run("%%needs 3.99\nprint(1)")[1].startswith("Left out")


def test_an_extra_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="no extra 'pandas'; there are 'dask', 'py-spy'"):
        extras.lacking("pandas")


def test_what_is_lacking_is_told_with_how_to_get_it(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    monkeypatch.setattr(extras, "which", lambda name, path=None: None)
    for name in extras.EXTRAS:
        assert extras.lacking(name).startswith(f"{name} is not installed: `python3 course.py lab`")
    monkeypatch.setattr(extras, "find_spec", lambda name: name)
    monkeypatch.setattr(extras, "which", lambda name, path=None: name)
    assert not any(map(extras.lacking, extras.EXTRAS))
