"""helpers.crawl: do both crawls fetch every page within their bound, and tell what it cost?"""

import gc
import os
import pickle
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import psutil
import pytest

from helpers.crawl import crawl_with_tasks, crawl_with_threads
from helpers.website import Settings, website

posix = pytest.mark.skipif(os.name != "posix", reason="needs limits and getrusage")
both = pytest.mark.parametrize("crawl", [crawl_with_threads, crawl_with_tasks])


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "page.html").write_text("<h1>A page</h1>\n" * 100)
    with website(pages=folder) as site:
        yield site


@pytest.fixture
def site(shared):
    shared.set(**vars(Settings()))
    shared.reset()
    return shared


def addresses(site, number):
    return [f"{site.urls[0]}?copy={copy}" for copy in range(number)]


@both
def test_every_page_comes_within_the_bound(site, crawl):
    site.set(latency=0.01)
    gc.collect()  # what an earlier test has left in a cycle would otherwise go at any time
    files, threads = psutil.Process().num_fds() if psutil.POSIX else 0, {*threading.enumerate()}
    cost = crawl(addresses(site, 100), 8)
    assert list(cost) == ["pages", "errors", "seconds", "megabytes"]
    assert (cost["pages"], cost["errors"], site.seen.requests) == (100, {}, 100)
    assert cost["seconds"] > 0
    assert 1 < site.seen.peak_requests <= site.seen.connections <= 8
    assert {*threading.enumerate()} <= threads
    assert (psutil.Process().num_fds() if psutil.POSIX else 0) == files


@both
def test_errors_are_counted_by_name(site, crawl):
    site.set(error_rate=0.2, drop_rate=0.2)
    cost = crawl(addresses(site, 100), 8)
    seen = site.seen
    status, broken = {
        crawl_with_threads: ("HTTPError", "ChunkedEncodingError"),
        crawl_with_tasks: ("ClientResponseError", "ClientPayloadError"),
    }[crawl]
    assert Counter(cost["errors"]) == {status: seen.statuses[500], broken: seen.dropped}
    assert cost["pages"] == seen.statuses[200] == 100 - seen.statuses[500] - seen.dropped


@both
def test_no_library_holds_back_below_the_bound(crawl):
    """By itself a connector of aiohttp opens 100 connections. No answer comes before all asked."""
    with website(latency=25) as site, ThreadPoolExecutor(1) as pool:
        crawled = pool.submit(crawl, addresses(site, 150), 150)
        while site.seen.peak_requests < 150:
            assert not crawled.done()
            time.sleep(0.05)
        site.close()
        assert sum(crawled.result()["errors"].values()) == 150


@both
@pytest.mark.parametrize("n", [0, -1, 1.5, "8", True, None])
def test_a_wrong_bound_is_one_line(crawl, n):
    with pytest.raises(ValueError, match=r"^n must be a whole number from 1, not "):
        crawl([], n)


@both
def test_no_pages_are_no_error(crawl):
    cost = crawl([], 8)
    assert (cost["pages"], cost["errors"]) == (0, {})


@posix
@both
def test_in_a_process_of_its_own_the_memory_is_its_own(site, crawl):
    ballast = bytearray(b"x") * 300_000_000  # which ru_maxrss would count for the child
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        cost = pool.submit(crawl, addresses(site, 50), 8).result()
    assert cost["pages"] == 50
    assert 0 < cost["megabytes"] < len(ballast) / 1e6 / 2


@posix
@both
def test_too_many_open_files_is_one_line(site, crawl):
    import resource

    crawl(addresses(site, 1), 1)  # what is loaded at its first use needs files, too
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = psutil.Process().num_fds() + 16
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    try:
        site.set(latency=0.2)
        with pytest.raises(OSError) as error:
            crawl(addresses(site, 100), 100)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    line = str(pickle.loads(pickle.dumps(error.value)))  # as it comes from another process
    assert line.startswith("[Errno 24] Too many open files: ")
    assert f"none free of the {allowed} allowed; choose a smaller n" in line
    assert "`ulimit -n 4096`" in line and "\n" not in line
