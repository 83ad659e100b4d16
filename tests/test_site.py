"""The site to read: its links, pictures and headings are whole, and it asks no other site."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

pytest.importorskip("myst_nb", reason="the site's packages are not installed")
pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from bs4 import BeautifulSoup

from site_source.pages import ABOUT, PRINTED, TO_TEACH, TO_WORK
from tests import browser
from tests.browser import ROOT

pytestmark = pytest.mark.slow

WAIT = 240  # seconds; a bound for what is waited for, never a measure
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}


def build(folder, *words):
    """Build the site of a checkout in a process of its own."""
    settings = {**os.environ, "PYTHONPATH": str(folder)}
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "-m", "site_source", *words]
    return subprocess.Popen(command, cwd=folder, env=settings, **how)


def built(folder, *words):
    """Build a site; return the exit status and what was said on both streams."""
    process = build(folder, *words)
    out, said = process.communicate(timeout=WAIT)
    return process.returncode, out, said


@cache
def soup(path):
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def pages(site):
    return sorted(site.rglob("*.html"))


# --- the whole course ---


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    checkout = browser.copy_checkout(tmp_path_factory.mktemp("site") / "course")
    before = names_in(checkout)
    code, out, said = built(checkout)
    assert (code, said) == (0, "")
    assert out.count("\n") == 1
    assert str(checkout / "site" / "index.html") in out
    assert names_in(checkout) - before - {"__pycache__"} == {"site", ".venv.lock"}
    return checkout / "site"


def names_in(folder):
    return {path.name for path in folder.iterdir()}


def test_each_document_has_a_page(site):
    names = {page.relative_to(site).as_posix() for page in pages(site)}
    assert {f"notebooks/{name}.html" for name in NOTEBOOKS} < names
    assert {f"docs/{path.stem}.html" for path in (ROOT / "docs").glob("*.md")} < names
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.html")} < names
    assert {"index.html", "data/glossary.html", "docs/error_index_to_print.html"} < names


def test_every_link_and_anchor_leads_somewhere(site):
    broken = {
        f"{page.relative_to(site)}: {link['href']}"
        for page in pages(site)
        for link in soup(page).find_all("a", href=True)
        if not leads_somewhere(page, link["href"])
    }
    assert not broken


def leads_somewhere(page, href):
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return parts.scheme == "https"
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_file():
        return False
    anchor = unquote(parts.fragment)
    return not anchor or anchor in ids(target)


@cache
def ids(page):
    return {tag["id"] for tag in soup(page).find_all(id=True)}


def test_every_picture_keeps_its_alternative_text(site):
    for page in pages(site):
        assert all(image.get("alt", "").strip() for image in soup(page).find_all("img")), page
    for name in NOTEBOOKS:
        shown = soup(site / f"notebooks/{name}.html").find_all("img")
        assert [image["alt"] for image in shown] == alternatives(name)


def alternatives(name):
    book = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    return [output.metadata["image/png"]["alt"] for output in pictures]


def test_nothing_is_loaded_from_elsewhere(site):
    wanted = {
        (page.relative_to(site).as_posix(), tag[LOADED[tag.name]])
        for page in pages(site)
        for tag in soup(page).find_all(list(LOADED))
        if tag.get(LOADED[tag.name]) and tag.get("rel") not in (["next"], ["prev"], ["search"])
    }
    assert wanted
    assert not {(page, url) for page, url in wanted if is_elsewhere(url)}
    for sheet in [*site.rglob("*.css"), *pages(site)]:
        urls = re.findall(r"""url\(["']?([^"')]+)|@import\s+["']([^"']+)""", sheet.read_text())
        assert not [url for url in urls if is_elsewhere("".join(url))], sheet


def is_elsewhere(url):
    return bool(urlsplit(url).netloc)


def test_headings_are_in_order(site):
    for page in set(pages(site)) - {site / "search.html"}:  # its heading comes with the results
        levels = [int(tag.name[1]) for tag in soup(page).find_all(re.compile(r"^h[1-6]$"))]
        assert levels.count(1) == 1, page
        assert levels[0] == 1, page
        assert not [step for step in pairwise(levels) if step[1] > step[0] + 1], page


@pytest.mark.parametrize(
    ("name", "moving"),
    [
        ("00_start_here", "0.30 s"),
        ("03_multiprocessing", "IntProgress"),
        ("05_choosing", "<WhatIf"),
        ("06_best_practices", "You are the scheduler:"),
    ],
)
def test_what_moves_only_with_a_kernel_says_so(site, name, moving):
    cells = soup(site / f"notebooks/{name}.html").select(".cell_output")
    [cell, *_] = [cell for cell in cells if moving in cell.text]
    assert "needs a running kernel" in cell.text


def test_what_does_not_move_has_no_such_line(site):
    cells = soup(site / "notebooks/00_start_here.html").select(".cell_output")
    needing = [cell for cell in cells if cell.select(".needs-kernel")]
    assert len(needing) == 2 < len(cells)
    assert all(cell.find("button") for cell in needing)


def test_the_index_of_the_search_has_the_words_of_the_course(site):
    text = (site / "searchindex.js").read_text("utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    found = index["terms"]["semaphor"]  # the stem
    assert "notebooks/06_best_practices" in {index["docnames"][number] for number in found}
    assert "semaphore" in index["alltitles"]  # the glossary's


# --- in a browser ---


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def served(site):
    """The address of a server of the site."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def chromium():
    if not browser.find_browser():
        pytest.skip("no Chromium or Chrome is installed")
    with browser.browser(dict(os.environ)) as chromium:
        yield chromium


@pytest.fixture
def page(chromium):
    """A page of a phone's width that keeps in `heard` whatever goes wrong."""
    page = chromium.new_page(viewport={"width": 420, "height": 900})
    page.heard = []
    page.on("pageerror", lambda error: page.heard.append(f"an error: {error}"))
    page.on("requestfailed", lambda request: page.heard.extend(lost(request)))
    page.on("console", lambda line: page.heard.extend(complaint(line)))
    page.on("response", lambda one: page.heard.append(one.url) if one.status >= 400 else None)
    yield page
    page.close()


def complaint(line):
    """Return an error of the console; what did not load is told by its address, by others.

    Of the icon that the browser asks for by itself, for a page that names none, only this line is
    told, and not always.
    """
    return [line.text] if line.type == "error" and "Failed to load" not in line.text else []


def lost(request):
    """A request that failed; one that the next page cut short did not."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url}"]


def test_the_pages_open_without_an_error_and_no_wider_than_a_phone(site, served, page):
    for path in pages(site):
        name = path.relative_to(site).as_posix()
        page.goto(f"{served}/{name}", wait_until="load")
        if "print" not in name and "cheat" not in name:  # those have the width of a sheet
            assert page.evaluate("document.documentElement.scrollWidth") == 420, name
    assert not page.heard


@pytest.mark.parametrize("as_files", [False, True])
def test_the_search_finds_a_word(site, served, page, as_files):
    page.goto(f"{site.as_uri() if as_files else served}/search.html?q=semaphore")
    page.wait_for_selector("#search-results li a[href*='glossary.html#semaphore']")
    page.wait_for_load_state("networkidle")
    assert not page.heard


# --- a small course, in which something is wrong ---


@pytest.fixture
def small(tmp_path):
    """A checkout with one notebook, one term and the real means of building the site."""
    for name in ("course.py", "helpers/__init__.py", "helpers/look.py", "data/make_website.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "site_source", tmp_path / "site_source")
    for document in [*TO_WORK, *TO_TEACH, *ABOUT, *PRINTED]:
        write(tmp_path / document, f"# {Path(document).name}\n")
    write(tmp_path / "data/glossary.md", "# lock\nlane: threads\ntaught: 00\n\nIt locks.\n")
    write(tmp_path / "README.md", "# A course\n\n[A word](data/glossary.md#lock)\n")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Start here")])
    book.metadata["language_info"] = {"name": "python"}
    for folder in ("", ".ipynb_checkpoints/"):  # the second is JupyterLab's
        write(tmp_path / f"notebooks/{folder}00_start_here.ipynb", nbformat.writes(book))
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_the_site_is_exchanged_whole_or_not_at_all(small, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    write(small / "site/old.html", "gone with the next")
    assert built(small)[0] == 0
    assert not (small / "site/old.html").exists()
    before = {path: path.stat().st_mtime_ns for path in (small / "site").rglob("*")}
    assert small / "site/index.html" in before

    wrong = ["[x](missing.md)", "[x](data/glossary.md#nowhere)", "![a picture](missing.png)"]
    write(small / "README.md", "# A course\n\n" + "\n\n".join(wrong) + "\n")
    code, out, said = built(small)
    assert (code, out) == (1, "")
    lines = sorted(said.splitlines())
    assert re.fullmatch(r"README\.md:3: .*missing\.md.*", lines[0])
    assert re.fullmatch(r"README\.md:5: .*nowhere.*", lines[1])
    assert re.fullmatch(r"README\.md:7: .*missing\.png.*", lines[2])
    assert lines[3].startswith("course.py: the site was not built; ")
    assert len(lines) == 4
    assert before == {path: path.stat().st_mtime_ns for path in (small / "site").rglob("*")}
    assert not (small / ".site.draft").exists()


def test_options_are_told_or_refused_and_nothing_is_built(small):
    code, out, said = built(small, "--help")
    assert (code, out.count("\n"), said) == (0, 1, "")
    assert out.startswith("usage: python3 course.py site")
    code, out, said = built(small, "--out", "here")
    assert (code, out) == (2, "")
    assert said == "course.py: 'site' takes no options, and was given '--out here'.\n"
    assert not (small / "site").exists()


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("{", "is not as JupyterLab keeps it"),
        ('{"cells": [], "metadata": {"language_info": {"name": "python"}}}', "is empty"),
        ('{"cells": [{"source": "# A"}], "metadata": {}}', "is not as JupyterLab keeps it"),
        ('{"cells": [{"source": []}], "metadata": {"language_info": {"name": "python"}}}', "title"),
    ],
)
def test_a_notebook_that_is_not_whole_is_one_line_with_its_name(small, text, lacking):
    write(small / "notebooks/01_next.ipynb", text)
    code, out, said = built(small)
    assert (code, out, said.count("\n")) == (1, "", 1), said
    assert said.startswith("course.py: notebooks/01_next.ipynb ")
    assert lacking in said


def test_an_exchange_that_fails_leaves_the_site_before(small):
    write(small / "site/index.html", "the one before")
    with (small / "site_source/conf.py").open("a", encoding="utf-8") as conf:
        conf.write("import __main__, shutil\n__main__.write_printed = shutil.rmtree\n")
    code, out, said = built(small)
    assert (code, out, said.count("\n")) == (1, "", 1), said
    assert ".site.draft/new is missing" in said
    assert (small / "site/index.html").read_text() == "the one before"
    assert not (small / ".site.draft").exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no such signal")
def test_a_build_that_is_stopped_leaves_the_site_before(small, tmp_path):
    begun = tmp_path / "begun"
    write(small / "site/index.html", "the one before")
    pause = f"import time\n\nopen({str(begun)!r}, 'w').close()\ntime.sleep(60)\n"
    write(small / "site_source/conf.py", pause)
    process = build(small)
    wait_until(lambda: begun.exists() or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=WAIT)
    assert process.returncode == 130
    assert said == "course.py: stopped. Nothing is broken: give the same command to go on.\n"
    assert (small / "site/index.html").read_text() == "the one before"
    assert not (small / ".site.draft").exists()


def test_what_is_no_site_is_not_taken_away(small):
    write(small / "site", "mine")
    said = f"course.py: {small / 'site'} is in the way: move it away and give the same command"
    assert built(small) == (1, "", f"{said} again.\n")
    assert (small / "site").read_text() == "mine"
    (small / "site").rename(small / "mine")
    (small / "site").symlink_to("mine")
    assert built(small) == (1, "", f"{said} again.\n")
    assert (small / "site").is_symlink()


def test_after_a_kill_between_the_two_moves_the_site_before_is_there_again(small):
    write(small / ".site.draft/old/index.html", "the one before")
    (small / "README.md").unlink()
    assert built(small)[0] == 1
    assert (small / "site/index.html").read_text() == "the one before"
    assert not (small / ".site.draft").exists()


def wait_until(happened):
    deadline = time.monotonic() + WAIT
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
