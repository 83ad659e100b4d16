"""Compiles pyproject.toml's dependencies into pinned lists: `python3 tests/pin.py`; it needs uv.

All lists hold for every supported Python and system. The others keep to the course's pins.
"""

import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Compiled from pyproject.toml for all supported Pythons and systems by tests/pin.py.\n"
OLDEST = "3.11"


def main() -> None:
    course = compiled("-", given="-e .")  # -e: the helpers are found from anywhere
    (ROOT / "requirements.txt").write_text(HEADER + course, "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder, "requirements.txt")
        constraints.write_text(course.replace("-e .\n", ""), "utf-8")
        extras = layer(constraints, "extras")
        (ROOT / "requirements-extras.txt").write_text(HEADER + extras, "utf-8")
        constraints.write_text(extras, "utf-8")  # they hold the course's pins
        both = layer(constraints, "extras", "site")
        site = layer(constraints, "site")
        (ROOT / "site_source/requirements.txt").write_text(HEADER + site, "utf-8")
        constraints.write_text(both, "utf-8")
        tests = layer(constraints, "extras", "site", "test")
        (ROOT / "tests/requirements.txt").write_text(HEADER + tests, "utf-8")


def layer(constraints: Path, *extras: str) -> str:
    """Return the course's pins with those of some of its extras."""
    named = [word for extra in extras for word in ("--extra", extra)]
    made = compiled(*named, "pyproject.toml", "--constraints", str(constraints))
    return made.replace(str(constraints), "requirements.txt")


def compiled(*arguments: str, given: str = "") -> str:
    """Return what uv makes of a list: every package that it needs, pinned."""
    command = ["uv", "pip", "compile", "--quiet", "--no-header", "--universal"]
    command += ["--python-version", OLDEST, *arguments]
    return subprocess.run(
        command, cwd=ROOT, input=given, text=True, check=True, stdout=subprocess.PIPE
    ).stdout


if __name__ == "__main__":
    main()
