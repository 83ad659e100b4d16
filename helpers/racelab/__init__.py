"""BREAK: every order in which a learner's threads could run, until one of them breaks.

A program goes through these rooms, from its code to a verdict:

arguments     what it is given
judge         looks for an order that breaks it: search after search, until nothing new is found
search        which orders are tried, and in which turn
paths         where each step leads, as far as runs have shown: there no run is needed
lab           runs the program once, under watch
stage         the stand-ins in their places
either        what stands in a class's place: it makes a stand-in, or the real thing elsewhere
shared        what the program's functions share, as it was at first
spots         where that is, and can be exchanged for a copy
doubles       how a value is copied for that
run           one run: at each point it is chosen who goes on
workers       who is at work in it, and what each is about to do
ends          how it ended
actors        whose turn it is, and what the stand-ins ask of it
carriers      the threads that carry the workers, and the baton that they pass on
watch         tells which instructions are about to run
sites         which places these touch
objects       which object a symbol stands for
places        which places an object has: attributes, what is in it, what it goes over
calls         which places a call touches
kinds         kinds of objects: the program's own, a library's, stand-ins
progress      how far loops have come that do not show it
bytecode      what the instructions of a function touch, in symbols, found before anything runs
instructions  these instructions, sooner than dis has them
symbols, stack, making, effects    these symbols, and what each instruction does to them
whose         whose code it is: the program's or a library's
order         which accesses were in no order: these instructions become points
spin          who goes round and round
forks         keeps it from starting processes
clock, locks, conditions, queues, threads, pools    in place of the standard library's
beyond        what would lead out of the lab: it is refused
schedule      the steps of an order, in the program's words
source        where in the program a step stands
shown         how values are shown
words         the words of a verdict
badge         whether this build of CPython can do an order
game          a program that is gone through step by step
position      where it stands then: who is where, what they share, who holds what
gil           where it can be made to let go of the GIL
ears          tells which instructions come to such a place
verdict       what was found
lanes         its picture: a lane for each worker, a row for each step
plain         the same as text
rows, deeds   what stands in these rows, and in which words

For tasks, these have the places of lab, run, spin, search and the stand-ins:

loop          runs the program once, in a thread of its own
taskrun       one run: at each turn it is chosen which task goes on
turns         the tasks, and what they are about to do
virtual       an event loop without a world around it
rest          the end: whoever is left puts away what it has in hand
cycles        who goes round and round
snapshot      whether all is again as it was
parts         what the objects of a state are made of
reach         what the program's code comes at by its names
states        the search, which does not go on from a state that was seen before
awaits        what a task waits for
copies        how what was made before of asyncio's is copied for each run
"""

from helpers.racelab.judge import race
from helpers.racelab.verdict import Verdict

__all__ = ["Verdict", "race"]
