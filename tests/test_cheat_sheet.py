"""docs/cheat_sheet.html: two printed pages, whose code does what they say, in the course's look."""

import asyncio
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from html.parser import HTMLParser
from itertools import pairwise
from multiprocessing import Process
from pathlib import Path
from textwrap import indent
from threading import Thread
from types import SimpleNamespace

import aiohttp
import pytest
import requests

from helpers import look, workers
from helpers.website import website

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cheat_sheet.html"
HTML = PAGE.read_text("utf-8")
VOID = {"meta", "rect", "circle", "path"}
PALETTE = {"#ffffff", look.INK, look.SECONDARY, look.GRID, look.AXIS}
PALETTE |= {style.fill for style in look.STYLES}


class Element(SimpleNamespace):
    """An element of the page: its tag, its attributes, its text without tags, its ancestors."""


class Reader(HTMLParser):
    """Collects the elements of a page in their order, and checks that the tags are closed."""

    def __init__(self, html):
        super().__init__()
        self.open, self.elements = [], []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        element = Element(tag=tag, attrs=dict(attrs), text="", inside=tuple(self.open))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop().tag == tag

    def handle_data(self, data):
        for element in self.open:
            element.text += data


ELEMENTS = Reader(HTML).elements


def marked(attribute):
    """Return (value, element) of each element with that data attribute."""
    found = [(one.attrs.get(f"data-{attribute}"), one) for one in ELEMENTS]
    return [(value, one) for value, one in found if value is not None]


CODE = {name: element.text for name, element in marked("run")}
STEPS = {}
for row, cell in marked("step"):
    STEPS.setdefault(row, []).append(cell.text)


# --- the blocks of code -------------------------------------------------------------------------


def execute(*names, **given):
    """Run blocks of the page, one after another, and return all the names there are then."""
    names = ("imports", *names)
    for name in names:
        exec(compile(CODE[name], name, "exec"), given)
    return SimpleNamespace(**{name: one for name, one in given.items() if name.isidentifier()})


def in_time(job):
    """Return what the job returns, or fail: what hangs for ever would stop all the tests."""
    done = []
    thread = Thread(target=lambda: done.append(job()), daemon=True)
    thread.start()
    thread.join(30)
    assert done, "it failed, or has not ended"
    return done[0]


@pytest.fixture(scope="module")
def one_site():
    with website() as site:
        yield site


@pytest.fixture
def site(one_site):
    """The practice website, kind and with its counts at zero."""
    one_site.set(latency=0, error_rate=0, drop_rate=0, rate_limit=None)
    one_site.reset()
    return one_site


def test_fetch_looks_at_the_status(site):
    fetch = execute("fetch").fetch
    assert fetch(site.urls[0]) == requests.get(site.urls[0], timeout=30).text
    site.set(error_rate=1)
    with pytest.raises(requests.HTTPError):
        fetch(site.urls[0])


def test_fetch_has_a_time_out(monkeypatch):
    asked = []
    given = SimpleNamespace(text="a page", raise_for_status=lambda: None)
    monkeypatch.setattr("requests.get", lambda url, **how: asked.append(how) or given)
    assert execute("fetch").fetch("https://example.org") == "a page"
    assert asked == [{"timeout": 10}]


def faulty(bad, error=requests.ConnectionError):
    """Return a `fetch` that fails for some."""

    def fetch(url):
        if url in bad:
            raise error(url)
        return f"text of {url}"

    return fetch


def test_each_error_stays_with_its_item_and_the_progress_is_told(capsys):
    fetch = faulty({2, 5})
    run = in_time(lambda: execute("errors", fetch=fetch, urls=range(9)))
    assert run.texts == {url: f"text of {url}" for url in (0, 1, 3, 4, 6, 7, 8)}
    assert {url: error.args for url, error in run.errors.items()} == {2: (2,), 5: (5,)}
    told = capsys.readouterr().out.split("\r")
    assert told == [*(f"{done} of 9" for done in range(1, 10)), ""]


def test_an_error_that_nobody_foresaw_comes_out():
    fetch = faulty({3}, error=ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        execute("errors", fetch=fetch, urls=range(9))


def test_map_keeps_the_order_and_raises_the_first_error():
    line = next(one.text for one in ELEMENTS if one.text == "list(pool.map(fetch, urls))")
    second = threading.Event()

    def fetch(url):
        return second.set() or "2" if url == 2 else str(second.wait(10) and url)

    with ThreadPoolExecutor() as pool:
        assert eval(line, {"pool": pool, "fetch": fetch, "urls": [1, 2, 3]}) == ["1", "2", "3"]
        fetch = faulty({2, 3})
        with pytest.raises(requests.ConnectionError, match="2"):
            eval(line, {"pool": pool, "fetch": fetch, "urls": [1, 2, 3]})


class Slow(int):
    """A number that takes so long to add that another thread reads it meanwhile."""

    def __add__(self, other):
        threading.Event().wait(0.01)
        return Slow(int(self) + other)


def test_the_lock_loses_nothing_and_lets_the_work_go_on():
    together = threading.Barrier(8)  # breaks unless eight are in `f` at the same time

    def f(x):
        together.wait(10)
        return x

    given = {"f": f, "total": Slow(0)}
    exec(CODE["imports"] + "\n" + CODE["lock"], given)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(given["add"], [1] * 8))
    assert given["total"] == 8


def test_measure_tells_what_passed_and_what_was_computed():
    clock = {"perf_counter": 100.0, "thread_time": 7.0}

    def f(x):
        clock["perf_counter"] += 5 * x
        clock["thread_time"] += x

    time = SimpleNamespace(**{name: lambda name=name: clock[name] for name in clock})
    given = {"f": f, "x": 2, "time": time}
    exec(CODE["measure"], given)
    assert (given["passed"], given["computed"]) == (10, 2)


METHODS = multiprocessing.get_all_start_methods()
SCRIPT = """
import multiprocessing
{imports}
items = range(4)
if __name__ == "__main__":
    multiprocessing.set_start_method({method!r})
{block}
    print(values)
"""


def ended(folder, method, block):
    """Run a block in a script, with `f` in a file beside it, and return how that ended."""
    (folder / "jobs.py").write_text("def f(x):\n    return x + 1\n", "utf-8")
    script = folder / "script.py"
    script.write_text(SCRIPT.format(imports=CODE["imports"], method=method, block=block), "utf-8")
    command = [sys.executable, str(script)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("method", METHODS)
def test_a_function_in_a_file_is_found_however_processes_are_started(tmp_path, method):
    done = ended(tmp_path, method, CODE["guard"])
    assert (done.stdout, done.stderr) == ("[1, 2, 3, 4]\n", "")


def test_without_the_guard_the_pool_breaks(tmp_path):
    block = CODE["guard"].replace('if __name__ == "__main__":', "if True:")
    assert "BrokenProcessPool" in ended(tmp_path, "spawn", block).stderr


def test_the_queue_is_emptied_before_the_process_is_waited_for():
    items = [10] * 20_000  # more than goes into a pipe
    given = {"work": workers.put_sums, "items": items}
    run = in_time(lambda: execute("queue", **given))
    assert run.values == [45] * 20_000
    assert run.p.exitcode == 0


def fetched(site, *, run):
    """Run the block of tasks, as a script does or as a cell."""
    script, cell = CODE["run"].splitlines()
    given = {"urls": site.urls[:40]}
    exec(CODE["imports"] + "\n" + CODE["tasks"], given)
    if run == "script":
        exec(script, given)
        return given["texts"]
    exec(f"async def in_a_cell():\n    {cell}\n    return texts", given)
    return asyncio.run(given["in_a_cell"]())


@pytest.mark.parametrize("run", ["script", "cell"])
def test_tasks_fetch_eight_at_a_time_in_a_script_and_in_a_cell(site, run):
    expected = [requests.get(url, timeout=30).text for url in site.urls[:40]]
    site.set(latency=0.2)
    site.reset()
    assert fetched(site, run=run) == expected
    assert 1 < site.seen.peak_requests <= 8


def test_tasks_bring_each_error_in_its_place(site):
    site.set(error_rate=1)
    assert all(isinstance(one, aiohttp.ClientResponseError) for one in fetched(site, run="script"))


def awaited(name, **given):
    """Run a block inside a loop; return the value."""
    exec(f"async def main():\n{indent(CODE[name], '    ')}\n    return value", given)
    return asyncio.run(given["main"]())


def test_a_task_is_given_up_and_stopped():
    stopped = []

    async def f(x):
        try:
            await asyncio.sleep(x)
            return "done"
        finally:
            stopped.append(x)

    short = SimpleNamespace(timeout=lambda seconds: asyncio.timeout(seconds / 100))
    assert awaited("timeout", f=f, x=0, asyncio=short) == "done"
    assert awaited("timeout", f=f, x=3600, asyncio=short) is None
    assert stopped == [0, 3600]


def test_what_cannot_be_awaited_runs_in_a_thread():
    value = awaited("to thread", g=lambda x: (x, threading.get_ident()), x=1, asyncio=asyncio)
    assert value[0] == 1
    assert value[1] != threading.get_ident()


def mixed(urls, **given):
    """Run tasks, a pool and a writer as the page's blocks have them; return what was saved."""
    make, *each = CODE["three"].splitlines()
    lines = [
        CODE["imports"],
        "async def main():",
        indent(make, "    "),
        "    async def job(url):",
        indent("\n".join(each), "        "),
        indent(CODE["writer"], "    "),
        "    async with asyncio.TaskGroup() as group:",
        "        group.create_task(write())",
        "        async with asyncio.TaskGroup() as jobs:",
        "            for url in urls:",
        "                jobs.create_task(job(url))",
        "        await rows.put(None)",
    ]
    saved = []
    given |= {"urls": urls, "save": saved.append}
    exec("\n".join(lines), given)
    in_time(lambda: asyncio.run(given["main"]()) or True)
    return saved


async def a_page(web, places, url):
    async with places:
        await asyncio.sleep(0)
        return f"page {url}"


def test_three_in_one_saves_every_row_once_by_one_writer():
    with ThreadPoolExecutor(2) as pool:
        given = {"web": None, "places": asyncio.Semaphore(8), "fetch_async": a_page, "f": str.upper}
        saved = mixed(range(250), pool=pool, **given)
    assert sorted(saved) == sorted(f"PAGE {url}" for url in range(250))


class Watched(asyncio.Queue):
    """A queue that notes how full it ever was."""

    most = 0

    async def put(self, item):
        await super().put(item)
        Watched.most = max(Watched.most, self.qsize())


def test_three_in_one_keeps_no_more_rows_waiting_than_it_says(monkeypatch):
    Watched.most = 0
    monkeypatch.setattr("asyncio.Queue", Watched)
    with ThreadPoolExecutor(2) as pool:
        given = {"web": None, "places": asyncio.Semaphore(8), "fetch_async": a_page, "f": str.upper}
        assert len(mixed(range(250), pool=pool, **given)) == 250
    assert 0 < Watched.most <= 100


def test_three_in_one_computes_in_a_process():
    spawn = multiprocessing.get_context("spawn")

    async def fetch_async(web, places, url):
        return "__import__('os').getpid()"

    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        given = {"web": None, "places": None, "fetch_async": fetch_async, "f": eval}
        (process,) = set(mixed(range(4), pool=pool, **given))
    assert process != os.getpid()


def test_ctrl_c_cancels_main_and_the_exit_code_is_130():
    put_away = []

    async def main():
        try:
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(3600)
        finally:
            put_away.append("the database")

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(SystemExit) as end:
            execute("end", main=main)
    finally:
        signal.signal(signal.SIGINT, before)
    assert end.value.code == 130
    assert put_away == ["the database"]


# --- the table ----------------------------------------------------------------------------------


def run_steps(way, **given):
    """Run the cells of one row from left to right, as a coroutine if need be."""
    lines = "\n".join(STEPS[way])
    if way == "group":  # its first cell stands in this block
        block = next(one.text for one in ELEMENTS if re.fullmatch("async with .*:", one.text))
        first, last = STEPS[way]
        lines = f"{block}\n    {first}\n{last}"
    if not re.search("await|async with", lines):
        exec(lines, given)
        return given
    exec(f"async def main():\n{indent(lines, '    ')}\n    return locals()", given)
    return asyncio.run(given["main"]())


async def later(x):
    await asyncio.sleep(0)
    return 1 / x


def test_a_pool_and_tasks_give_the_value():
    with ThreadPoolExecutor() as pool:
        assert run_steps("pool", f=lambda x: x + 1, x=1, pool=pool)["value"] == 2
    assert run_steps("task", f=later, x=4, asyncio=asyncio)["value"] == 0.25
    assert run_steps("group", f=later, x=4, asyncio=asyncio)["value"] == 0.25
    assert run_steps("gather", f=later, x=4, y=2, asyncio=asyncio)["values"] == [0.25, 0.5]


def test_a_thread_and_a_process_run_the_function_elsewhere_and_are_waited_for():
    found = {}

    def f(x):
        threading.Event().wait(0.2)  # whoever does not wait for it finds nothing
        found[x] = threading.get_ident()

    run = run_steps("thread", f=f, x=1, Thread=Thread)
    assert found[1] == run["t"].ident != threading.get_ident()
    process = run_steps("process", f=workers.wait, x=0, Process=Process)["p"]
    assert process.exitcode == 0
    assert process.pid != os.getpid()


def test_a_pool_and_tasks_raise_the_error():
    with ThreadPoolExecutor() as pool, pytest.raises(ZeroDivisionError):
        run_steps("pool", f=lambda x: x / 0, x=1, pool=pool)
    with pytest.raises(ZeroDivisionError):
        run_steps("task", f=later, x=0, asyncio=asyncio)
    with pytest.raises(ZeroDivisionError):
        run_steps("gather", f=later, x=1, y=0, asyncio=asyncio)
    with pytest.raises(ExceptionGroup):
        run_steps("group", f=later, x=0, asyncio=asyncio)


def test_every_row_has_all_the_columns_and_names_its_module():
    steps = next(one for one in ELEMENTS if one.tag == "table")
    rows = [one for one in ELEMENTS if one.tag == "tr" and steps in one.inside]
    for row in rows:
        cells = [one for one in ELEMENTS if one.tag in ("td", "th") and row in one.inside]
        assert sum(int(cell.attrs.get("colspan", 1)) for cell in cells) == 5
    assert [row.text.split()[0] for row in rows[1:]] == list(STEPS)
    modules = ["threading", "multiprocessing", "concurrent.futures", *["asyncio"] * 3]
    assert [row.text.split("\n")[1].split()[-1] for row in rows[1:]] == modules


# --- the page -----------------------------------------------------------------------------------


def test_colours_are_those_of_the_palette():
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", HTML.replace("url(#", ""))) <= PALETTE
    properties = r'\b(?:fill|stroke|color|background)(?:: *|=")([^;"}]+)'
    others = {value for value in re.findall(properties, HTML) if not value.startswith("#")}
    assert all(re.fullmatch(r"none|var\(--\w+\)|url\(#\w+\)", value) for value in others), others


def test_the_key_is_that_of_the_pictures():
    states = dict(marked("state"))
    assert set(states) >= {"running", "sleep", "gil", "lock", "network"}
    for name, bar in states.items():
        style = look.STYLE_OF[name]
        assert " ".join(bar.inside[-1].text.split()) == style.label
        drawn = next(one.attrs for one in ELEMENTS if one.tag == "rect" and bar in one.inside)
        assert float(drawn["height"]) == pytest.approx(2 * 25 * style.half_height)
        assert float(drawn["y"]) + float(drawn["height"]) / 2 == 10  # in the middle of its lane
        assert colour(drawn) == style.fill
        assert drawn["fill"].startswith("url") == bool(style.texture)


def colour(attrs):
    """Return the colour of a bar: of its pattern if it has one, of its outline if it has one."""
    if not attrs["fill"].startswith("url"):
        return attrs.get("stroke", attrs["fill"])
    pattern = next(one for one in ELEMENTS if one.attrs.get("id") == attrs["fill"][5:-1])
    return next(one for one in ELEMENTS if pattern in one.inside).attrs["fill"]


def test_nothing_comes_from_elsewhere_and_nothing_runs():
    assert not {one.tag for one in ELEMENTS} & {"script", "link", "img", "iframe", "object", "use"}
    assert not re.search(r"@import|@font-face|https?:|\bsrc=|\bon\w+=", HTML)
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]+)\)", HTML))
    assert {one.attrs["href"] for one in ELEMENTS if one.tag == "a"} == {"error_index.html"}


def test_it_can_be_read_without_seeing_it():
    tags = [one.tag for one in ELEMENTS]
    assert ELEMENTS[0].attrs == {"lang": "en"}
    assert len([one for one in ELEMENTS if one.tag == "title" and one.text.strip()]) == 2
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = {one.attrs["id"]: one.text for one in ELEMENTS if "id" in one.attrs}
    for one in ELEMENTS:
        named = one.attrs.get("aria-labelledby", "").split()
        assert all(ids[name].strip() for name in named)
        if one.tag == "svg" and one.attrs.get("aria-hidden") != "true":
            assert one.attrs["role"] == "img" and named


def test_the_tree_says_in_words_what_it_draws():
    words = next(one.text for one in ELEMENTS if one.tag == "desc")
    drawn = [one.text for one in ELEMENTS if one.tag == "text"]
    ways = [one.text for one in ELEMENTS if one.attrs.get("class") == "way"]
    assert ways == ["in turn", "processes", "threads", "tasks"]
    assert all(way in words for way in ways)
    assert drawn.count("yes") == drawn.count("no") == 3


# --- in a browser -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page():
    """The page in a browser, as wide as the paper lets it be, and all that it asked for."""
    pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    from tests import browser

    if not browser.find_browser():
        pytest.skip("no Chromium or Chrome is installed")
    with browser.browser(dict(os.environ)) as chromium:
        page = chromium.new_page(viewport={"width": 711, "height": 980})
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(PAGE.as_uri())
        page.emulate_media(media="print")
        yield page
        assert asked == [PAGE.as_uri()]


@pytest.mark.slow
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_it_is_two_pages(page, paper):
    pdf = page.pdf(format=paper)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2


NARROW = """() => [...document.querySelectorAll('pre, td, th, .sheet, li')]
    .filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText)"""
SMALL = """() => [...document.querySelectorAll('body *')]
    .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
    .filter(one => !one.closest('style, desc, title'))
    .filter(one => parseFloat(getComputedStyle(one).fontSize) * 0.75 <
        (one.closest('code, pre') ? 8.5 : 9.5) - 0.01)
    .map(one => one.textContent)"""
BEYOND = """() => [...document.querySelectorAll('.tree text')].filter(text => {
    const inner = text.getBoundingClientRect();
    const boxes = [...document.querySelectorAll('.box, .leaf')]
        .map(box => box.getBoundingClientRect());
    const at = boxes.find(box => box.left <= inner.left + 1 && inner.left < box.right &&
        box.top <= inner.top && inner.top < box.bottom);
    const all = document.querySelector('.tree').getBoundingClientRect();
    const room = at ?? all;
    return inner.right > room.right - 4 || inner.bottom > room.bottom ||
        (!at && boxes.some(box => box.left < inner.right && inner.left < box.right &&
            box.top < inner.bottom && inner.top < box.bottom));
}).map(text => text.textContent)"""


@pytest.mark.slow
@pytest.mark.parametrize("script", [NARROW, SMALL, BEYOND], ids=["narrow", "small", "beyond"])
def test_nothing_is_cut_off_too_small_or_over_its_box(page, script):
    assert page.evaluate(script) == []
