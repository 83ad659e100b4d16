"""macOS and Windows, as far as Linux can play them; docs/other_systems.md says what it cannot."""

import importlib.util
import ntpath
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from helpers.racelab import whose

ROOT = Path(__file__).resolve().parent.parent
DISGUISE = Path("tests", "disguise")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="it is Linux that is disguised")


def run(words, system, folder=ROOT, **variables):
    """Run a Python that looks like another system's to the course's code; return what it says."""
    found = {"THREE_LANES_DISGUISE": system, "PYTHONPATH": path_of(folder / DISGUISE, folder)}
    environment = {**os.environ, **found, **variables}
    how = {"cwd": folder, "env": environment, "capture_output": True}
    return subprocess.run([sys.executable, *words], timeout=300, check=False, **how)


def path_of(*folders):
    return os.pathsep.join(map(str, folders))


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A copy of what the instruments need, in a folder with a space and an umlaut in its name."""
    folder = tmp_path_factory.mktemp("Kurs für alle")
    shutil.copytree(ROOT / "helpers", folder / "helpers", ignore=shutil.ignore_patterns("__py*"))
    shutil.copytree(ROOT / "data/website", folder / "data/website")
    shutil.copytree(ROOT / DISGUISE, folder / DISGUISE)
    shutil.copy(ROOT / "tests/instruments.py", folder)
    (folder / "temp").mkdir()
    return folder


@on_linux
@pytest.mark.parametrize(
    ("system", "told"),
    [
        ("darwin", "darwin posix True []"),
        ("win32", "win32 nt False []"),
        ("linux 3.14", "linux posix True []"),
    ],
)
def test_the_instruments_work_in_any_folder_and_print_to_any_pipe(moved, system, told):
    narrow = {"PYTHONIOENCODING": "cp1252:strict", "LC_ALL": "C", "PYTHONUTF8": "0"}
    narrow |= {"PYTHONCOERCECLOCALE": "0", "TMPDIR": str(moved / "temp")}
    done = run(["instruments.py"], system, moved, **narrow)
    printed = done.stdout.decode("cp1252")
    assert not (said := done.stderr.decode("cp1252")), f"{printed}\n{said}"
    assert done.returncode == 0
    assert printed.splitlines()[-1] == told
    assert "read on Linux only" in printed or system == "linux 3.14"
    assert "% add 1 is left" in printed  # a plain sign, in place of one that cp1252 lacks
    assert "x c: d" in printed
    assert [*(moved / "temp").iterdir()] == []
    assert (moved / "timeline.png").stat().st_size > 1000


@on_linux
def test_every_room_can_be_entered_on_windows():
    """All but what runs on Linux only, and what needs an extra."""
    code = """
import importlib, pkgutil, helpers
from helpers.extras import lacking
linux = {"helpers.recorder.sampler"}
rooms = [one.name for one in pkgutil.walk_packages(helpers.__path__, "helpers.")]
for room in rooms:
    if room in linux or room.endswith(("__main__", "_script")):
        continue
    if lacking("dask") and ("cluster" in room or "dask" in room):
        continue
    importlib.import_module(room)
print(len(rooms) > 100, hasattr(helpers.keeper.os, "fork"))
"""
    done = run(["-c", code], "win32")
    assert (done.stdout.split(), done.stderr.decode()) == ([b"True", b"False"], "")


@on_linux
@pytest.mark.slow
@pytest.mark.parametrize("system", ["win32", "linux 3.14"])
def test_a_notebook_works_with_the_start_methods_of_the_others(system):
    how = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "", "--nbval-lax"]
    done = run([*how, "notebooks/01_three_ways.ipynb"], system)
    assert done.returncode == 0, done.stdout.decode()[-3000:]


@on_linux
@pytest.mark.slow
def test_the_tests_can_be_collected_on_windows():
    how = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "", "--co", "tests"]
    done = run(how, "win32")
    assert done.returncode == 0, done.stdout.decode()[-3000:]


def test_a_folder_that_cannot_be_removed_yet_is_removed_at_the_end(tmp_path):
    folder = tmp_path / "held"
    folder.mkdir()
    code = """
import os, shutil, sys
from helpers.recorder import shelf
remove, held = shutil.rmtree, [True]
def refuse_once(*how, **more):
    return held.pop() if held else remove(*how, **more)
shutil.rmtree = refuse_once
shelf._remove(sys.argv[1])
print(os.path.exists(sys.argv[1]))
"""
    done = run(["-c", code, str(folder)], "")
    assert (done.stdout, done.stderr) == (b"True\n", b"")
    assert not folder.exists()


def test_the_lab_knows_a_library_by_its_windows_path(monkeypatch):
    monkeypatch.setattr(whose, "os", SimpleNamespace(path=ntpath))
    monkeypatch.setattr(whose, "sysconfig", SimpleNamespace(get_path=lambda _: r"C:\Python\Lib"))
    monkeypatch.setattr(whose, "FOLDERS", whose._libraries())
    is_library = whose.is_library.__wrapped__  # what it keeps is of this system
    assert is_library(r"C:\Python\Lib\threading.py")
    assert is_library(r"c:\python\lib\concurrent\futures\thread.py")
    assert not is_library(r"C:\Python\Library\mine.py")


# --- course.py ------------------------------------------------------------------------------------


@pytest.fixture
def course(monkeypatch):
    """course.py, as it takes itself to be on Windows."""
    spec = importlib.util.spec_from_file_location("course_on_windows", ROOT / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    windows = {**vars(os), "name": "nt"}
    for name in ("execve", "fork", "killpg", "geteuid"):
        windows.pop(name, None)
    monkeypatch.setattr(module, "os", SimpleNamespace(**windows))
    return module


def test_its_lock_waits_as_windows_does(course, monkeypatch, tmp_path, capsys):
    """Msvcrt refuses at once, or gives up after ten seconds with another error."""
    answers = [PermissionError(13, "taken"), OSError(course.errno.EDEADLK, "ten seconds"), None]
    asked = []

    def locking(descriptor, how, size):
        asked.append((how, size))
        if answer := answers.pop(0):
            raise answer

    monkeypatch.setattr(course, "LOCK", tmp_path / "lock")
    named = SimpleNamespace(locking=locking, LK_LOCK=1, LK_NBLCK=2)
    monkeypatch.setitem(sys.modules, "msvcrt", named)
    with course.lock():
        assert asked == [(2, 1), (1, 1), (1, 1)]
    assert "waiting for it" in capsys.readouterr().err


def test_its_lock_tells_of_another_error(course, monkeypatch, tmp_path):
    def locking(descriptor, how, size):
        raise OSError(course.errno.EIO, "broken")

    monkeypatch.setattr(course, "LOCK", tmp_path / "lock")
    named = SimpleNamespace(locking=locking, LK_LOCK=1, LK_NBLCK=2)
    monkeypatch.setitem(sys.modules, "msvcrt", named)
    with pytest.raises(OSError, match="broken"), course.lock():
        pass


def test_a_command_is_a_child_there_and_its_status_is_kept(course, capsys):
    python = Path(sys.executable)
    assert course.hand_over(python, ["python", "-c", "raise SystemExit(3)"]) == 3
    assert course.hand_over(python, ["no-such-command"]) == 127


@pytest.mark.parametrize("encoding", ["cp1252:strict", "ascii:strict"])
def test_what_it_says_can_be_printed_anywhere(encoding, tmp_path):
    folder = tmp_path / "Übungen für alle"
    (folder / "notebooks").mkdir(parents=True)
    shutil.copy(ROOT / "course.py", folder)
    narrow = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C", "PATH": ""}
    narrow["PYTHONCOERCECLOCALE"] = "0"
    for words, status in (["-h"], 0), (["dänisch"], 2), (["run"], 2):
        done = run([str(folder / "course.py"), *words], "", **narrow)
        assert done.returncode == status
        assert b"Traceback" not in done.stderr
        assert done.stdout or done.stderr.startswith(b"course.py: ")


# --- the matrix of .github/workflows/test.yml -----------------------------------------------------

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def steps():
    return [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]


def test_the_matrix_has_every_supported_python_on_every_system():
    matrix = WORKFLOW["jobs"]["test"]["strategy"]["matrix"]
    named = [one.rpartition(" :: ")[2] for one in PROJECT["classifiers"] if ":: 3." in one]
    assert matrix["python"] == named
    assert PROJECT["requires-python"] == f">={named[0]}"
    assert {one.partition("-")[0] for one in matrix["os"]} == {"ubuntu", "macos", "windows"}


def test_every_command_in_it_is_one_of_the_course_and_everything_is_run_once():
    commands = [line for step in steps() for line in step.get("run", "").splitlines()]
    assert commands == ["python course.py test", "python course.py test --all --durations=40"]
    usage = subprocess.run(
        [sys.executable, "course.py", "-h"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "test [--all] [OPTION...]" in usage.stdout


def test_it_may_read_only_ends_in_time_and_uses_whole_versions():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert WORKFLOW["concurrency"]["cancel-in-progress"] is True
    assert all(0 < job["timeout-minutes"] <= 180 for job in WORKFLOW["jobs"].values())
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used and all(re.fullmatch(r"actions/[a-z-]+@v\d+", one) for one in used)
    cached = [step["with"] for step in steps() if "cache" in step.get("with", {})]
    for each in cached:
        assert all((ROOT / name).is_file() for name in each["cache-dependency-path"].split())
    assert len(cached) == len(WORKFLOW["jobs"])
