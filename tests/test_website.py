"""The practice website, over real sockets: does it do what its settings say, and does it end?"""

import asyncio
import gc
import http.client
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import aiohttp
import psutil
import pytest
import requests

from helpers.cluster.machines import _free_port
from helpers.website import Settings, faults, process, website
from helpers.website.faults import Bucket, fate

ROOT = Path(__file__).resolve().parent.parent
WAIT = 60  # seconds; a bound for what is waited for, never a measure
posix = pytest.mark.skipif(os.name != "posix", reason="needs fork, process groups and SIGKILL")


# ------------------------------------------------------------------------------------ ground


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """A website's folder: 12 pages, and a secret beside it."""
    folder = tmp_path_factory.mktemp("web") / "pages"
    (folder / "drafts").mkdir(parents=True)
    (folder.parent / "secret.txt").write_text("secret")
    for name in ["index", *(f"term_{number:02}" for number in range(12)), "drafts/index"]:
        (folder / f"{name}.html").write_text(f"<h1>{name}: straße</h1>\n" * 40, encoding="utf-8")
    for name in ["photo.jpg", "plan.png"]:
        (folder / name).write_bytes(bytes(range(256)) * 40)  # nothing here looks into them
    (folder / "style.css").write_text("h1 { color: #333 }\n")
    (folder / "robots.txt").write_text("User-agent: *\nDisallow: /drafts/\n")
    (folder / "notes.py").write_text("not for the public\n")
    return folder


@pytest.fixture(scope="module")
def shared():
    """The site that the tests share: started by the first, and anew after one that failed."""
    held = {}
    yield held
    held["site"].close()


@pytest.fixture
def site(shared, pages, request):
    """The shared site as new: no faults, no counts, no connection left over."""
    if shared.get("failed") != request.session.testsfailed:
        # A failed test's traceback may hold its connections open.
        if "site" in shared:
            shared["site"].close()
        shared.update(site=website(pages=pages), failed=request.session.testsfailed)
    site = shared["site"]
    site.set(**vars(Settings()))
    until(lambda: site.seen.open_connections == 0)
    site.reset()
    return site


@pytest.fixture(autouse=True)
def no_server_left(site):
    """Every test stops the servers it started."""
    before = servers()
    yield
    assert servers() <= before  # one that an earlier test has left may end meanwhile


def servers():
    children = psutil.Process().children()
    return {child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE}


def until(condition):
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def is_closed(url):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", int(url.split(":")[2].rstrip("/")))) != 0


def get(url, **how):
    """The status of one GET on a connection of its own, or "dropped"."""
    try:
        return requests.get(url, timeout=WAIT, **how).status_code
    except requests.RequestException:
        return "dropped"


async def get_all(urls):
    """The same for many at once, with aiohttp."""

    async def one(client, url):
        try:
            async with client.get(url) as response:
                await response.read()
                return response.status
        except aiohttp.ClientError:
            return "dropped"

    how = {"connector": aiohttp.TCPConnector(limit=0), "timeout": aiohttp.ClientTimeout(WAIT)}
    async with aiohttp.ClientSession(**how) as client:
        return await asyncio.gather(*(one(client, url) for url in urls))


@contextmanager
def script(text, pages):
    """A Python program that uses the website, in a process group of its own that ends with this."""
    lines = f"PAGES = {str(pages)!r}\nfrom helpers.website import website\n{textwrap.dedent(text)}"
    program = subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", "-c", lines],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=ROOT,
    )
    with program:
        try:
            yield program
        finally:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL) if os.name == "posix" else program.kill()


def run(text, pages):
    """Run such a program to its end and return what it printed; it must not have complained."""
    with script(text, pages) as program:
        out, complaints = program.communicate(timeout=WAIT)
        assert (complaints, program.returncode) == ("", 0)
    return out.split()


# ------------------------------------------------------------------------- what it serves


def test_it_serves_pages_with_length_type_and_keep_alive(site, pages):
    with requests.Session() as client:
        answer = client.get(site.urls[3], timeout=WAIT)
        again = client.get(site.urls[3] + "?copy=7", timeout=WAIT)
    assert answer.content == again.content == (pages / "term_03.html").read_bytes()
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert "straße" in answer.text
    assert (site.seen.requests, site.seen.connections) == (2, 1)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "text/html; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8"),
        ("drafts/", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("robots.txt", "text/plain; charset=utf-8"),
        ("plan.png", "image/png"),
        ("photo.jpg", "image/jpeg"),
    ],
)
def test_content_types(site, path, kind):
    answer = requests.get(site.url + path, timeout=WAIT)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)


def test_urls_are_the_term_pages_only(site):
    assert site.urls == [f"{site.url}term_{number:02}.html" for number in range(12)]
    site.urls.clear()
    assert len(site.urls) == 12


@pytest.mark.parametrize(
    "path",
    [
        "/none.html",
        "/notes.py",
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/drafts/../../secret.txt",
        "/..%5csecret.txt",
        "//secret.txt",
    ],
)
def test_nothing_else_can_be_had(site, path):
    client = http.client.HTTPConnection("127.0.0.1", int(site.url.split(":")[2][:-1]), timeout=WAIT)
    client.request("GET", path)  # as it stands: no client tidies the path
    answer = client.getresponse()
    assert (answer.status, b"secret" in answer.read()) == (404, False)
    client.close()


def test_head_has_the_headers_and_no_body(site):
    with requests.Session() as client:
        head = client.head(site.urls[0], timeout=WAIT)
        page = client.get(site.urls[0], timeout=WAIT)
    assert head.content == b""
    assert head.headers["Content-Length"] == page.headers["Content-Length"]
    assert site.seen.connections == 1


def test_other_methods_are_refused(site):
    answer = requests.post(site.urls[0], data="x", timeout=WAIT)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


# --------------------------------------------------------------------- slow and faulty


def test_latency_is_before_each_page(site):
    site.set(latency=0.2)
    start = time.monotonic()
    get(site.url), get(site.urls[0])
    assert time.monotonic() - start >= 0.39


@pytest.mark.parametrize("name", ["plan.png", "photo.jpg"])
def test_pictures_are_late_and_go_wrong_as_pages_do(site, pages, name):
    site.set(latency=0.2)
    start = time.monotonic()
    whole = requests.get(site.url + name, timeout=WAIT).content
    assert time.monotonic() - start >= 0.19
    assert whole == (pages / name).read_bytes()
    site.set(latency=0, error_rate=1)
    assert get(site.url + name) == 500
    site.set(error_rate=0, drop_rate=1)
    with pytest.raises(requests.RequestException, match="IncompleteRead"):
        requests.get(site.url + name, timeout=WAIT)
    site.set(drop_rate=0, rate_limit=0.01)
    assert [get(site.url + name) for _ in range(2)] == [200, 429]


def test_faults_are_for_pages_and_pictures_only(site):
    site.set(latency=60, error_rate=1, rate_limit=0.01)
    for path in ["robots.txt", "style.css", "none.html"]:
        for _ in range(3):
            assert requests.get(site.url + path, timeout=WAIT / 2).status_code in (200, 404)


def test_slow_requests_take_the_slow_latency_instead(site):
    site.set(latency=60, slow_rate=1, slow_latency=0.2)
    start = time.monotonic()
    assert get(site.urls[0]) == 200
    assert 0.19 <= time.monotonic() - start < 60
    site.set(latency=0, slow_rate=0, slow_latency=60)
    assert requests.get(site.urls[0], timeout=WAIT / 2).status_code == 200


def test_a_share_is_slow():
    delays = [fate(Settings(slow_rate=0.3), f"/{n}", 0)[0] for n in range(1000)]
    assert 250 < delays.count(2.0) < 350 and delays.count(0.0) + delays.count(2.0) == 1000


def test_the_shares_of_errors_and_drops_are_kept(site):
    site.set(error_rate=0.3, drop_rate=0.2)
    got = asyncio.run(get_all(f"{site.urls[0]}?copy={n}" for n in range(300)))
    assert 65 <= got.count(500) <= 115 and 40 <= got.count("dropped") <= 80
    seen = site.seen
    assert seen.statuses == {200: got.count(200), 500: got.count(500)}
    assert (seen.dropped, seen.requests) == (got.count("dropped"), 300)


def test_changed_while_it_runs(site):
    outcomes = []
    for rate in (0, 1, 0):
        site.set(error_rate=rate)
        assert site.settings == Settings(error_rate=rate)
        outcomes.append(get(site.urls[0]))
    assert outcomes == [200, 500, 200]


def test_one_setting_leaves_the_others(site):
    site.set(latency=0.01)
    site.set(error_rate=1)
    assert site.settings == Settings(latency=0.01, error_rate=1)
    assert get(site.urls[0]) == 500


def test_the_same_faults_in_turn_and_at_once(site):
    urls = [url for url in site.urls for _ in range(3)]
    site.set(error_rate=0.3, drop_rate=0.2, seed=4)
    in_turn = [get(url) for url in urls]
    assert {200, 500, "dropped"} == set(in_turn)
    site.reset()
    at_once = asyncio.run(get_all(reversed(urls)))[::-1]
    assert by_url(urls, at_once) == by_url(urls, in_turn)
    site.set(seed=5)
    site.reset()
    assert by_url(urls, asyncio.run(get_all(urls))) != by_url(urls, in_turn)


def by_url(urls, outcomes):
    return sorted(zip(urls, map(str, outcomes), strict=True))


def test_reset_begins_the_faults_anew(site):
    site.set(error_rate=0.5)
    first = [get(site.urls[0]) for _ in range(12)]
    assert len(set(first)) == 2
    assert [get(site.urls[0]) for _ in range(12)] != first
    site.reset()
    assert [get(site.urls[0]) for _ in range(12)] == first


@pytest.mark.parametrize("used_before", [False, True])
def test_requests_sees_a_dropped_connection(site, used_before):
    with requests.Session() as client:
        if used_before:
            client.get(site.urls[0], timeout=WAIT)
        site.set(drop_rate=1)
        with pytest.raises(requests.RequestException, match="IncompleteRead"):
            client.get(site.urls[0], timeout=WAIT)
        with pytest.raises(requests.ConnectionError):
            client.head(site.urls[0], timeout=WAIT)
    assert site.seen.dropped == 2


@pytest.mark.parametrize("used_before", [False, True])
def test_aiohttp_sees_a_dropped_connection(site, used_before):
    async def visit():
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(WAIT)) as client:
            if used_before:
                async with client.get(site.urls[0]) as response:
                    await response.read()
            await asyncio.to_thread(site.set, drop_rate=1)
            with pytest.raises(aiohttp.ClientPayloadError):
                async with client.get(site.urls[0]) as response:
                    await response.read()

    asyncio.run(visit())
    assert (site.seen.dropped, site.seen.requests) == (1, 1 + used_before)


# -------------------------------------------------------------------------------- limits


def test_above_the_rate_limit_comes_429_with_retry_after(site):
    site.set(rate_limit=0.01)
    first, second = (requests.get(site.urls[0], timeout=WAIT) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 429)
    assert "Retry-After" not in first.headers
    assert 1 <= int(second.headers["Retry-After"]) <= 100
    site.set(rate_limit=None)
    assert get(site.urls[0]) == 200


def test_who_waits_as_long_as_retry_after_says_is_served(site):
    site.set(rate_limit=2)
    answers = (requests.get(site.urls[0], timeout=WAIT) for _ in range(1000))
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["Retry-After"] == "1"
    time.sleep(1)
    assert get(site.urls[0]) == 200


def test_another_setting_does_not_refill_the_bucket(site):
    site.set(rate_limit=0.01)
    assert get(site.urls[0]) == 200
    site.set(latency=0.001)
    assert get(site.urls[0]) == 429
    site.reset()
    assert get(site.urls[0]) == 200


def test_those_turned_away_do_not_shift_the_faults(site):
    site.set(error_rate=0.5)
    free = [get(site.urls[0]) for _ in range(12)]
    site.reset()
    limited = []
    for _ in free:
        site.set(rate_limit=0.01)
        limited.append(get(site.urls[0]))
        assert get(site.urls[0]) == 429
        site.set(rate_limit=None)
    assert limited == free


@pytest.mark.parametrize(
    ("rate", "asked_at", "waits"),
    [
        (2, [0, 0, 0, 0.4, 0.5, 9, 9, 9], [0, 0, 1, 1, 0, 0, 0, 1]),
        (0.1, [0, 0, 5, 9.5, 10], [0, 10, 5, 1, 0]),
        (None, [0, 0, 0], [0, 0, 0]),
    ],
)
def test_the_bucket(monkeypatch, rate, asked_at, waits):
    monkeypatch.setattr(faults.time, "monotonic", lambda: 1000)
    bucket = Bucket(rate)
    taken = []
    for moment in asked_at:
        monkeypatch.setattr(faults.time, "monotonic", lambda moment=moment: 1000 + moment)
        taken.append(bucket.take())
    assert taken == waits


def test_a_connection_above_the_limit_is_answered_503_and_closed(site):
    site.set(max_connections=2)
    with requests.Session() as one, requests.Session() as two, requests.Session() as three:
        assert [client.get(site.url, timeout=WAIT).status_code for client in (one, two)] == [
            200
        ] * 2
        refused = three.get(site.url + "robots.txt", timeout=WAIT)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert refused.headers["Connection"] == "close"
        until(lambda: site.seen.open_connections == 2)
        assert one.get(site.url, timeout=WAIT).status_code == 200
        one.close()
        assert three.get(site.url, timeout=WAIT).status_code == 200
    assert (site.seen.peak_connections, site.seen.connections) == (3, 4)


def test_a_connection_turned_away_takes_no_place_while_it_is_open(site):
    site.set(max_connections=1)
    address = ("127.0.0.1", int(site.url.split(":")[2][:-1]))
    with socket.create_connection(address):
        until(lambda: site.seen.open_connections == 1)
        idle = socket.create_connection(address)
        until(lambda: site.seen.open_connections == 2)
    until(lambda: site.seen.open_connections == 1)
    with idle:
        assert get(site.url) == 200


def test_one_connection_after_another_keeps_within_a_limit_of_one(site):
    site.set(max_connections=1)
    assert [get(site.urls[0]) for _ in range(50)] == [200] * 50


# -------------------------------------------------------------------------------- counts


def test_the_counts_are_what_the_client_did(site):
    before = site.seen
    with requests.Session() as client:
        for path in ["", "", "term_00.html?copy=1", "term_00.html?copy=2", "none", "robots.txt"]:
            client.get(site.url + path, timeout=WAIT)
        assert site.seen.open_connections == 1
    get(site.url)
    seen = site.seen
    assert (seen.requests, seen.connections, seen.peak_connections) == (7, 2, 1)
    assert (seen.statuses, seen.dropped, seen.peak_requests) == ({200: 6, 404: 1}, 0, 1)
    assert seen.paths == {"/": 3, "/term_00.html": 2, "/none": 1, "/robots.txt": 1}
    assert before.requests == 0, "an earlier snapshot does not change"
    until(lambda: site.seen.open_connections == 0)


def test_the_counts_in_words(site):
    get(site.url), get(site.url + "none")
    assert repr(site.seen) == (
        "<seen 2 requests (most at once 1) on 2 connections (most at once 1); "
        "answers {200: 1, 404: 1}, 0 dropped>"
    )


def test_peaks_abandoned_requests_and_reset(site):
    async def visit():
        site.set(latency=60)
        visits = asyncio.ensure_future(get_all(f"{site.url}?copy={n}" for n in range(10)))
        await asyncio.to_thread(until, lambda: site.seen.requests == 10)
        assert (site.seen.peak_requests, site.seen.peak_connections) == (10, 10)
        site.reset()
        assert (site.seen.requests, site.seen.connections) == (0, 0)
        # A request that came before is no request of the new counts; its connection is still open.
        assert (site.seen.peak_requests, site.seen.peak_connections) == (0, 10)
        visits.cancel()
        await asyncio.wait([visits])

    asyncio.run(visit())
    until(lambda: site.seen.open_connections == 0)
    site.reset()
    assert (site.seen.peak_requests, site.seen.peak_connections) == (0, 0)
    assert site.seen.statuses == {}, "the client gave them up: nobody was answered"
    assert site.seen.given_up == 0, "they came before these counts"


def test_who_gives_up_is_counted(site):
    site.set(slow_rate=1, slow_latency=60)
    with pytest.raises(requests.ReadTimeout):
        requests.get(site.url, timeout=0.05)
    until(lambda: site.seen.given_up == 1)
    site.set(slow_rate=0)
    assert get(site.url) == 200
    seen = site.seen
    assert (seen.requests, seen.statuses, seen.dropped, seen.given_up) == (2, {200: 1}, 0, 1)
    assert repr(seen).endswith("answers {200: 1}, 0 dropped, 1 given up>")


def test_the_folder_is_a_path():
    with pytest.raises(TypeError, match="pages must be a folder's path or None, not 123"):
        website(pages=123)


def test_no_file_descriptor_left_is_one_line(open_files):
    used = []
    open_files(psutil.Process().num_fds() + 20)  # whatever else is open: some sites can start
    with pytest.raises(RuntimeError, match="could not start: Too many open files"):
        while True:
            used.append(website())
    open_files(1024)
    for site in used:
        site.close()


@pytest.fixture
def open_files():
    """A function that sets how many files this process, and what it starts, may open."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda number: resource.setrlimit(resource.RLIMIT_NOFILE, (number, before[1]))
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_thousand_requests_at_once(site, open_files):
    open_files(1200)
    site.set(latency=0.3)
    assert asyncio.run(get_all(f"{site.url}?copy={n}" for n in range(1000))) == [200] * 1000
    assert site.seen.requests == 1000


def test_it_takes_more_connections_than_files_are_allowed_here(pages, open_files):
    open_files(256)
    with website(pages=pages) as site:
        open_files(600)
        address = ("127.0.0.1", int(site.url.split(":")[2][:-1]))
        clients = [socket.create_connection(address) for _ in range(400)]
        until(lambda: site.seen.connections == 400)
        for client in clients:
            client.close()


def test_threads_may_use_it_at_once(site):
    def work(number):
        for step in range(30):
            site.set(**{"latency": number / 1000} if step % 2 else {"slow_latency": number})
            assert site.seen.requests >= 0
        return get(site.url)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [200] * 8
    assert site.seen.requests == 8
    assert site.settings.latency < 0.008 and site.settings.slow_latency < 8


def test_started_in_a_thread_that_ends(pages):
    made = []
    starter = threading.Thread(target=lambda: made.append(website(pages=pages)))
    starter.start()
    starter.join()
    assert get(made[0].url) == 200
    made[0].close()


# -------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"latency": -0.1}, "latency must be 0 to 60 seconds, not -0.1"),
        ({"latency": 200}, "latency must be 0 to 60 seconds, not 200"),
        ({"latency": "1"}, "latency must be 0 to 60 seconds, not '1'"),
        ({"latency": None}, "latency must be 0 to 60 seconds, not None"),
        ({"slow_latency": float("nan")}, "slow_latency must be 0 to 60 seconds, not nan"),
        ({"error_rate": 10}, "error_rate must be a share of the requests, 0 to 1, not 10"),
        ({"error_rate": True}, "error_rate must be a share of the requests, 0 to 1, not True"),
        ({"slow_rate": -1}, "slow_rate must be a share of the requests, 0 to 1, not -1"),
        ({"drop_rate": 2}, "drop_rate must be a share of the requests, 0 to 1, not 2"),
        ({"rate_limit": 0}, "0.01 or more requests a second, or None for no limit, not 0"),
        ({"max_connections": 0}, "a whole number from 1, or None for no limit, not 0"),
        ({"max_connections": 1.5}, "a whole number from 1, or None for no limit, not 1.5"),
        ({"seed": 0.5}, "seed must be a whole number, not 0.5"),
        ({"error_rate": 0.6, "drop_rate": 0.5}, "error_rate and drop_rate together must be 1"),
        ({"latancy": 1}, "there is no setting 'latancy'; there are latency, error_rate, "),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_happens(site, monkeypatch, settings, message):
    monkeypatch.setattr(process.subprocess, "Popen", None)
    monkeypatch.setattr(process.ServerProcess, "ask", None)
    for call in (lambda: website(**settings), lambda: site.set(**settings)):
        with pytest.raises((ValueError, TypeError)) as refusal:
            call()
        assert message in str(refusal.value) and "\n" not in str(refusal.value)
    assert site.settings == Settings()


def test_numpy_numbers_are_welcome(site):
    numpy = pytest.importorskip("numpy")
    site.set(latency=numpy.float32(0.5), seed=numpy.int64(3), max_connections=numpy.int32(9))
    assert json.loads(json.dumps(vars(site.settings))) == vars(
        Settings(latency=0.5, seed=3, max_connections=9)
    )


@pytest.mark.parametrize("port", [-1, 65536, 80.0, "8000", True])
def test_a_wrong_port(monkeypatch, pages, port):
    monkeypatch.setattr(process.subprocess, "Popen", None)
    with pytest.raises(ValueError, match="port must be a whole number from 0 to 65535, not "):
        website(port=port, pages=pages)


def test_a_folder_without_pages(monkeypatch, tmp_path):
    monkeypatch.setattr(process.subprocess, "Popen", None)
    (tmp_path / "index.html").touch()
    (tmp_path / "file").touch()
    wrongs = {"": "has no pages", "no": "does not exist", "file": "is not a folder"}
    for folder, wrong in [(tmp_path / name, wrong) for name, wrong in wrongs.items()]:
        with pytest.raises(FileNotFoundError, match=f"{wrong}.*leave `pages` out") as refusal:
            website(pages=folder)
        assert str(folder) in str(refusal.value)


def test_a_taken_port(pages):
    port = _free_port()  # none that the system may give to another program once it is free again
    with socket.create_server(("127.0.0.1", port)), pytest.raises(RuntimeError) as refusal:
        website(port=port, pages=pages)
    assert str(refusal.value) == (
        f"port {port} is taken by another program; leave `port` out and a free one is chosen"
    )
    with website(port=port, pages=pages) as site:
        assert site.url == f"http://127.0.0.1:{port}/"
        assert get(site.url) == 200
    with website(port=port, pages=pages):
        pass  # free again at once


def test_a_missing_aiohttp(monkeypatch, pages, tmp_path):
    (tmp_path / "aiohttp.py").write_text("raise ImportError('No module named aiohttp')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"aiohttp \(No module.*install requirements.txt$"):
        website(pages=pages)


def test_a_process_that_does_not_start(monkeypatch, pages, tmp_path):
    monkeypatch.setattr(process, "ROOT", tmp_path)
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "__init__.py").write_text("1 / 0")
    with pytest.raises(RuntimeError, match="could not start; `python -m"):
        website(pages=pages)


def test_run_by_hand_it_says_how_to_start_it(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "helpers.website"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == "this is no program of its own: call website() of helpers.website\n"


def test_a_server_that_died_meanwhile(pages):
    site = website(pages=pages)
    psutil.Process(site._process._process.pid).kill()
    for use in (lambda: site.seen, lambda: site.set(latency=1), site.reset):
        with pytest.raises(RuntimeError, match=r"has stopped; start it again with website\(...\)"):
            use()
    assert site.settings == Settings()
    site.close()


# ---------------------------------------------------------------------------- its end


def test_close_stops_it_and_a_second_time_is_no_error(pages):
    with website(pages=pages) as site:
        assert get(site.url) == 200
    assert is_closed(site.url)
    site.close()
    with pytest.raises(RuntimeError, match="has stopped"):
        site.set(latency=1)
    assert repr(site) == f"<practice website at {site.url}, 12 pages>"


def test_it_stops_with_its_last_reference(pages):
    site = website(pages=pages)
    url = site.url
    del site
    assert is_closed(url)


@pytest.mark.parametrize("starts", [5, pytest.param(100, marks=pytest.mark.slow)])
def test_many_starts_leave_nothing(pages, starts):
    def belongings():  # its children also where they have ended and nobody has collected them
        files = psutil.Process().num_fds() if os.name == "posix" else 0
        return {*psutil.Process().children()}, {*threading.enumerate()}, {*range(files)}

    gc.collect()  # what an earlier test has left in a cycle would otherwise go at any time
    before = belongings()
    for _ in range(starts):
        with website(pages=pages) as site:
            assert get(site.urls[0]) == 200
        assert is_closed(site.url)
    assert all(now <= then for now, then in zip(belongings(), before, strict=True))


@pytest.mark.parametrize("end", ["", "raise SystemExit(0)", "del site", "site.close()"])
def test_a_program_that_ends_takes_it_along_without_a_warning(pages, end):
    (url,) = run(f"site = website(pages=PAGES); print(site.url)\n{end}", pages)
    assert is_closed(url)


def test_an_interrupt_while_it_starts_leaves_no_server(monkeypatch, pages):
    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(process.ServerProcess, "port", interrupt)
    before = servers()
    with pytest.raises(KeyboardInterrupt) as held:  # as IPython holds the last traceback
        website(pages=pages)
    assert servers() == before, held


@pytest.mark.parametrize("already_read", [0, 5])
def test_an_interrupted_call_does_not_answer_the_next(monkeypatch, site, already_read):
    def interrupt(self, number):
        self._process.stdout.read(already_read)
        raise KeyboardInterrupt

    get(site.url)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(process.ServerProcess, "_answer", interrupt)
        site.set(latency=0.1)
    assert site.seen.requests == 1


def test_any_folder_and_any_stdin_will_do(monkeypatch, pages, tmp_path):
    for name in ("json.py", "asyncio.py", "aiohttp.py"):
        (tmp_path / name).write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", None)
    with website(pages=os.path.relpath(pages)) as site:
        assert get(site.urls[0]) == 200


def test_importing_it_loads_no_aiohttp():
    code = "import sys, helpers.website; print({'aiohttp', 'requests', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "set()\n"


def test_it_cannot_be_pickled(site):
    with pytest.raises(TypeError, match=r"pass site.url to other processes"):
        pickle.dumps(site)


@posix
def test_a_forked_child_is_refused_and_its_end_does_not_stop_the_site(pages):
    text = """
        import os, sys
        site = website(pages=PAGES)
        locks = site._process._lock, site._process._process._waitpid_lock
        for lock in locks:
            lock.acquire()  # as another thread may hold it at the time of the fork
        if (child := os.fork()) == 0:
            try:
                site.seen
            except RuntimeError as refusal:
                sys.exit(0 if "pass site.url to other processes" in str(refusal) else 1)
            sys.exit(2)
        status = os.waitpid(child, 0)[1]
        for lock in locks:
            lock.release()
        print(os.waitstatus_to_exitcode(status), site.seen.requests)
    """
    assert run(text, pages) == ["0", "0"]


@posix
def test_an_interrupt_of_the_group_leaves_the_server_running(pages):
    text = """
        import signal, time
        signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever was inherited
        site = website(pages=PAGES)
        try:
            print(site.url, flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            print(site.seen.requests)
    """
    with script(text, pages) as program:
        url = program.stdout.readline().strip()
        assert get(url) == 200
        os.killpg(program.pid, signal.SIGINT)
        out, complaints = program.communicate(timeout=WAIT)
        assert (out, complaints) == ("1\n", "")
    assert is_closed(url)


@posix
def test_interrupts_are_ignored_in_a_session_of_its_own(site):
    server = site._process._process.pid
    assert os.getsid(server) == server
    os.kill(server, signal.SIGINT)
    assert get(site.url) == 200


def test_the_server_ends_with_its_line_to_the_notebook(pages):
    with website(pages=pages) as site:
        site._process._process.stdin.close()
        until(lambda: site._process._process.poll() is not None)


HELD = """
    import os, time
    site = website(pages=PAGES, latency=60)
    if FORK and (child := os.fork()) == 0:
        time.sleep(60)  # holds the pipe's end, as a worker of a pool does
    print(site.url, child if FORK else 0, flush=True)
    time.sleep(60)
"""


@posix
@pytest.mark.slow
@pytest.mark.parametrize("fork", [False, True])
def test_the_server_dies_with_a_killed_parent(pages, fork):
    times = sorted(seconds_to_die(pages, fork) for _ in range(20))
    print(f"fork={fork}: min {times[0]:.3f} s, median {times[10]:.3f} s, max {times[-1]:.3f} s")


def seconds_to_die(pages, fork):
    """SIGKILL a program whose site has a request under way; return how long the site lived."""
    with script(f"FORK = {fork}\n{textwrap.dedent(HELD)}", pages) as program:
        url, child = program.stdout.readline().split()
        (server,) = (p for p in psutil.Process(program.pid).children() if p.pid != int(child))
        with socket.create_connection(("127.0.0.1", int(url.split(":")[2][:-1]))) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            program.kill()
            killed = time.perf_counter()
            until(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE)
            until(lambda: is_closed(url))  # a zombie's last thread may hold its sockets a moment
            lived = time.perf_counter() - killed
        assert not fork or psutil.pid_exists(int(child)), "the child was to outlive its parent"
    return lived


@posix
@pytest.mark.slow
@pytest.mark.parametrize("after", [delay / 100 for delay in range(0, 30, 2)])
def test_a_real_interrupt_at_any_time_of_the_start_leaves_no_server(pages, after):
    text = f"""
        import signal, time
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, {after} or 1e-6)
            site = website(pages=PAGES)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except KeyboardInterrupt:
            pass
        site = None
        print("done", flush=True)
        time.sleep(60)
    """
    with script(text, pages) as program:
        assert program.stdout.readline() == "done\n"
        until(lambda: all(p.status() == "zombie" for p in psutil.Process(program.pid).children()))
