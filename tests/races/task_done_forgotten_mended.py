"""A worker calls task_done for a job that failed, too."""

from queue import Queue
from types import SimpleNamespace


def make():
    return SimpleNamespace(jobs=Queue(), numbers=[], log=[])


def boss(office):
    for job in ("1", "two"):
        office.jobs.put(job)
    office.jobs.join()
    office.log.append("all done")


def worker(office):
    for _ in range(2):
        job = office.jobs.get()
        try:
            office.numbers.append(int(job))
        except ValueError:
            continue
        finally:
            office.jobs.task_done()


bodies = [boss, worker]


def holds(office):
    return office.numbers == [1] and office.log == ["all done"]


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
