"""What a worker does in a step, in words: 'reads shop.total: 0', 'takes shop.lock'."""

from __future__ import annotations

from helpers.racelab.schedule import Step

__all__ = ["deed", "next_deed"]

DEEDS = {
    "read": "reads {}",
    "write": "writes {}",
    "change": "changes {} to",
    "keep": "leaves {} as it was",
    "start": "begins",
    "acquire": "takes {}",
    "release": "lets {} go",
    "locked": "looks whether {} is taken",
    "wait": "has waited: {} is set",
    "be notified": "is notified by {}",
    "notify": "notifies one who waits at {}",
    "notify_all": "notifies all who wait at {}",
    "is_set": "looks whether {} is set",
    "set": "sets {}",
    "clear": "clears {}",
    "arrive": "comes to {}",
    "reset": "resets {}",
    "abort": "breaks {}",
    "put": "puts something into {}",
    "get": "asks {} for something",
    "look": "looks at {}",
    "task_done": "says that something from {} is done",
    "join": "has waited for the end of {}",
    "shutdown": "shuts {} down",
    "submit": "gives {} something to do",
    "take": "asks {} for something to do",
    "finish": "is done with what it was given",
    "result": "has waited for the result of {}",
    "wait for": "has waited for the end of {}",
    "cancel": "cancels {}",
    "is_alive": "looks whether {} is alive",
    "enumerate": "looks which threads are alive",
    "sleep": "has slept",
}


NEXT = {  # where what comes next is said otherwise than what was done
    "start": "begins",
    "turn": "goes on from here",
    "change": "changes {}",
    "wait": "waits at {}",
    "be notified": "has been notified by {}, and goes on",
    "join": "goes on, now that {} has ended",
    "sleep": "wakes up",
    "result": "gets the result of {}",
    "wait for": "goes on, now that {} has ended",
}


def next_deed(what: str, thing: str) -> str:
    """Return what a worker does next.

    Args:
        what: the word for it, as in `Step`.
        thing: what it does it to.
    """
    if what == thing == "turn":  # of a task that has not begun
        return "begins"
    return (NEXT.get(what) or DEEDS.get(what) or f"{what} of {{}}").replace("{}", thing)


def deed(step: Step) -> str:
    """Return what a worker does in a step."""
    thing = step.thing
    if step.what == "turn":  # of a task: to its next await
        return "begins" if thing == "turn" else "goes on from here"
    if step.gave_up:
        return f"has waited long enough for {thing}"
    if step.what == "acquire" and thing not in step.holds.get(step.name, ()):
        owner = next((one for one, held in step.holds.items() if thing in held), "")
        return f"tries to take {thing}{f', which {owner} holds' if owner else ''}: in vain"
    if step.what == "wait" and step.waits.get(step.name, "").startswith("waits to be notified"):
        return f"lets {thing} go"
    if step.what == "wait" and thing not in step.state:  # at a barrier, or a condition
        return f"has waited at {thing}"
    told = DEEDS.get(step.what, f"{step.what} of {{}}").replace("{}", thing)
    if not step.value:
        return told.removesuffix(" to")
    return f"{told} {step.value}" if step.what == "change" else f"{told}: {step.value}"
