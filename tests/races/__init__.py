"""Small programs, each with a mistake or, as `..._mended`, without it, for the race lab to judge.

Each module has `make`, `bodies` and `holds`, and says of itself:

KIND          'ok', or what goes wrong in one of the orders: 'race' (`holds` is false at the end),
              'deadlock', 'exception' or 'livelock'; only this can go wrong, in any order. An order
              is fair: who spins or sleeps is not run for ever while another could go on.
PREEMPTIONS   how often the scheduler has to leave a body that could have gone on, at least, before
              it goes wrong; None if it never does. A body that waits, sleeps or has ended is left
              for nothing, and sleeps wake in any order.
SERIAL        False if the bodies cannot be run one after another, in every order: one of them
              would wait for one that comes later.
"""
