"""Two threads count in a global of the module without a lock: one visit gets lost."""

visits = 0


def make():
    global visits
    visits = 0


def visitor(_):
    global visits
    visits += 1


bodies = [visitor, visitor]


def holds(_):
    return visits == 2


KIND = "race"
PREEMPTIONS = 1
