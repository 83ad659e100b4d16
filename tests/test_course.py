"""`course.py`: the environment survives whatever happens to it, and so does a learner's work."""

import ast
import importlib.metadata
import importlib.util
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WAIT = 60  # seconds; a bound for what is waited for, never a measure
posix = pytest.mark.skipif(os.name != "posix", reason="the stand-in for uv is a POSIX script")

# Stands in for uv: makes an environment in a moment, and does what the file `orders` says.
UV = """\
#!{python} -S
import os, pathlib, sys, time
here = pathlib.Path.cwd()
def note(text):
    with open(here / "log", "a") as log: log.write(text + "\\n")
orders = (here / "orders").read_text() if (here / "orders").exists() else ""
if sys.argv[1] == "venv":
    note("venv")
    bin = pathlib.Path(sys.argv[-1]) / "bin"
    bin.mkdir(parents=True)
    (bin.parent / "pyvenv.cfg").write_text("home = " + os.path.dirname(sys.argv[3]))
    (bin / "python").symlink_to(sys.argv[3])
    sys.exit()
note("install " + " ".join(a for a in sys.argv if a.endswith(".txt")))
if orders == "wait":
    try:
        (here / "waiting").write_text(str(os.getpid()))
        while (here / "orders").exists(): time.sleep(0.02)
    except KeyboardInterrupt:
        note("tidied up")
        sys.exit(130)
elif orders:
    print(orders)
    sys.exit(1)
note("installed")
"""


@pytest.fixture
def course(tmp_path):
    """A small checkout with the real course.py."""
    folder = tmp_path / "the course"  # a space, as on many a learner's machine
    (folder / "tests").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    shutil.copy(ROOT / "course.py", folder)
    (folder / "pyproject.toml").write_text("[project]\n")
    (folder / "requirements.txt").write_text("-e .\naiohttp==3.0\n    # via three-lanes\n")
    (folder / "requirements-extras.txt").write_text("dask==1.0\n")
    (folder / "tests" / "requirements.txt").write_text("ruff==1.0 ; sys_platform != 'x'\n")
    write_notebook(folder / "notebooks" / "00_start_here.ipynb", "# Start here")
    return folder


@pytest.fixture
def module(course, monkeypatch):
    """The course.py of that checkout, imported."""
    spec = importlib.util.spec_from_file_location("course_under_test", course / "course.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def path(tmp_path):
    """A PATH whose uv is the stand-in."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "uv").write_text(UV.format(python=base_python()))
    (folder / "uv").chmod(0o755)
    return f"{folder}{os.pathsep}{os.defpath}"


def base_python():
    return getattr(sys, "_base_executable", sys.executable)


def start(course, path, *arguments, **how):
    how = {"cwd": course, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
    command = [base_python(), course / "course.py", *arguments]
    return subprocess.Popen(command, env={**os.environ, "PATH": path}, text=True, **how)


def call(course, path, *arguments, **how):
    """The exit status, what the command printed and what course.py said."""
    process = start(course, path, *arguments, **how)
    out, said = process.communicate(timeout=WAIT)
    return process.returncode, out, said


def wait_until(happened):
    deadline = time.monotonic() + WAIT
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def log(course):
    return (course / "log").read_text().splitlines() if (course / "log").exists() else []


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# --- the command line ---


def test_an_older_python_can_read_it_and_is_told_what_is_needed(module, monkeypatch, capsys):
    ast.parse((ROOT / "course.py").read_text(), feature_version=(3, 8))
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    assert module.main(["lab"]) == 1
    assert re.fullmatch(r"course.py: .*Python 3\.11 or newer.*\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ([], 0, ""),
        (["-h"], 0, ""),
        (["fly"], 2, "no command 'fly'"),
        (["run"], 2, "'run' needs a command"),
        (["reset"], 1, "'reset' takes one notebook; there are 00_start_here."),
        (["reset", "07"], 1, "there is no notebook '07'; there are 00_start_here."),
        (["reset", ""], 1, "there is no notebook ''; there are 00_start_here."),
    ],
)
def test_usage(course, path, arguments, status, said):
    code, out, err = call(course, path, *arguments)
    assert code == status
    assert out.startswith("usage: python3 course.py lab") == (status == 0)
    assert said in err
    assert err.count("\n") == (status != 0)
    assert not (course / ".venv").exists()


@pytest.fixture
def handed(module, monkeypatch):
    """What would be run, in place of running it; the environment is taken to be there."""
    commands, layers = [], []
    monkeypatch.setattr(module, "environment", lambda needed: layers.append(needed) or Path("py"))
    monkeypatch.setattr(module, "hand_over", lambda python, command: commands.append(command) or 0)
    monkeypatch.chdir(module.HERE)
    return commands, layers


def test_test_leaves_out_what_is_slow_unless_all_is_asked_for(module, handed):
    commands, layers = handed
    module.obey(["test", "-k", "word"])
    module.obey(["test", "tests/test_x.py", "--all"])
    assert commands == [
        ["python", "-m", "pytest", "-m", "not slow", "-k", "word"],
        ["python", "-m", "pytest", "-m", "", "tests/test_x.py"],
    ]
    assert [len(needed) for needed in layers] == [1, 2]


def test_site_has_the_layer_of_its_own(module, handed):
    commands, layers = handed
    module.obey(["site"])
    assert commands == [["python", "-m", "site_source"]]
    assert layers == [[module.REQUIREMENTS, module.SITE_REQUIREMENTS]]


@pytest.mark.parametrize("root", [True, False])
def test_lab_opens_the_first_copy_with_the_courses_settings(module, handed, monkeypatch, root):
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000, raising=False)
    module.obey(["lab", "--no-browser"])
    [command] = handed[0]
    assert command[:3] == ["python", "-m", "jupyterlab"]
    assert "--LabApp.default_url=/lab/tree/my_notebooks/00_start_here.ipynb" in command
    assert f"--LabApp.app_settings_dir={module.SETTINGS}" in command
    assert command[-1] == "--no-browser"
    assert ("--allow-root" in command) == root
    assert (module.COPIES / "00_start_here.ipynb").exists()


def test_the_workspace_is_given_once(module):
    module.prepare_workspace()
    [workspace] = module.WORKSPACES.iterdir()
    assert "toc" in workspace.read_text()
    workspace.write_text("the learner's own layout")
    module.prepare_workspace()
    assert workspace.read_text() == "the learner's own layout"


def test_jupyterlab_knows_every_setting_of_the_course():
    schemas = Path(sys.prefix) / "share" / "jupyter" / "lab" / "schemas"
    settings = json.loads((ROOT / ".jupyter/lab/settings/overrides.json").read_text())
    for plugin, values in settings.items():
        schema = json.loads((schemas / f"{plugin.replace(':', '/')}.json").read_text())
        assert values.keys() <= schema["properties"].keys()


# --- the environment ---


@posix
def test_the_first_call_sets_up_and_the_second_does_not(course, path):
    program = "import os, sys; print(sys.prefix, os.environ['VIRTUAL_ENV'], os.getcwd()); exit(7)"
    for said in ("setting up the course in .venv: it is not there yet", ""):
        code, out, err = call(course, path, "run", "python", "-c", program, cwd=course.parent)
        venv = str(course / ".venv")
        assert (code, out.split("\n")[0]) == (7, f"{venv} {venv} {course.parent}")
        assert said in err
    assert err == ""
    assert log(course) == ["venv", "install requirements.txt", "installed"]


def replace_python(course):
    (course / ".venv/bin/python").unlink()
    (course / ".venv/bin/python").write_text("#!/bin/sh\necho 3.11.99\n")
    (course / ".venv/bin/python").chmod(0o755)


def move(course):
    stamp = course / ".venv/course.json"
    stamp.write_text(stamp.read_text().replace("the course", "elsewhere"))


@posix
@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda c: (c / "requirements.txt").write_text("x==2"), "requirements.txt has changed"),
        (lambda c: (c / ".venv/course.json").unlink(), "it was not finished"),
        (lambda c: (c / ".venv/course.json").write_text("{"), "it was not finished"),
        (lambda c: (c / ".venv/course.json").write_text("{}"), "the course was moved or copied"),
        (
            lambda c: (c / ".venv/course.json").write_text('{"installed": []}'),
            "it was not finished",
        ),
        (move, "the course was moved or copied"),
        (replace_python, "its Python was replaced"),
        (lambda c: (c / ".venv/bin/python").unlink(), "its Python was replaced"),
    ],
)
def test_an_environment_that_no_longer_fits_is_made_anew(course, path, damage, why):
    assert call(course, path, "run", "true")[0] == 0
    (course / ".venv" / "old").touch()
    damage(course)
    code, _, said = call(course, path, "run", "true")
    assert code == 0
    assert said.splitlines()[0] == f"course.py: setting up the course in .venv: {why}."
    assert not (course / ".venv" / "old").exists()
    assert not (course / ".venv.old").exists()
    assert call(course, path, "run", "true") == (0, "", "")


@posix
def test_everything_needs_the_second_layer_and_the_rest_is_content_with_it(course, path):
    call(course, path, "run", "true")
    _, _, said = call(course, path, "test", "--all", "--version")
    assert "tests/requirements.txt is not in it" in said
    assert "install requirements.txt tests/requirements.txt" in log(course)
    assert call(course, path, "run", "true") == (0, "", "")
    (course / "tests/requirements.txt").write_text("ruff==2.0\n")
    assert call(course, path, "run", "true") == (0, "", "")
    _, _, said = call(course, path, "test", "--all", "--version")
    assert "tests/requirements.txt has changed" in said


@posix
def test_a_layer_that_was_there_is_made_anew_with_the_rest(course, path):
    call(course, path, "test", "--all", "--version")
    (course / "requirements.txt").write_text("x==2")
    call(course, path, "run", "true")
    assert log(course)[-2:] == ["install requirements.txt tests/requirements.txt", "installed"]


@posix
def test_lab_brings_the_extras_along(course, path):
    call(course, path, "lab", "--version")
    assert log(course) == ["venv", "install requirements.txt requirements-extras.txt", "installed"]
    assert call(course, path, "run", "true") == (0, "", "")


@pytest.mark.parametrize("refused", [True, False])
def test_where_the_extras_cannot_be_had_lab_goes_on_without(module, monkeypatch, capsys, refused):
    asked = []

    def environment(needed):
        asked.append([file.name for file in needed])
        if module.EXTRAS in needed:
            raise module.InstallerFailure(["no wheel"]) if refused else module.Failure("offline")
        return module.PYTHON

    module.write(module.VENV / module.STAMP, b"{}")
    monkeypatch.setattr(module, "environment", environment)
    monkeypatch.setattr(module, "fault", lambda needed: "")
    assert module.environment_with_extras() == module.PYTHON
    both = [["requirements.txt", "requirements-extras.txt"], ["requirements.txt"]]
    assert asked == both
    said = capsys.readouterr().err
    assert ("no wheel" if refused else "offline") in said
    assert "requirements-extras.txt could not be installed: some sections will be left out" in said
    assert module.environment_with_extras() == module.PYTHON
    assert asked == (both if refused else both * 2)  # a network may be there the next time
    module.EXTRAS.write_text("dask==2.0\n")
    module.environment_with_extras()
    assert asked[-2:] == both


@posix
def test_without_a_network_and_without_an_environment_lab_tries_once(course, path):
    (course / "orders").write_text(OFFLINE)
    code, _, said = call(course, path, "lab", "--version")
    assert code == 1
    assert said.count("no connection to the package index") == 1


@posix
def test_what_is_no_requirement_may_change(course, path):
    call(course, path, "run", "true")
    (course / "pyproject.toml").write_text("[tool.ruff]\n")
    assert call(course, path, "run", "true") == (0, "", "")


OFFLINE = """\
error: Request failed after 3 retries in 4.9s
  cause: Failed to fetch: https://user:secret@index.example/simple/contourpy/
  cause: dns error
"""
FULL = "error: Failed to install: babel\n  cause: failed: No space left on device (os error 28)\n"


@posix
@pytest.mark.parametrize(
    ("orders", "said"),
    [(OFFLINE, "could not fetch contourpy (no connection"), (FULL, "the disk is full.")],
)
def test_a_set_up_that_fails_leaves_the_old_environment(course, path, orders, said):
    call(course, path, "run", "true")
    (course / ".venv" / "old").touch()
    (course / "requirements.txt").write_text("-e .\nx==2")
    (course / "orders").write_text(orders)
    code, out, err = call(course, path, "run", "echo", "ran")
    assert (code, out) == (1, "")
    assert f"course.py: {said}" in err.splitlines()[-1]
    assert "secret" not in err
    assert (course / ".venv" / "old").exists()
    assert (course / ".venv" / "course.json").exists()
    assert not (course / ".venv.old").exists()
    (course / "orders").unlink()
    assert call(course, path, "run", "echo", "ran")[:2] == (0, "ran\n")


@posix
def test_a_set_up_that_fails_leaves_nothing_where_nothing_was(course, path):
    (course / "orders").write_text(OFFLINE)
    assert call(course, path, "run", "true")[0] == 1
    assert sorted(p.name for p in course.glob(".venv*")) == [".venv.lock"]


@posix
def test_an_old_environment_that_a_kill_left_is_cleared_away(course, path):
    call(course, path, "run", "true")
    shutil.copytree(course / ".venv", course / ".venv.old", symlinks=True)
    assert call(course, path, "run", "true") == (0, "", "")
    assert not (course / ".venv.old").exists()


WHOLE, HALF, NONE = "whole", "half-made", "none"


@pytest.mark.parametrize(
    ("new", "old", "kept"),
    [
        (WHOLE, NONE, "new"),
        (WHOLE, WHOLE, "new"),  # killed between the stamp and the end of the old one
        (WHOLE, HALF, "new"),  # killed while the old one was being deleted
        (HALF, WHOLE, "old"),  # killed while the new one was being made
        (NONE, WHOLE, "old"),  # killed between the old one's move and the new one's first file
        (HALF, HALF, "new"),
        (NONE, HALF, None),
        (HALF, NONE, "new"),
        (NONE, NONE, None),
    ],
)
def test_what_a_kill_left_is_settled(module, new, old, kept):
    for folder, state, name in ((module.VENV, new, "new"), (module.OLD, old, "old")):
        if state != NONE:
            folder.mkdir()
            (folder / name).touch()
        if state == WHOLE:
            (folder / module.STAMP).write_text("{}")
    module.settle()
    assert not module.OLD.exists()
    assert (module.VENV / kept).exists() if kept else not module.VENV.exists()


def test_a_discarded_environment_loses_its_stamp_first(module, monkeypatch):
    module.VENV.mkdir()
    (module.VENV / module.STAMP).touch()
    seen = []
    monkeypatch.setattr(shutil, "rmtree", lambda folder: seen.append(list(folder.iterdir())))
    module.discard(module.VENV)
    assert seen == [[]]


@posix
def test_an_environment_that_is_a_link_is_only_unlinked(module, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    module.VENV.symlink_to(tmp_path / "elsewhere")
    module.discard(module.VENV)
    assert not module.VENV.is_symlink()
    assert (tmp_path / "elsewhere").exists()


@posix
def test_two_calls_at_once_make_one_environment(course, path):
    (course / "orders").write_text("wait")
    first = start(course, path, "run", "echo", "first")
    wait_until((course / "waiting").exists)
    second = start(course, path, "run", "echo", "second")
    assert (
        second.stderr.readline() == "course.py: another course.py is setting up; waiting for it.\n"
    )
    (course / "orders").unlink()
    assert [p.communicate(timeout=WAIT)[0] for p in (first, second)] == ["first\n", "second\n"]
    assert log(course) == ["venv", "install requirements.txt", "installed"]


@posix
def test_after_a_kill_the_next_call_waits_for_the_installer_that_lives_on(course, path):
    (course / "orders").write_text("wait")
    with start(course, path, "run", "true") as killed:
        wait_until((course / "waiting").exists)
        killed.kill()
    second = start(course, path, "run", "echo", "second")
    assert (
        second.stderr.readline() == "course.py: another course.py is setting up; waiting for it.\n"
    )
    (course / "orders").unlink()
    out, said = second.communicate(timeout=WAIT)
    assert (second.returncode, out) == (0, "second\n")
    assert "it was not finished" in said
    assert log(course) == ["venv", "install requirements.txt", "installed"] * 2


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_set_up_and_the_installer(course, path, name):
    number = getattr(signal, name)
    (course / "orders").write_text("wait")

    def heed():  # a job in the background ignores Ctrl-C, and its children inherit that
        for ignored in (number, signal.SIGINT):
            signal.signal(ignored, signal.SIG_DFL)

    process = start(course, path, "run", "true", preexec_fn=heed)
    wait_until(lambda: (course / "waiting").exists() and (course / "waiting").read_text())
    process.send_signal(number)
    out, said = process.communicate(timeout=WAIT)
    assert (process.returncode, out) == (128 + number, "")
    assert said.splitlines()[-1].startswith("course.py: stopped. Nothing is broken")
    assert "Traceback" not in said
    assert log(course)[-1] == "tidied up"
    assert not is_alive(int((course / "waiting").read_text()))
    assert not (course / ".venv").exists()
    (course / "orders").unlink()
    assert call(course, path, "run", "true")[0] == 0


@posix
def test_a_signal_that_comes_just_as_the_installer_is_there_ends_it(module, monkeypatch):
    class Interrupted(subprocess.Popen):
        def __init__(self, *arguments, **how):
            super().__init__(*arguments, **how)
            started.append(self.pid)
            os.kill(os.getpid(), signal.SIGTERM)

    started, numbers = [], (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    monkeypatch.setattr(module.subprocess, "Popen", Interrupted)
    try:
        module.catch_signals()
        with pytest.raises(module.Stopped):
            module.step(["sleep", "600"], 0, module.Progress([module.REQUIREMENTS]))
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    (pid,) = started
    assert not is_alive(pid)


@posix
def test_a_signal_that_is_ignored_stays_ignored(course, path):
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does

    (course / "orders").write_text("wait")
    process = start(course, path, "run", "echo", "ran", preexec_fn=ignore)
    wait_until((course / "waiting").exists)
    process.send_signal(signal.SIGHUP)
    (course / "orders").unlink()
    assert process.communicate(timeout=WAIT)[0] == "ran\n"


@posix
def test_a_command_takes_the_place_of_course_py(course, path):
    assert call(course, path, "run", "true")[0] == 0
    process = start(course, path, "run", "sh", "-c", "echo $$")
    assert process.communicate(timeout=WAIT)[0] == f"{process.pid}\n"
    assert call(course, path, "run", "sh", "-c", "kill -TERM $$")[0] == -signal.SIGTERM
    assert call(course, path, "run", "sh", "-c", "yes | head -1")[1:] == ("y\n", "")
    code, _, said = call(course, path, "run", "no-such-command")
    assert (code, said) == (127, "course.py: there is no command 'no-such-command' here.\n")
    (course / "broken").write_text("no program")
    (course / "broken").chmod(0o755)
    assert call(course, path, "run", "./broken")[0] == 126


@posix
def test_a_command_gets_the_environments_variables(module, monkeypatch):
    given = []
    monkeypatch.setattr(os, "execve", lambda *call: given.extend(call))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    module.hand_over(module.PYTHON, ["python", "-V"])
    program, arguments, variables = given
    assert [program, *arguments] == [str(module.PYTHON), str(module.PYTHON), "-V"]
    assert variables["PATH"].split(os.pathsep)[0] == str(module.BIN)
    assert variables["VIRTUAL_ENV"] == str(module.VENV)
    assert "PYTHONHOME" not in variables
    given.clear()
    module.hand_over(Path("/conda/bin/python"), ["python"])
    assert "VIRTUAL_ENV" not in given[2]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(30, "Read-only file system", "/x"),
            "cannot write to /x (Read-only file system). ",
        ),
        (OSError(28, "No space left on device", "/x"), "the disk is full. Free a gigabyte or so"),
        (OSError(2, "No such file or directory", "/x"), "/x is missing: get a whole copy"),
        (OSError(17, "File exists", "/x"), "/x is in the way: move it away"),
        (OSError(37, "No locks available"), "the system refused: No locks available.\n"),
    ],
)
def test_the_file_systems_own_errors_are_one_line(module, monkeypatch, capsys, error, said):
    def fail(*_):
        raise error

    monkeypatch.setattr(module, "lock", fail)
    monkeypatch.setattr(module, "catch_signals", lambda: None)
    assert module.main(["run", "true"]) == 1
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert text.startswith(f"course.py: {said}")


# --- a Python that has the course already ---


@pytest.mark.parametrize(
    ("version", "where", "uses_it"),
    [("3.0", "here", True), ("2.0", "here", False), ("3.0", "elsewhere", False)],
)
def test_a_python_that_has_the_course_is_used(
    module, monkeypatch, tmp_path, version, where, uses_it
):
    for name, number in (("three_lanes", "1"), ("aiohttp", version)):
        info = tmp_path / "site" / f"{name}-{number}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Name: {name}\nVersion: {number}\n")
        url = module.HERE.as_uri() if where == "here" else "file:///elsewhere"
        (info / "direct_url.json").write_text(json.dumps({"url": url}))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setattr(module, "fault", lambda needed: "")
    found = module.environment([module.REQUIREMENTS])
    assert found == (Path(sys.executable) if uses_it else module.PYTHON)
    monkeypatch.setattr(module, "VENV", Path(sys.prefix))
    assert not module.is_installed_here([module.REQUIREMENTS])  # .venv's own is no reason


def test_a_python_without_the_course_is_not_used(module, monkeypatch):
    def nothing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", nothing)
    assert not module.is_installed_here([module.REQUIREMENTS])


# --- the installers ---


@pytest.fixture
def steps(module, monkeypatch):
    """The commands of the installers, in place of running them; `fails` makes some of them fail."""
    commands = []

    def step(command, held, progress):
        commands.append([str(word) for word in command])
        if commands[-1][0] == "/uv" and step.fails:
            raise step.fails

    step.fails = None
    monkeypatch.setattr(module, "step", step)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    step.commands = commands
    return step


def install(module):
    return module.install([module.REQUIREMENTS], held=0)


def test_without_uv_it_is_venv_and_pip(module, steps, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    assert install(module) == "venv + pip"
    make, fill = steps.commands
    assert make == [module.BASE_PYTHON, "-m", "venv", str(module.VENV)]
    assert fill == [str(module.PYTHON), "-m", "pip", "install", "-r", "requirements.txt"]


@pytest.mark.parametrize("has_pip", [True, False])
def test_without_ensurepip_it_is_the_systems_pip_or_a_word_on_what_to_install(
    module, steps, monkeypatch, has_pip
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    answer = subprocess.CompletedProcess([], 0 if has_pip else 1)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    if not has_pip:
        with pytest.raises(module.Failure, match="apt install python3-venv"):
            install(module)
        return
    install(module)
    make, fill = steps.commands
    assert "--without-pip" in make
    assert fill[:5] == [module.BASE_PYTHON, "-m", "pip", "--python", str(module.PYTHON)]


def test_a_disk_that_is_all_but_full_is_not_filled(module, steps, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: types.SimpleNamespace(free=10**7))
    with pytest.raises(module.Failure, match="disk is full"):
        install(module)
    assert steps.commands == []


def test_where_uv_fails_pip_is_tried_but_not_without_a_connection(
    module, steps, monkeypatch, capsys
):
    monkeypatch.setattr(shutil, "which", lambda name: "/uv")
    steps.fails = module.InstallerFailure(["first", "cause: https://me:secret@index is odd"])
    assert install(module) == "venv + pip"
    assert "uv could not do it (cause: https://****@index is odd)" in capsys.readouterr().err
    steps.fails = module.Failure("could not fetch x")
    with pytest.raises(module.Failure, match="could not fetch x"):
        install(module)


PIP_OFFLINE = """\
  WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)': /simple/
  ERROR: Could not find a version that satisfies the requirement flit_core<4 (from versions: none)
  ERROR: No matching distribution found for flit_core<4,>=3.11
"""
UV_FILE = """\
  cause: Failed to download `jupyterlab==4.6.6`
  cause: Failed to fetch: `https://files.example/packages/ab/cd/argon2_cffi-25.1.0-py3-none-any.whl`
  cause: operation timed out
"""
PIP_READ = "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(): timed out."


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (OFFLINE, "could not fetch contourpy (no connection"),
        (PIP_OFFLINE, "could not fetch flit_core (no connection"),
        (UV_FILE, "could not fetch argon2_cffi (no connection"),
        (PIP_READ, "could not fetch the-last-one (no connection"),
        (FULL, "the disk is full"),
        ("cause: client error (Connect)\ncause: invalid peer certificate", "the installer failed"),
        ("ERROR: No matching distribution found for x==1", "the installer failed"),
    ],
)
def test_the_cause_is_read_from_the_installers_last_lines(module, output, said):
    failure = module.diagnosis(output.splitlines(), "the-last-one")
    assert said in str(failure)
    assert isinstance(failure, module.InstallerFailure) == (said == "the installer failed")


def test_another_failure_shows_the_last_fifteen_lines(module):
    text = str(module.InstallerFailure([f"line {number}" for number in range(40)]))
    assert text.splitlines()[0] == "line 25"
    assert len(text.splitlines()) == 16


PROGRESS = [
    ("Ignoring colorama: markers 'sys_platform' don't match", "making ready"),
    ("Collecting aiohttp==3.14.5 (from -r requirements.txt (line 5))", "fetching aiohttp, 1 of 1"),
    ("Processing /x/argon2_cffi-25.1.0-py3-none-any.whl", "fetching argon2_cffi, 2 of 1"),
    ("Downloading nest_asyncio2-1.7.4-py3-none-any.whl (5 kB)", "fetching nest_asyncio2, 1 of 1"),
    ("Using cached rfc3339_validator-0.1.4.whl (3 kB)", "fetching rfc3339_validator, 2 of 1"),
    ("Installing collected packages: pure-eval, ptyprocess", "installing"),
]
UV_PROGRESS = [
    ("Downloading numpy (16.1MiB)", "fetching numpy, 1 of 2"),
    ("Downloading babel (9.7MiB)", "fetching babel, 2 of 2"),
    (" Downloaded babel", "fetching numpy, 1 of 2 big packages"),
    ("Prepared 115 packages in 1.51s", "installing"),
    ("Installed 115 packages in 233ms", "compiling"),
]


@pytest.mark.parametrize("lines", [PROGRESS, UV_PROGRESS])
def test_progress_tells_what_is_fetched_and_how_many_of_how_many(module, lines):
    progress = module.Progress([module.REQUIREMENTS, module.TEST_REQUIREMENTS])
    assert progress.total == 2
    for line, doing in lines:
        progress.read(line)
        assert progress.doing == doing


def test_progress_is_one_line_on_a_terminal_and_now_and_then_one_elsewhere(
    module, monkeypatch, capsys
):
    clock = iter(range(100))
    monkeypatch.setattr(module, "time", types.SimpleNamespace(monotonic=lambda: next(clock)))
    progress = module.Progress([module.REQUIREMENTS])
    for _ in range(25):
        progress.show()
    assert capsys.readouterr().err.split("\n") == [
        f"  making ready, {s} s" for s in (2, 12, 22)
    ] + [""]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = module.Progress([module.REQUIREMENTS])
    progress.show()
    progress.rewrite("")
    said = capsys.readouterr().err
    assert "making ready, 1 s" in said
    assert "\n" not in said
    assert said.endswith("\r")


# --- the learner's copies ---


def write_notebook(path, *sources, ran=False, **metadata):
    """A notebook with one code cell a source; a source that begins with # is text."""
    cells = []
    for number, source in enumerate(sources):
        cell = {"id": f"c{number}", "metadata": dict(metadata), "source": source.splitlines(True)}
        cell["cell_type"] = "markdown" if source.startswith("#") else "code"
        if cell["cell_type"] == "code":
            outputs = [{"output_type": "stream", "name": "stdout", "text": ["2\n"]}]
            cell |= {"outputs": outputs if ran else [], "execution_count": 1 if ran else None}
        cells.append(cell)
    language = {"name": "python", "version": "3.11.7"}
    about = {"kernelspec": {"name": "python3"}, "language_info": language, "widgets": {"state": {}}}
    path.parent.mkdir(exist_ok=True)
    notebook = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook))


@pytest.fixture
def lesson(module, capsys):
    """One lesson that was handed out: its original and the learner's copy."""
    original = module.ORIGINALS / "02_threading.ipynb"
    write_notebook(original, "# Threads", "1 + 1", ran=True, execution={"started": "then"})
    module.prepare_copies()
    return original, module.COPIES / "02_threading.ipynb"


def words(path):
    return ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"]]


def names(module):
    return sorted(p.name for p in module.COPIES.iterdir() if "02" in p.name)


def test_a_copy_has_no_outputs_and_all_else(module, lesson):
    original, copy = lesson
    given = json.loads(copy.read_text())
    assert words(copy) == words(original)
    assert given["cells"][1]["outputs"] == []
    assert given["cells"][1]["execution_count"] is None
    assert given["cells"][1]["metadata"] == {}
    assert given["metadata"] == {
        "kernelspec": {"name": "python3"},
        "language_info": {"name": "python", "version": "3.11.7"},
    }


@pytest.mark.parametrize("source", ["# in words", "print(42)"])
def test_solutions_are_folded(module, source):
    write_notebook(module.ORIGINALS / "02.ipynb", source, tags=["solution", "x"], jupyter={"a": 1})
    module.prepare_copies()
    [cell] = json.loads((module.COPIES / "02.ipynb").read_text())["cells"]
    assert cell["metadata"]["jupyter"] == {"a": 1, "source_hidden": True}
    assert cell["metadata"]["tags"] == ["solution", "x"]


def test_originals_are_never_written_and_a_second_time_changes_nothing(module, lesson, capsys):
    def state():
        files = [*module.ORIGINALS.rglob("*"), *module.COPIES.rglob("*")]
        return {path: path.read_bytes() for path in files if path.is_file()}

    before = state()
    module.prepare_copies()
    assert state() == before
    assert capsys.readouterr().err == ""


def test_an_untouched_copy_follows_the_original_silently(module, lesson, capsys):
    original, copy = lesson
    write_notebook(original, "# Threads, better")
    module.prepare_copies()
    assert words(copy) == ["# Threads, better"]
    assert names(module) == ["02_threading.ipynb"]
    assert capsys.readouterr().err == ""


def test_a_copy_that_was_opened_and_saved_counts_as_untouched(module, lesson):
    original, copy = lesson
    notebook = json.loads(copy.read_text())
    notebook["metadata"]["toc"] = {}
    notebook["cells"][0]["metadata"]["jupyter"] = {"source_hidden": False}
    notebook["cells"][0]["source"] = "# Threads"  # a string for a list
    copy.write_text(json.dumps(notebook, indent=4))
    write_notebook(original, "# Threads, better")
    module.prepare_copies()
    assert words(copy) == ["# Threads, better"]


def test_a_copy_that_was_run_is_kept_beside_the_new_version(module, lesson, capsys):
    original, copy = lesson
    write_notebook(copy, "# Threads", "1 + 1", ran=True)
    module.prepare_copies()
    assert names(module) == ["02_threading.ipynb"]
    write_notebook(original, "# Threads, better")
    module.prepare_copies()
    assert words(copy) == ["# Threads, better"]
    old = module.COPIES / "02_threading.old.ipynb"
    assert json.loads(old.read_text())["cells"][1]["outputs"]
    assert "the one that you ran is now 02_threading.old.ipynb" in capsys.readouterr().err


def test_a_learners_words_are_never_overwritten(module, lesson, capsys):
    original, copy = lesson
    write_notebook(copy, "# Threads", "1 + 1", "# my notes")
    mine = copy.read_bytes()
    module.prepare_copies()
    assert names(module) == ["02_threading.ipynb"]
    write_notebook(original, "# Threads, better")
    module.prepare_copies()
    assert copy.read_bytes() == mine
    assert words(module.COPIES / "02_threading.new.ipynb") == ["# Threads, better"]
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert (
        "02_threading.ipynb holds your changes; the course's new version is 02_threading.new"
        in said
    )
    (module.COPIES / "02_threading.new.ipynb").unlink()
    module.prepare_copies()
    assert names(module) == ["02_threading.ipynb"], "what was offered is not offered again"


@pytest.mark.parametrize("used", [True, False])
def test_an_offer_that_the_learner_used_is_not_overwritten_either(module, lesson, used):
    original, copy = lesson
    write_notebook(copy, "my own")
    offer = module.COPIES / "02_threading.new.ipynb"
    write_notebook(original, "# second")
    module.prepare_copies()
    if used:
        write_notebook(offer, "# second", "my answer")
    write_notebook(original, "# third")
    module.prepare_copies()
    assert words(copy) == ["my own"]
    assert words(offer) == (["# second", "my answer"] if used else ["# third"])
    second = module.COPIES / "02_threading.new2.ipynb"
    assert second.exists() == used
    assert not used or words(second) == ["# third"]


def test_a_deleted_copy_comes_back(module, lesson):
    original, copy = lesson
    copy.unlink()
    module.prepare_copies()
    assert words(copy) == words(original)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe", b'{"cells": [{}]}', b'{"cells": 3}'])
def test_a_broken_copy_is_named_and_not_touched(module, lesson, capsys, content):
    original, copy = lesson
    copy.write_bytes(content)
    write_notebook(original, "# Threads, better")
    module.prepare_copies()
    assert copy.read_bytes() == content
    assert "my_notebooks/02_threading.ipynb cannot be read as a notebook" in capsys.readouterr().err
    assert names(module) == ["02_threading.ipynb"]


def test_a_broken_original_is_named_and_left_out(module, lesson, capsys):
    original, copy = lesson
    original.write_text("<<<<<<< HEAD")
    module.prepare_copies()
    assert words(copy) == ["# Threads", "1 + 1"]
    assert "notebooks/02_threading.ipynb cannot be read as a notebook" in capsys.readouterr().err


@pytest.mark.parametrize("record", [None, "{", "[1]"])
def test_without_the_record_everything_counts_as_the_learners(module, lesson, record):
    original, copy = lesson
    module.RECORD.unlink() if record is None else module.RECORD.write_text(record)
    module.prepare_copies()
    assert names(module) == ["02_threading.ipynb"]
    module.RECORD.unlink()
    write_notebook(original, "# Threads, better")
    module.prepare_copies()
    assert words(copy) == ["# Threads", "1 + 1"]
    assert names(module) == ["02_threading.ipynb", "02_threading.new.ipynb"]


def test_other_files_come_along_and_hidden_ones_do_not(module, capsys):
    extra = module.ORIGINALS / "pictures" / "02.txt"
    extra.parent.mkdir()
    extra.write_text("one")
    (module.ORIGINALS / ".ipynb_checkpoints").mkdir()
    write_notebook(module.ORIGINALS / ".ipynb_checkpoints" / "02.ipynb", "# old")
    module.prepare_copies()
    copy = module.COPIES / "pictures" / "02.txt"
    assert copy.read_text() == "one"
    assert not (module.COPIES / ".ipynb_checkpoints").exists()
    copy.write_text("mine")
    extra.write_text("two")
    module.prepare_copies()
    assert copy.read_text() == "mine"
    assert (copy.parent / "02.new.txt").read_text() == "two"


def test_a_write_that_fails_leaves_the_file_and_nothing_else(module, lesson, monkeypatch):
    original, copy = lesson
    before = copy.read_bytes()

    def full(path, content):
        path.open("wb").close()
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    write_notebook(original, "# Threads, better")
    with pytest.raises(OSError, match="No space left"):
        module.prepare_copies()
    assert copy.read_bytes() == before
    assert not list(module.COPIES.glob(".*.draft"))


def test_a_checkout_without_its_notebooks_is_refused_in_one_line(module):
    shutil.rmtree(module.ORIGINALS)
    with pytest.raises(module.Failure, match=r"notebooks/00_start_here\.ipynb is missing"):
        module.prepare_copies()


# --- a notebook that is broken ---


def reset(course, name="02"):
    """The exit status and the one line of a reset."""
    code, out, said = call(course, os.defpath, "reset", name)
    assert not out and said.count("\n") == 1
    return code, said


@pytest.mark.parametrize(
    "name",
    [
        "02",
        "2",
        "02_threading",
        "threading",
        "02_Threading.ipynb",
        "my_notebooks/02_threading.ipynb",
    ],
)
def test_reset_gives_a_fresh_copy_and_keeps_the_learners(module, lesson, name):
    _, copy = lesson
    fresh = copy.read_bytes()
    write_notebook(copy, "# Mine", "2 + 2", ran=True)
    mine = copy.read_bytes()
    code, said = reset(module.HERE, name)
    kept = copy.with_name("02_threading.kept.ipynb")
    assert code == 0
    assert "my_notebooks/02_threading.ipynb is fresh" in said and kept.name in said
    assert (copy.read_bytes(), kept.read_bytes()) == (fresh, mine)
    assert names(module) == [kept.name, copy.name] or names(module) == [copy.name, kept.name]


def test_what_is_kept_is_never_written_over(module, lesson):
    _, copy = lesson
    for number in range(3):
        copy.write_text(f"{{ {number}")
        assert reset(module.HERE)[0] == 0
    kept = [copy.with_name(f"02_threading.kept{n}.ipynb").read_text() for n in ("", 2, 3)]
    assert kept == ["{ 0", "{ 1", "{ 2"]


def test_a_copy_as_it_was_given_is_not_touched_and_a_missing_one_comes_back(module, lesson):
    _, copy = lesson
    fresh = copy.read_bytes()
    assert "nothing to do" in reset(module.HERE)[1]
    copy.unlink()
    assert "was missing" in reset(module.HERE)[1]
    assert copy.read_bytes() == fresh
    assert names(module) == [copy.name]


def folder_in_its_place(copy):
    copy.unlink()
    copy.mkdir()
    (copy / "mine.txt").write_text("mine")


def link_in_its_place(copy):
    (copy.parent / "elsewhere.txt").write_text("mine")
    copy.unlink()
    copy.symlink_to("elsewhere.txt")


def dead_link_in_its_place(copy):
    copy.unlink()
    copy.symlink_to("nowhere")


def no_right_to_write(copy):
    copy.write_text("mine")
    copy.chmod(0o444)


@pytest.mark.parametrize(
    "damage", [folder_in_its_place, link_in_its_place, dead_link_in_its_place, no_right_to_write]
)
def test_whatever_is_there_is_moved_aside_as_it_is(module, lesson, damage):
    _, copy = lesson
    fresh = copy.read_bytes()
    damage(copy)
    for file in (copy.parent / "elsewhere.txt", copy):
        before = file.lstat().st_mode if os.path.lexists(file) else None
    inside = sorted(path.name for path in copy.iterdir()) if copy.is_dir() else []
    assert reset(module.HERE)[0] == 0
    kept = copy.with_name("02_threading.kept.ipynb")
    assert kept.lstat().st_mode == before
    assert (sorted(path.name for path in kept.iterdir()) if kept.is_dir() else []) == inside
    assert copy.read_bytes() == fresh and not copy.is_symlink()
    assert os.access(copy, os.W_OK)
    if damage is link_in_its_place:
        assert (copy.parent / "elsewhere.txt").read_text() == "mine"


def test_after_a_reset_lab_offers_nothing(module, lesson, capsys):
    original, copy = lesson
    write_notebook(copy, "# Mine")
    write_notebook(original, "# Threads, better")
    assert reset(module.HERE)[0] == 0
    before = names(module)
    module.prepare_copies()
    assert capsys.readouterr().err == ""
    assert names(module) == before


def test_reset_needs_no_folder_and_no_record(module):
    assert not module.COPIES.exists()
    code, said = reset(module.HERE, "00")
    assert code == 0 and "was missing" in said
    assert (module.COPIES / "00_start_here.ipynb").exists()


def test_a_reset_from_a_broken_original_moves_nothing(module, lesson):
    original, copy = lesson
    original.write_text("<<<<<<< HEAD")
    before = copy.read_bytes()
    code, said = reset(module.HERE)
    assert code == 1 and "notebooks/02_threading.ipynb is broken" in said
    assert copy.read_bytes() == before and names(module) == [copy.name]


@pytest.mark.parametrize("step", ["write_bytes", "rename"])
def test_a_reset_that_fails_or_is_interrupted_leaves_all_as_it_was(
    module, lesson, monkeypatch, step
):
    _, copy = lesson
    copy.write_text("mine")
    real, calls = getattr(Path, step), []

    def stopped(path, what):
        calls.append(path)
        if len(calls) > 1 or step == "write_bytes":  # between the two moves
            monkeypatch.setattr(Path, step, real)
            raise module.Stopped(signal.SIGINT)
        return real(path, what)

    monkeypatch.setattr(Path, step, stopped)
    with pytest.raises(module.Stopped):
        module.reset(["02"])
    assert copy.read_text() == "mine"
    assert names(module) == [copy.name]
    assert not list(module.COPIES.glob(".*.draft"))


def test_after_a_kill_in_the_middle_of_a_reset_the_work_is_there(module, lesson):
    _, copy = lesson
    fresh = copy.read_bytes()
    copy.rename(copy.with_name("02_threading.kept.ipynb"))  # as the kill leaves it
    copy.with_name(f".{copy.name}.draft").write_text("half")
    assert reset(module.HERE)[0] == 0
    assert copy.read_bytes() == fresh
    assert names(module) == ["02_threading.ipynb", "02_threading.kept.ipynb"]


def test_reset_knows_each_notebook_that_has_a_copy(module, lesson):
    deep = module.ORIGINALS / "own_code" / "your_job.ipynb"
    deep.parent.mkdir()
    write_notebook(deep, "# Your job")
    module.prepare_copies()
    copy = module.COPIES / "own_code" / "your_job.ipynb"
    fresh = copy.read_bytes()
    copy.write_text("mine")  # `lab` says of it: 'reset your_job'
    before = module.read_json(module.RECORD)
    assert "is fresh" in reset(module.HERE, "your_job")[1]
    assert copy.read_bytes() == fresh
    assert copy.with_name("your_job.kept.ipynb").read_text() == "mine"
    assert module.read_json(module.RECORD) == before


@pytest.mark.parametrize("name", ["1" * 5000, "a\nb", "\udcff"])
def test_reset_says_of_any_odd_name_that_there_is_no_such_notebook(module, lesson, name):
    with pytest.raises(module.Failure, match=r"^there is no notebook '.*'; there are .*$"):
        module.reset([name])


@pytest.mark.parametrize(
    "content",
    [
        '{"cells": [], "metadata": null}',
        '{"cells": [{"cell_type": "code", "source": "", "metadata": {"tags": 5}}]}',
        r'{"cells": [{"cell_type": "code", "source": "\ud800"}]}',
    ],
)
def test_an_original_with_broken_metadata_is_broken(module, lesson, content):
    original, copy = lesson
    original.write_text(content)
    before = copy.read_bytes()
    assert "is broken: get a whole copy" in reset(module.HERE)[1]
    assert copy.read_bytes() == before


def test_without_notebooks_reset_says_what_to_do(module):
    shutil.rmtree(module.ORIGINALS)
    for name in ("02", "nothing"):
        assert "has no notebook: get a whole copy of the course" in reset(module.HERE, name)[1]


def test_where_the_work_is_is_told_also_if_something_fails_afterwards(module, lesson, capsys):
    _, copy = lesson
    copy.write_text("mine")
    module.RECORD.unlink()
    module.RECORD.mkdir()
    with pytest.raises(OSError, match="directory"):
        module.reset(["02"])
    assert "is kept as 02_threading.kept.ipynb" in capsys.readouterr().err


def test_a_copy_that_cannot_be_read_is_kept_too(module, lesson, monkeypatch):
    _, copy = lesson
    copy.write_text("mine")
    real = Path.read_bytes

    def read_bytes(path):
        if path == copy:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", read_bytes)
        assert module.reset(["02"]) == 0
    assert copy.with_name("02_threading.kept.ipynb").read_text() == "mine"


@posix
def test_a_link_where_the_draft_goes_leads_nothing_elsewhere(module, lesson, tmp_path):
    _, copy = lesson
    copy.write_text("mine")
    (tmp_path / "else").write_text("precious")
    copy.with_name(f".{copy.name}.draft").symlink_to(tmp_path / "else")
    assert reset(module.HERE)[0] == 0
    assert (tmp_path / "else").read_text() == "precious"
    assert not copy.is_symlink()


# --- with real installers ---


@pytest.fixture
def small_course(course):
    """A checkout that installs itself and a handful of the course's packages."""
    project = (ROOT / "pyproject.toml").read_text()
    project = re.sub(r"^dependencies = \[.*?^\]\n", "", project, flags=re.DOTALL | re.MULTILINE)
    (course / "pyproject.toml").write_text(project)
    for name in ("README.md", "LICENSE"):
        (course / name).write_text(name)
    (course / "helpers").mkdir()
    (course / "helpers" / "__init__.py").write_text('"""Three Lanes."""\n')
    few = "certifi|charset-normalizer|idna|pygments|requests|urllib3"
    pins = re.findall(rf"^(?:{few})==.*$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert len(pins) == 6
    (course / "requirements.txt").write_text("\n".join(["-e .", *pins, ""]))
    return course


@pytest.mark.slow
def test_the_whole_course_installs_and_imports(tmp_path):
    course = tmp_path / "course"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "my_notebooks", "data", "notebooks")
    shutil.copytree(ROOT, course, ignore=ignored)
    path = os.environ["PATH"]
    program = "import helpers, jupyterlab, aiohttp, matplotlib; print(helpers.__file__)"
    process = start(course, path, "run", "python", "-c", program)
    out, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    assert out == f"{course / 'helpers' / '__init__.py'}\n"
    assert re.search(r"course.py: ready in \d+ s \((uv|venv \+ pip)\)\.\n$", said)
    assert call(course, path, "run", "true") == (0, "", "")


@pytest.mark.slow
@posix
def test_killed_at_any_moment_the_next_call_ends_well(small_course):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    path = os.environ["PATH"]
    started = time.monotonic()
    assert start(small_course, path, "run", "true").wait(timeout=300) == 0
    whole = time.monotonic() - started
    for _ in range(3):
        with (small_course / "requirements.txt").open("a") as file:
            file.write("# changed\n")
        moment = chance.uniform(0.1, whole)
        with start(small_course, path, "run", "true") as killed:
            try:
                killed.wait(moment)
            except subprocess.TimeoutExpired:
                killed.kill()
        process = start(small_course, path, "run", "python", "-c", "import helpers, requests")
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, f"seed {seed}, killed after {moment:.2f} s: {said}"
        assert not (small_course / ".venv.old").exists()


def in_a_namespace_of_its_own(*script):
    """A shell command's prefix; skips where this system gives none."""
    for needed in ("unshare", "mount", "sh"):
        if not shutil.which(needed):
            pytest.skip(f"needs {needed}")
    if subprocess.run(["unshare", *script, "true"], capture_output=True).returncode != 0:
        pytest.skip("needs the right to make a namespace (root)")
    return ["unshare", *script]


@pytest.mark.slow
@posix
def test_without_a_network_it_says_what_could_not_be_fetched(small_course):
    alone = in_a_namespace_of_its_own("-n")
    course_py = [base_python(), small_course / "course.py", "run", "true"]
    away = {"PIP_NO_CACHE_DIR": "1", "UV_CACHE_DIR": str(small_course / "cache")}
    away |= {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    answer = subprocess.run(
        [*alone, *course_py],
        env={**os.environ, **away},
        capture_output=True,
        text=True,
        timeout=WAIT * 5,
    )
    assert answer.returncode == 1
    assert re.search(r"course.py: could not fetch [\w-]+ \(no connection", answer.stderr)
    assert not (small_course / ".venv").exists()


@pytest.mark.slow
@posix
@pytest.mark.parametrize(
    ("how", "said"),
    [("size=4m", "the disk is full"), ("size=4m,ro", "cannot write to .*Read-only")],
)
def test_a_full_or_read_only_disk_is_one_line(small_course, tmp_path, how, said):
    alone = in_a_namespace_of_its_own("-m")
    script = """\
    mount -t tmpfs -o size=4m tmpfs "$2" && cp -r "$1/." "$2" && mount -o "remount,$3" "$2" &&
    exec "$4" "$2/course.py" run true
    """
    disk = tmp_path / "disk"
    disk.mkdir()
    arguments = [small_course, disk, how, base_python()]
    answer = subprocess.run(
        [*alone, "sh", "-c", textwrap.dedent(script), "sh", *arguments],
        capture_output=True,
        text=True,
        timeout=WAIT * 5,
    )
    assert answer.returncode == 1
    assert re.search(f"course.py: .*{said}", answer.stderr.splitlines()[-1])
    assert "Traceback" not in answer.stderr
