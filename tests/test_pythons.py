"""helpers.pythons: what each Python says of itself; what is none is told in one line."""

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from helpers import pythons as room
from helpers.pythons import Python, free_threaded, python_at, pythons, this_python

posix = pytest.mark.skipif(os.name != "posix", reason="the stand-ins are shell scripts")


def script(folder, text, name="python3.99", mode=0o755):
    """Make a program that is no Python, or says that it is another."""
    path = Path(folder, name)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return path


def saying(folder, version="[3, 15, 1]", free="true", gil="false", **how):
    """Make a program that says of itself what it is told to."""
    says = '{"implementation": "cpython", "prefix": "/p", '
    says += f'"version": {version}, "free_threaded": {free}, "has_gil": {gil}}}'
    return script(folder, f"echo '{says}'", **how)


def children():
    return psutil.Process().children(recursive=True)


def test_this_python_says_what_it_is():
    here = this_python()
    assert here.version == sys.version_info[:3]
    assert here.implementation == sys.implementation.name
    assert here.has_gil or here.free_threaded


def test_a_repr_tells_version_and_kind_and_no_path():
    assert repr(Python((3, 14, 0), True, False, path="/secret")) == "Python 3.14.0, free-threaded"
    assert repr(Python((3, 14, 0), True, True)) == "Python 3.14.0, free-threaded, its GIL on"
    assert repr(Python((3, 11, 7), False, True)) == "Python 3.11.7"
    assert os.sep not in repr(this_python())


def test_this_one_comes_first_and_each_is_told_once():
    found = pythons()
    assert found[0] == this_python()
    told = [(one.version, one.free_threaded, one.prefix) for one in found]
    assert len({*told}) == len(told)
    assert [one.version for one in found[1:]] == sorted(
        (one.version for one in found[1:]), reverse=True
    )


@posix
def test_one_on_the_path_is_found_once_and_what_is_none_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    saying(tmp_path, name="python3.15t")
    (tmp_path / "python3").symlink_to("python3.15t")
    saying(tmp_path, name="python3.15")
    script(tmp_path, "echo rubbish", name="python3.98")
    saying(tmp_path, name="python3.15-config")
    saying(tmp_path, "[3, 7, 1]", name="python3.7")
    assert [repr(one) for one in pythons()[1:]] == ["Python 3.15.1, free-threaded"]


@posix
def test_one_that_an_installer_put_away_is_found(tmp_path, monkeypatch):
    folder = tmp_path / "uv" / "python" / "cpython-3.15.1" / "bin"
    folder.mkdir(parents=True)
    saying(folder, name="python3.15t")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(room, "FOLDERS", [one for one in room.FOLDERS if "XDG" in one])
    assert "Python 3.15.1, free-threaded" in map(repr, pythons())


@posix
def test_the_free_threaded_one_is_the_newest_without_a_gil(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "FOLDERS", ())
    monkeypatch.setattr(room, "this_python", lambda: Python((3, 11, 7), False, True))
    monkeypatch.setenv("PATH", str(tmp_path))
    saying(tmp_path, "[3, 97, 1]", name="python3.97t")
    saying(tmp_path, "[3, 98, 1]", name="python3.98t")
    saying(tmp_path, "[3, 99, 1]", gil="true", name="python3.99t")
    assert free_threaded().version == (3, 98, 1)


def test_there_may_be_none_without_a_gil(monkeypatch):
    monkeypatch.setattr(room, "pythons", lambda: [Python((3, 14, 0), False, True)])
    assert free_threaded() is None


@posix
def test_one_that_is_named_must_have_no_gil(tmp_path):
    assert repr(free_threaded(saying(tmp_path))) == "Python 3.15.1, free-threaded"
    with pytest.raises(ValueError, match=r"^free_threaded\(path\): must be one without a GIL, and"):
        free_threaded(saying(tmp_path, free="false", gil="true"))


@posix
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("echo rubbish", "did not say which Python it is"),
        ("echo '[1, 2]'", "did not say which Python it is"),
        ("echo '{}'", "did not say which Python it is"),
        ("echo '{\"version\": 3}'", "did not say which Python it is"),
        ("head -c 3000000 /dev/zero", "did not say which Python it is"),
        ("exit 1", "did not say which Python it is"),
        ("kill -9 $$", "did not say which Python it is"),
    ],
)
def test_what_is_no_python_is_told_in_one_line(tmp_path, text, why):
    with pytest.raises(ValueError, match=why) as told:
        python_at(script(tmp_path, text))
    assert "\n" not in str(told.value)
    assert str(told.value).startswith("python_at(path): must be a Python's program; ")


@posix
def test_one_that_hangs_is_ended_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "ASK_LIMIT", 0.3)
    before = {*children()}
    with pytest.raises(ValueError, match=r"did not answer within 0\.3 seconds"):
        python_at(script(tmp_path, "sleep 600 & sleep 600"))
    until = time.monotonic() + 10
    while {*children()} - before and time.monotonic() < until:
        time.sleep(0.05)
    assert not {*children()} - before


@posix
def test_what_cannot_be_run_is_told(tmp_path):
    with pytest.raises(ValueError, match="is not there"):
        python_at(tmp_path / "nothing")
    with pytest.raises(ValueError, match="cannot be run"):
        python_at(tmp_path)
    with pytest.raises(ValueError, match="cannot be run"):
        python_at(script(tmp_path, "exit", mode=0o644))
    broken = script(tmp_path, "")
    broken.write_bytes(b"\x7fELF and then rubbish")
    with pytest.raises(ValueError, match="cannot be run"):
        python_at(broken)
    with pytest.raises(ValueError, match=r"is not there|cannot be run"):
        python_at("a\0b")
    with pytest.raises(ValueError, match=r"is not there|cannot be run"):
        python_at("a" * 5_000)


@posix
def test_one_too_old_is_told(tmp_path):
    with pytest.raises(ValueError, match=r"must be Python 3\.8 or newer, and this is Python 3\.6"):
        python_at(saying(tmp_path, "[3, 6, 15]"))


@pytest.mark.parametrize("path", [3, None, b"python3", ["python3"]])
def test_what_is_no_path_is_told(path):
    with pytest.raises(TypeError, match=r"^python_at\(path\): must be a Python's program, not"):
        python_at(path)


def test_a_relative_path_and_a_name_on_the_path_are_found(monkeypatch):
    program = Path(sys.executable)
    monkeypatch.chdir(program.parent)
    assert python_at(f".{os.sep}{program.name}") == this_python()
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.chdir(program.parent.parent)
    assert python_at(program.name).version == this_python().version


def run(tmp_path, text, **how):
    path = tmp_path / "job.py"
    path.write_text(text)
    return this_python().run(path, "1", "two", **{"limit": 20, **how})


def test_a_script_is_given_its_words_and_its_json_comes_back(tmp_path):
    assert run(tmp_path, "import json, sys\nprint(json.dumps(sys.argv[1:]))") == ["1", "two"]


def test_it_runs_without_variables_and_packages(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    text = "import json, sys\nprint(json.dumps([sys.flags.isolated, sys.flags.no_site, sys.path]))"
    isolated, no_site, path = run(tmp_path, text)
    assert isolated and no_site
    assert str(tmp_path) not in path


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 / 0", "ended with status 1: ZeroDivisionError"),
        ("print('rubbish')", "ended with status 0"),
        ("import sys; sys.exit('no core')", "ended with status 1: no core"),
        ("import time; time.sleep(600)", "had not ended after 0.5 seconds, and was stopped"),
    ],
)
def test_a_script_that_fails_is_told_in_one_line(tmp_path, text, why):
    with pytest.raises(RuntimeError, match=why) as told:
        run(tmp_path, text, limit=0.5 if "sleep" in text else 20)
    assert "\n" not in str(told.value)
    assert str(told.value).startswith(f"job in {this_python()!r} ")


def test_one_that_is_gone_by_now_is_told(tmp_path):
    gone = Python((3, 14, 0), True, False, path=str(tmp_path / "gone"))
    with pytest.raises(RuntimeError, match=r"^Python 3\.14\.0, free-threaded cannot be started: "):
        gone.run(tmp_path / "job.py", limit=5)
