"""docs/cheat_sheet.html: two printed pages, whose code does what they say, in the course's look."""

import asyncio
import contextlib
import multiprocessing
import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from html.parser import HTMLParser
from itertools import pairwise
from multiprocessing import Process
from pathlib import Path
from textwrap import indent
from threading import Thread
from types import SimpleNamespace

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
MESSAGES = {name: element.text for name, element in marked("error")}


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


def answer(status, **headers):
    """Return an answer as a website's would be."""
    response = requests.Response()
    response.status_code, response._content = status, b"a page"
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


@pytest.fixture
def answers(monkeypatch):
    """What the sessions get, in this order; `.asked` and `.slept` tell what was done about it."""
    rest = SimpleNamespace(given=[], asked=[], slept=[])

    def get(session, url, **how):
        rest.asked.append(how)
        return rest.given.pop(0)

    monkeypatch.setattr("requests.Session.get", get)
    monkeypatch.setattr("time.sleep", rest.slept.append)
    return rest


def test_every_block_is_run_here():
    blocks = [one.attrs.get("data-run") for one in ELEMENTS if one.tag == "pre"]
    assert blocks == ["imports", "fetch", "lock", "errors", "map", "measure"]
    assert set(CODE) == {*blocks, "interval"}
    assert all(len(line) <= 49 for name in blocks[1:] for line in CODE[name].splitlines())


def test_fetch_opens_one_connection_for_each_thread_and_keeps_it(site):
    fetch = execute("fetch").fetch
    assert [fetch(url) for url in site.urls[:4]] == [
        requests.get(url).text for url in site.urls[:4]
    ]
    site.reset()
    threads = [Thread(target=lambda: [fetch(url) for url in site.urls[:4]]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert site.seen.requests == 12
    assert site.seen.connections == 3


def test_fetch_looks_at_the_status(site):
    site.set(error_rate=1)
    with pytest.raises(requests.HTTPError):
        execute("fetch").fetch(site.urls[0])


def test_fetch_has_a_time_out(answers):
    answers.given = [answer(200)]
    assert execute("fetch").fetch("https://example.org") == "a page"
    assert answers.asked == [{"timeout": 10}]


@pytest.mark.parametrize(("headers", "slept"), [({"Retry_After": "7"}, [7]), ({}, [1])], ids=str)
def test_fetch_waits_as_long_as_it_is_told_when_it_asked_too_often(answers, headers, slept):
    answers.given = [answer(429, **headers), answer(200)]
    assert execute("fetch").fetch("https://example.org") == "a page"
    assert answers.slept == slept


def test_fetch_gives_up_where_it_is_told_again_and_again(answers):
    answers.given = [answer(429) for _ in range(20)]
    with pytest.raises(requests.HTTPError, match="429"):
        execute("fetch").fetch("https://example.org")
    assert len(answers.asked) == 5


def test_a_pool_fetches_every_page_of_a_website_that_limits_it(site):
    site.set(rate_limit=100)
    run = in_time(lambda: execute("fetch", "errors", urls=site.urls, budget=0))
    assert set(run.texts) == set(site.urls)
    assert not run.errors


def faulty(bad, error=requests.ConnectionError):
    """Return a `fetch` that fails for some, and the list of those that it was called with."""
    begun = []

    def fetch(url):
        begun.append(url)
        if url in bad:
            raise error(url)
        return f"text of {url}"

    return fetch, begun


def test_each_error_stays_with_its_item():
    fetch, _ = faulty({2, 5})
    run = in_time(lambda: execute("errors", fetch=fetch, urls=range(9), budget=2))
    assert run.texts == {url: f"text of {url}" for url in (0, 1, 3, 4, 6, 7, 8)}
    assert {url: error.args for url, error in run.errors.items()} == {2: (2,), 5: (5,)}


def test_when_the_budget_is_spent_what_has_not_begun_never_does():
    begun = []

    def fetch(url):
        begun.append(url)
        if url < 4:
            raise requests.ConnectionError(url)
        time.sleep(0.5)  # a slow page: the other 1,000 would take a minute
        return "text"

    run = in_time(lambda: execute("errors", fetch=fetch, urls=range(1_000), budget=3))
    assert len(run.errors) == 4
    assert len(begun) < 1_000
    assert not any(thread.is_alive() for thread in run.pool._threads)


def test_an_error_that_nobody_foresaw_comes_out():
    fetch, _ = faulty({3}, error=ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        execute("errors", fetch=fetch, urls=range(9), budget=3)


def test_map_keeps_the_order_and_raises_the_first_error():
    second = threading.Event()

    def fetch(url):
        return second.set() or "2" if url == 2 else str(second.wait(10) and url)

    assert execute("map", fetch=fetch, urls=[1, 2, 3]).texts == ["1", "2", "3"]
    fetch, _ = faulty({2, 3})
    with pytest.raises(requests.ConnectionError, match="2"):
        execute("map", fetch=fetch, urls=[1, 2, 3])


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


def test_the_switch_interval_is_as_said():
    command = [sys.executable, "-c", f"import sys; print({CODE['interval']})"]
    seconds = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    assert re.search(rf"{re.escape(CODE['interval'])}</code></b>, {seconds} s\b", HTML)


# --- the table ----------------------------------------------------------------------------------


def run_steps(way, **given):
    """Run the cells of one row from left to right, as a coroutine if need be."""
    lines = "\n".join(STEPS[way])
    if "await" not in lines:
        exec(lines, given)
        return given
    exec(f"async def main():\n{indent(lines, '    ')}\n    return value", given)
    return {"value": asyncio.run(given["main"]())}


def test_in_turn_a_pool_and_a_task_give_the_value():
    async def later(x):
        return x + 1

    with ThreadPoolExecutor() as pool:
        made = [
            run_steps("in turn", f=lambda x: x + 1, x=1),
            run_steps("pool of threads", f=lambda x: x + 1, x=1, pool=pool),
            run_steps("task", f=later, x=1, asyncio=asyncio),
        ]
    assert [one["value"] for one in made] == [2, 2, 2]


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


def test_the_pool_and_the_task_raise_the_error():
    async def later(x):
        raise LookupError

    with ThreadPoolExecutor() as pool, pytest.raises(ZeroDivisionError):
        run_steps("pool of threads", f=lambda x: x / 0, x=1, pool=pool)
    with pytest.raises(LookupError):
        run_steps("task", f=later, x=1, asyncio=asyncio)


def test_every_row_has_all_the_columns_and_names_its_module():
    steps = next(one for one in ELEMENTS if one.tag == "table")
    rows = [one for one in ELEMENTS if one.tag == "tr" and steps in one.inside]
    for row in rows:
        cells = [one for one in ELEMENTS if one.tag in ("td", "th") and row in one.inside]
        assert sum(int(cell.attrs.get("colspan", 1)) for cell in cells) == 5
    assert [row.text.split()[0] for row in rows[1:]] == [way.split()[0] for way in STEPS]
    modules = ["threading", "concurrent.futures", "multiprocessing", "asyncio"]
    assert [row.text.split("\n")[1].split()[-1] for row in rows[2:]] == modules


# --- the error messages -------------------------------------------------------------------------


def start_twice():
    thread = Thread(target=int)
    thread.start()
    thread.start()


def submit_too_late():
    with ThreadPoolExecutor() as pool:
        pool.submit(int).result()
    pool.submit(int)


async def f():
    return 1


def run_within_a_loop():
    async def cell():
        with contextlib.closing(f()) as main:  # closed, as it never runs
            asyncio.run(main)

    asyncio.run(cell())


def end_a_worker():
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        pool.submit(os._exit, 1).result()


RAISES = {
    "once": start_twice,
    "shutdown": submit_too_late,
    "running loop": run_within_a_loop,
    "broken pool": end_a_worker,
}


def test_every_message_is_provoked_here():
    assert set(MESSAGES) == {*RAISES, "never awaited"}


@pytest.mark.parametrize("name", RAISES)
def test_python_says_it_in_these_words(name):
    with pytest.raises(RuntimeError) as caught:
        RAISES[name]()
    assert MESSAGES[name] in f"{caught.typename}: {caught.value}"


def test_python_warns_in_these_words_until_it_is_awaited():
    with pytest.warns(RuntimeWarning, match=re.escape(MESSAGES["never awaited"])):
        f()
    exec("async def main(): return await f()", here := {"f": f})
    assert asyncio.run(here["main"]()) == 1


SCRIPT = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
def f(x):
    return x + 1
{guard}
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        print(pool.submit(f, 1).result())
"""


def test_the_guard_repairs_the_broken_pool(tmp_path):
    cure = next(one.text for one in ELEMENTS if one.tag == "code" and "__main__" in one.text)
    script = tmp_path / "script.py"
    ended = []
    for guard in ("if True:", cure):
        script.write_text(SCRIPT.format(guard=guard), "utf-8")
        command = [sys.executable, str(script)]
        ended.append(subprocess.run(command, capture_output=True, text=True, timeout=60))
    assert MESSAGES["broken pool"] in ended[0].stderr
    assert (ended[1].stdout, ended[1].stderr) == ("2\n", "")


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
    assert {one.attrs["href"] for one in ELEMENTS if one.tag == "a"} == {"error_index.md"}


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
