"""The package as a whole: what importing it costs, and its map."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import helpers

LOADED = """
import sys
before = set(sys.modules)
import {module}
new = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(*sorted(new - set(sys.stdlib_module_names) - {{"helpers"}}))
"""


@pytest.mark.parametrize(
    "module",
    [
        *("", ".workers", ".crawl", ".cores", ".website", ".checks"),
        *(".recorder", ".recorder.spans", ".recorder.family", ".recorder.states"),
    ],
)
def test_importing_loads_the_standard_library_only(module):
    code = LOADED.format(module=f"helpers{module}")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


SLOW_TO_LOAD = {"asyncio", "pathlib", "tempfile", "json", "subprocess", "inspect", "logging"}


def test_what_a_child_loads_is_quickly_loaded():
    code = "import sys\nimport multiprocessing.spawn\nbefore = set(sys.modules)\n"
    code += "import helpers.recorder.family\nprint(*(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "helpers.recorder.hooks" in run.stdout.split()
    assert not SLOW_TO_LOAD & set(run.stdout.split())


@pytest.mark.parametrize("module", ["helpers.recorder.recording", "helpers.timeline"])
def test_the_instruments_know_nothing_of_the_screen(module):
    code = LOADED.format(module=module)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"IPython", "ipykernel", "ipywidgets"} & set(run.stdout.split())
    assert ("matplotlib" in run.stdout.split()) == (module == "helpers.timeline")


@pytest.mark.parametrize("name", helpers.__all__)
def test_every_public_name_is_there(name):
    assert getattr(helpers, name).__name__ == name
    assert name in dir(helpers)


def test_the_two_lists_of_names_agree():
    assert sorted(helpers._ROOM_OF) == sorted(helpers.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'racing'"):
        _ = helpers.racing


def test_the_map_names_every_room():
    folder = Path(helpers.__file__).parent
    rooms = {path.stem for path in folder.glob("*.py")} | {
        f"{path.parent.name}/" for path in folder.glob("*/__init__.py")
    }
    named = re.findall(r"^    (\w+/?) {2,}\S", helpers.__doc__, re.M)
    assert sorted(named) == sorted(rooms - {"__init__"})
