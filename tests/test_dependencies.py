"""pyproject.toml is the one list; what is compiled from it and what includes it agree with it."""

import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
COURSE = PROJECT["dependencies"]
EXTRAS, SITE, TESTS = map(PROJECT["optional-dependencies"].get, ("extras", "site", "test"))
ADDED = {
    "requirements.txt": [],
    "requirements-extras.txt": EXTRAS,
    "site_source/requirements.txt": SITE,
    "tests/requirements.txt": EXTRAS + SITE + TESTS,
}
GIVEN = {"jupyterlab", "ipywidgets", "matplotlib", "nest-asyncio2", "aiohttp", "requests"}
GIVEN |= {"pillow", "nbval"}


def pins(file):
    """Return {name: [requirement, ...]} of a compiled file; a name may have a pin per marker."""
    found = {}
    for line in (ROOT / file).read_text("utf-8").splitlines():
        if line and not line.lstrip().startswith("#") and not line.startswith("-e"):
            pin = Requirement(line)
            found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


def version(pin):
    (only,) = pin.specifier
    assert only.operator == "=="
    return only.version


def pinned_here(file):
    """Return {name: version} of the pins whose markers hold on this Python and system."""
    return {
        name: version(pin)
        for name, several in pins(file).items()
        for pin in several
        if pin.marker is None or pin.marker.evaluate()
    }


@pytest.mark.parametrize("file", ADDED)
def test_every_dependency_is_pinned_to_a_version_it_allows(file):
    for requirement in map(Requirement, COURSE + ADDED[file]):
        found = pins(file)[canonicalize_name(requirement.name)]
        assert all(version(pin) in requirement.specifier for pin in found), requirement


@pytest.mark.parametrize("file", ADDED)
def test_pins_are_complete_and_none_is_left_over(file):
    """Follow what the installed packages need, from pyproject.toml's list, in the pins."""
    here = pinned_here(file)
    reached, todo = set(), [Requirement(text) for text in COURSE + ADDED[file]]
    while todo:
        name = canonicalize_name((requirement := todo.pop()).name)
        key = (name, frozenset(requirement.extras))
        if key in reached:
            continue
        reached.add(key)
        assert name in here, f"{name} is needed, and {file} does not pin it"
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            pytest.skip(f"{name} is not installed here, so its needs are not known")
        todo += [need for need in map(Requirement, needs) if holds(need, requirement.extras)]
    assert {name for name, _ in reached} == set(here)


def holds(requirement, extras):
    if requirement.marker is None:
        return True
    environment = default_environment()
    return any(requirement.marker.evaluate(environment | {"extra": e}) for e in {"", *extras})


def test_what_is_installed_is_what_is_pinned():
    installed = {name: metadata.version(name) for name in pinned_here("requirements.txt")}
    assert installed == pinned_here("requirements.txt")


@pytest.mark.parametrize(
    ("file", "other"),
    [
        ("requirements.txt", "requirements-extras.txt"),
        ("requirements.txt", "site_source/requirements.txt"),
        ("requirements-extras.txt", "tests/requirements.txt"),
        ("site_source/requirements.txt", "tests/requirements.txt"),
    ],
)
def test_the_longer_list_has_the_pins_of_the_shorter(file, other):
    shorter, longer = pins(file), pins(other)
    for name, several in shorter.items():
        assert {version(pin) for pin in several} == {version(pin) for pin in longer[name]}


def test_the_packages_that_were_asked_for_are_listed():
    assert {canonicalize_name(Requirement(text).name) for text in COURSE} >= GIVEN


def test_requirements_put_the_helpers_on_the_path():
    assert "-e ." in (ROOT / "requirements.txt").read_text("utf-8").splitlines()


def test_the_conda_environment_includes_the_requirements():
    lines = (ROOT / "environment.yml").read_text("utf-8").splitlines()
    assert "      - -r requirements.txt" in lines
    assert "      - -r requirements-extras.txt" in lines
    listed = [line.strip("- ").split("=")[0] for line in lines if line.startswith("  - ")]
    assert listed == ["conda-forge", "python", "pip", "pip:"]


@pytest.mark.parametrize("file", [*ADDED, "environment.yml"])
def test_no_address_of_an_index_is_kept(file):
    text = (ROOT / file).read_text("utf-8")
    assert "://" not in text
    assert "index" not in text
