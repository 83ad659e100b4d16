"""What a cell may start, a function each: as a script, it records them and tells what was seen.

`python -m tests.recorder_cases METHOD` prints a line of JSON a case: its name, and a list of
[kind of lane, kind of span, name of span, how many].
"""

import asyncio
import concurrent.futures as futures
import json
import multiprocessing
import os
import sys
import threading
from collections import Counter

from helpers import record, span
from helpers.recorder import hooks


def work(number):
    with span("own"):
        return number * number


def with_thread():
    thread = threading.Thread(target=work, args=(2,))
    thread.start()
    thread.join()


async def job(number):
    await asyncio.sleep(0)
    return number


async def three_jobs():
    return await asyncio.gather(*[job(n) for n in range(3)])


def with_tasks():
    return asyncio.run(three_jobs())


def fail(number):
    raise ValueError(number)


def subclass_of(process_class):
    return {"fork": Forked, "spawn": Spawned, "forkserver": Served}[process_class]


class Forked(multiprocessing.get_context("fork").Process):
    def run(self):
        work(3)


class Spawned(multiprocessing.get_context("spawn").Process):
    def run(self):
        work(3)


class Served(multiprocessing.get_context("forkserver").Process):
    def run(self):
        work(3)


def run_process(process):
    process.start()
    process.join()
    assert process.exitcode == 0


def case_process(context):
    run_process(context.Process(target=work, args=(3,)))


def case_subclass(context):
    run_process(subclass_of(context.get_start_method())())


def case_thread_in_a_child(context):
    run_process(context.Process(target=with_thread))


def case_tasks_in_a_child(context):
    run_process(context.Process(target=with_tasks))


def case_grandchild(context):
    run_process(context.Process(target=spawn_one, args=(context.get_start_method(),)))


def spawn_one(method):
    run_process(multiprocessing.get_context(method).Process(target=work, args=(3,)))


def case_map(context):
    with context.Pool(2) as pool:
        assert pool.map(work, range(10)) == [n * n for n in range(10)]
        finish(pool)


def case_imap(context):
    with context.Pool(2) as pool:
        assert list(pool.imap(work, range(4))) == [0, 1, 4, 9]
        assert sorted(pool.imap_unordered(work, range(5), chunksize=2)) == [0, 1, 4, 9, 16]
        finish(pool)


def case_apply_async(context):
    with context.Pool(2) as pool:
        assert [pool.apply_async(work, (n,)).get() for n in range(3)] == [0, 1, 4]
        finish(pool)


def case_starmap(context):
    with context.Pool(2) as pool:
        assert pool.starmap(pow, [(2, 3), (3, 2)]) == [8, 9]
        finish(pool)


def case_failing_items(context):
    with context.Pool(2) as pool:
        for attempt in (pool.map, lambda *both: list(pool.imap(*both))):
            try:
                attempt(fail, [1])
            except ValueError as error:
                assert "hooks" not in str(error.__cause__)
        finish(pool)


def finish(pool):
    """Let the workers end by themselves; leaving the `with` kills them."""
    pool.close()
    pool.join()


def case_process_executor(context):
    with futures.ProcessPoolExecutor(2, mp_context=context) as executor:
        assert list(executor.map(work, range(6))) == [n * n for n in range(6)]
        assert list(executor.map(work, range(7), chunksize=3)) == [n * n for n in range(7)]
        assert executor.submit(work, 5).result() == 25


def case_thread(_):
    with_thread()


def case_thread_executor(_):
    with futures.ThreadPoolExecutor(3) as executor:
        assert list(executor.map(work, range(9))) == [n * n for n in range(9)]


def case_thread_pool(_):
    from multiprocessing.pool import ThreadPool

    with ThreadPool(2) as pool:
        assert pool.map(work, range(6)) == [n * n for n in range(6)]


def case_tasks(_):
    with_tasks()


def case_eager_tasks(_):
    async def main():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)
        await asyncio.gather(loop.create_task(job(1)), loop.create_task(at_once()))

    async def at_once():
        with span("own"):
            return 1

    if hasattr(asyncio, "eager_task_factory"):
        asyncio.run(main())


def case_to_thread(_):
    async def main():
        await asyncio.to_thread(work, 1)
        await asyncio.get_running_loop().run_in_executor(None, work, 2)

    asyncio.run(main())


def case_bare_fork(_):
    child = os.fork()
    if child == 0:
        work(1)
        os._exit(0)
    os.waitpid(child, 0)


CASES = {name[5:]: case for name, case in globals().items() if name.startswith("case_")}


def main(method):
    context = multiprocessing.get_context(method)
    for name, case in CASES.items():
        with record() as run:
            case(context)
        seen = Counter()
        for lane in run.lanes:
            seen.update((lane.kind, str(one.kind), one.name) for one in lane.spans)
        open_ones = int((run.spans.end != run.spans.end).sum())
        told = [[*key, number] for key, number in sorted(seen.items())]
        assert hooks.log is None
        assert not hooks.patched()
        print(json.dumps([name, told, open_ones, run.unseen]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
