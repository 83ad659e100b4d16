"""Accesses of all kinds to what is shared, each with a partner that it could be in no order with.

R is a place of each body's own, for what it has seen.
"""

import re

from tests.race_fuzz import HEAD, Code

__all__ = ["ACCESSES", "BEYOND", "of_accesses", "pairs"]

THINGS = (
    HEAD
    + """\
class Slots:
    __slots__ = ("v",)

    def __init__(self):
        self.v = 0

@dataclass
class Data:
    v: int = 0
    many: list = field(default_factory=list)

class Prop:
    def __init__(self):
        self._v = 0

    @property
    def v(self):
        return self._v

    @v.setter
    def v(self, v):
        self._v = v

class Lazy:
    def __getattr__(self, name):
        if name != "v":
            raise AttributeError(name)
        self.v = 5
        return 5

class Sized:
    def __init__(self):
        self.inner = [1]

    def __len__(self):
        return len(self.inner)

    def __getitem__(self, n):
        return self.inner[n]

    def __setitem__(self, n, v):
        self.inner[n] = v

    def __contains__(self, v):
        return v in self.inner

    def __iter__(self):
        return iter(self.inner)

    def __iadd__(self, v):
        self.inner.append(v)
        return self

    def __eq__(self, other):
        return self.inner == other

    def __bool__(self):
        return bool(self.inner)

    def __call__(self, v):
        self.inner.append(v)

    def __enter__(self):
        self.inner.append(6)

    def __exit__(self, *error):
        self.inner.append(7)

class Mine(list):
    pass

class MyDict(dict):
    def __missing__(self, key):
        self[key] = 1
        return 1

class Users(collections.UserDict):
    pass

class Ready:
    def __init__(self, v):
        self.v = v

    def __get__(self, one, kind):
        return one._ready

    def __set__(self, one, v):
        one._ready = v

class Described:
    v = Ready(0)

    def __init__(self):
        self._ready = 0

# anew for each run

class Kind:
    v = 0
    many = [1]

    @classmethod
    def add(cls):
        cls.v += 1

def counting():
    n = 0
    while True:
        n += 1
        yield n

def keep(v, kept=[]):
    kept.append(v)
    return len(kept)

def first(*some):
    return some[0] if some else 0

def named(**some):
    return sorted(some.values())

def key(v):
    return -v

def bumped(s):
    s.v += 1
    return s.v

def walk(some):
    yield from some

g = 0
many = [1]

class State:
    def __init__(self):
        self.v = 0
        self.l = [2, 1]
        self.m = self.l
        self.d = {"k": 1}
        self.set = {1}
        self.q = collections.deque([1])
        self.t = ([1], [2])
        self.slots, self.data, self.prop, self.sized = Slots(), Data(), Prop(), Sized()
        self.lazy, self.mine, self.my, self.users = Lazy(), Mine([1]), MyDict(k=1), Users(k=1)
        self.desc = Described()
        self.default = collections.defaultdict(int, k=1)
        self.counter = collections.Counter("ab")
        self.order = collections.OrderedDict(a=1, b=2)
        self.chain = collections.ChainMap({}, self.d)
        self.it = itertools.count()
        self.iter = iter([5, 6, 7])
        self.gen = counting()
        self.bytes = bytearray(b"ab")
        self.view = memoryview(self.bytes)
        self.array = array.array("i", [1, 2])
        self.name = "v"
        self.add = functools.partial(self.l.append, 9)
        self.put = self.l.append
        self.call = lambda: len(self.l)
        self.get = operator.attrgetter("v")
        self.first = operator.itemgetter(0)
        self.nested = {"k": {"v": [1]}}
        self.other = [self.l]
        self.end = [0, 0]

    def bump(self):
        self.v += 1

    def __repr__(self):
        return f"<{self.v}>"

def make():
    return State()

def around():
    n = 0
    box = [1]
@BODIES
    def end(s):
        shown = [vars(s).get("v"), s.l, s.d, sorted(s.set), s.q, s.t, s.slots.v, s.data]
        shown += [s.prop.v, s.sized.inner]
        shown += [vars(s.lazy), s.mine, s.my, s.users, s.desc._ready, s.default, s.counter, s.order]
        shown += [s.bytes, s.array, g, many, n, box, Kind.v, Kind.many, s.nested, s.end, s.m]
        return repr(shown + [keep.__defaults__]) , 0

    return @NAMES, end

*bodies, final = around()

def holds(s):
    final(s)
    return True
"""
)

ACCESSES = r"""
s.v += 1
s.v = 3
s.bump()
R = s.v
bumped(s)
R = repr(s)
R = f"{s}"
R = str(s)
setattr(s, "v", 4)
R = getattr(s, "v")
R = getattr(s, s.name)
setattr(s, s.name, getattr(s, s.name) + 1)
R = hasattr(s, "w")
s.w = 1
delattr(s, "w")
del s.w
vars(s)["v"] = 5
R = vars(s)["v"]
R = len(vars(s))
s.__dict__["v"] += 1
s.__dict__.update(v=8)
R = s.__dict__.get("v")
R = copy.copy(s).v
R = copy.copy(s.l)
R = copy.deepcopy(s.l)
R = copy.deepcopy(s.data)
R = s.get(s)
R = s.first(s.l)
R = operator.itemgetter(0)(s.l)
R = operator.attrgetter("v")(s)
operator.setitem(s.l, 0, 7)
R = operator.getitem(s.l, 0)
object.__setattr__(s, "v", 6)
R = object.__getattribute__(s, "v")
R = s.__getattribute__("v")
s.__setattr__("v", 6)
s.slots.v += 1
R = s.slots.v
Slots.v.__set__(s.slots, 8)
Kind.v += 1
Kind.add()
R = Kind().v
R = Kind.v
setattr(Kind, "v", 5)
Kind.many.append(2)
Kind().many.append(4)
s.data.v += 1
R = repr(s.data)
R = s.data == Data(1)
s.data.many.append(1)
R = s.data.many[:]
s.prop.v += 1
R = s.prop.v
s.prop.v = 4
s.desc.v += 1
R = s.desc.v
R = s.lazy.v
s.sized += 5
R = len(s.sized)
R = bool(s.sized)
R = 5 in s.sized
R = [*s.sized]
s.sized[0] = 8
R = s.sized[0]
R = s.sized == [1]
s.sized(4)
with s.sized:\n    R = 1
s.l.append(4)
s.l.append(len(s.l))
s.put(5)
f = s.l.append\nf(1)
s.add()
functools.partial(s.l.append, 8)()
list.append(s.l, 3)
s.l += [4]
s.l *= 2
s.l.extend(s.l)
s.l[:] = [5]
s.l[0] += 1
s.l[0:1] = [6, 7]
del s.l[0]
del s.l[:1]
s.l.insert(0, 9)
s.l.sort()
s.l.reverse()
s.l.sort(key=key)
s.l.remove(1)
R = s.l.pop()
R = s.l.pop(0)
s.l.clear()
s.l = [1]
s.m.append(6)
R = s.l is s.m
R = s.l[0]
R = s.l[-1]
R = s.l[:1]
R = s.l + [1]
R = s.l * 2
R = len(s.l)
R = 1 in s.l
R = 4 not in s.l
R = s.l == [2, 1]
R = s.l < [3]
R = not s.l
R = s.l and 1
R = 1 if s.l else 2
R = [v for v in s.l]
R = [*s.l]
R = {v for v in s.l}
R = {v: v for v in s.l}
R = list(v for v in s.l)
R = sum(v for v in s.l)
R = [v + s.v for v in (1, 2)]
R = list(s.l)
R = tuple(s.l)
R = (*s.l, 1)
R = sum(s.l)
R = max(s.l, default=0)
R = max(s.l[0], 1)
R = min(*s.l)
R = sorted(s.l)
R = sorted(s.l, key=key)
R = sorted((3, 1), key=lambda v: v * s.v)
R = list(map(key, s.l))
R = list(map(lambda v: s.v + v, [1, 2]))
R = list(filter(lambda v: v > s.v, [0, 1, 5]))
R = [*filter(None, s.l)]
R = list(reversed(s.l))
R = any(s.l)
R = list(enumerate(s.l))
R = [(n, v) for n, v in enumerate(s.l)]
R = [v for v in zip(s.l, s.l)]
R = [*zip(s.l, (1, 2))]
R = [*itertools.chain(s.l, s.l)]
R = [*itertools.islice(s.l, 1)]
R = functools.reduce(lambda a, b: a + b + s.v, [1, 2, 3])
R = functools.reduce(operator.add, s.l, 0)
R = first(*s.l)
R = named(**s.d)
R = named(**s.d, b=2)
R = "".join(map(str, s.l))
R = str(s.l)
R = f"{s.l}"
R = f"{s.l!r} {s.v}"
R = f"{s.v:>{len(s.l)}}"
R = "%s" % s.l
R = "%s %s" % (s.l, s.v)
R = "{}".format(s.l)
R = "{0.v}".format(s)
R = (w := s.v) + w
R = [w for _ in s.l if (w := s.v) > 0]
R = s.v if s.v > 0 else -s.v
a, b = s.l\nR = a
a, *b = s.l\nR = b
s.v, s.w = s.l[0], s.v
for v in s.l:\n    R = v
for s.v in (1, 2):\n    pass
for s.l[0] in (8,):\n    pass
i = iter(s.l)\nR = next(i, 0)
it = iter(s.l)\nnext(it, 0)\nR = next(it, 0)
for v in walk(s.l):\n    R = v
s.other[0].append(7)
s.other[0][0] = 7
R = s.other[0][0]
R = len(s.other[0])
R = s.t[0][0]
s.t[0].append(3)
R = [*s.t[0]]
a, b = s.t\na.append(4)
match s.l:\n    case [a, *_]:\n        R = a
match s.d:\n    case {"k": a}:\n        R = a
match s.data:\n    case Data(v=a):\n        R = a
s.d["k"] += 1
s.d["k"] = 5
s.d["z"] = s.d.get("z", 0) + 1
R = s.d.get("k")
R = s.d["k"]
R = "z" in s.d
R = len(s.d)
R = [*s.d]
R = list(s.d.items())
R = [k for k in s.d.keys()]
R = sum(s.d.values())
for k, v in s.d.items():\n    R = v
v = s.d.values()\nR = [*v]
s.d.setdefault("z", 3)
s.d.update(z=4)
s.d |= {"z": 6}
R = s.d | {}
R = {**s.d}
R = dict(s.d)
R = s.d.copy()
R = s.d.pop("k", 0)
s.d.popitem()
del s.d["k"]
R = s.chain["k"]
s.chain["k"] = 7
R = s.nested["k"]["v"][0]
s.nested["k"]["v"].append(2)
s.nested["k"]["v"][0] += 1
s.nested["k"] = {"v": [9]}
s.my["z"] += 1
R = s.my["z"]
R = len(s.my)
s.users["k"] += 1
s.users["z"] = 2
R = dict(s.users)
R = "z" in s.users
s.default["z"] += 1
R = s.default["z"]
R = s.default.get("z")
s.counter["a"] += 1
s.counter.update("a")
s.counter.update(s.l)
R = s.counter["a"]
R = s.counter.most_common()
R = sum(s.counter.values())
s.order.move_to_end("a")
R = list(s.order)
R = next(iter(s.order))
s.set.add(2)
s.set.discard(1)
s.set |= {3}
s.set.update(s.l)
R = 2 in s.set
R = len(s.set)
R = sorted(s.set)
R = s.set | {9}
R = s.set.pop()
s.q.append(2)
R = s.q.popleft()
s.q.appendleft(0)
s.q.rotate(1)
s.q.extend([3, 4])
R = [*s.q]
R = s.q[0]
s.q[0] = 8
R = len(s.q)
s.mine.append(2)
R = s.mine[0]
R = len(s.mine)
s.mine.v = 1
R = next(s.it)
R = next(s.iter)
R = next(s.gen)
for v in s.iter:\n    R = v
R = list(s.iter)
R = s.it.__next__()
s.bytes[0] += 1
s.bytes.append(3)
s.bytes += b"x"
R = bytes(s.bytes)
R = s.bytes.decode()
R = s.view[0]
s.view[0] = 7
s.array[0] += 1
s.array.append(5)
R = s.array[0]
R = s.array.tolist()
R = len(s.array)
R = list(s.array)
g += 1
R = g
globals()["g"] = 7
R = globals()["g"]
many.append(2)
R = len(many)
R = many[:]
many[0] += 1
n += 1
R = n
box.append(n)
R = box[0]
box[0] += 1
R = (lambda: n)()
R = (lambda k=s.v: k)()
R = s.call()
R = keep(1)
def inner():\n    nonlocal n\n    n += 2\ninner()
def inner():\n    s.v += 2\ninner()
R = [(lambda: s.v)() for _ in (1, 2)]
R = eval("s.v")
exec("s.v += 1")
R = s.v == s.l[0]
R = 0 < s.v < 3
assert s.v < 2
R = -s.v
R = bool(s.v)
R = int(s.v) + len(s.l)
R = isinstance(s.l, list)
R = id(s.l) == id(s.m)
R = hash(s.v)
s.v = s.v or 7
s.v = len(s.l)
s.l.append(s.v)
s.v, s.slots.v = s.slots.v, s.v
with s.sized:\n    s.v = len(s.sized)
R = min(s.v, 3)
R = pow(s.v, 2)
R = round(s.v)
R = range(s.v)[:]
R = [1, 2, 3][s.v:]
R = "abc"[s.v]
R = [0] * s.v
R = s.array[:]
R = type(s.l)(s.l)
R = list.__len__(s.l)
R = s.l.__len__()
s.l.__setitem__(0, 5)
R = s.l.__getitem__(0)
R = s.l.__contains__(4)
R = s.l.index(1)
R = s.l.count(4)
R = s.l.copy()
x = s.l\nx.append(4)
x = s.l\nR = x[0] + x[-1]
x = y = s.l\ny.append(8)
x = s\nx.v += 1
x = [s, s.l]\nx[1].append(5)
x = {"a": s.l}\nx["a"].append(5)
x = {"a": s}\nx["a"].v += 1
x = (s, 1)[0]\nx.v += 1
x = s.l if s.v else s.m\nx.append(3)
x = s.l or s.m\nx.append(3)
x = max(s.l, s.m)\nx.append(3)
x = [s]\nfor y in x:\n    y.v += 1
x = [s.l]\nfor y in x:\n    y.append(6)
for x, y in [(s, s.l)]:\n    y.append(6)
for x in (s.l, s.m):\n    x.append(1)
for x in s.t:\n    x.append(1)
for k, x in s.nested.items():\n    x["w"] = 1
[x.append(1) for x in s.t]
list(map(s.l.append, [1, 2]))
list(map(lambda x: x.append(1), s.t))
s.l.extend(v for v in s.l[:1])
s.l.extend(map(key, s.l[:]))
try:\n    R = s.l.pop(3)\nexcept IndexError:\n    R = s.v
try:\n    s.v += 1\nfinally:\n    R = s.v
""".strip().splitlines()


def of_accesses(some):
    """Return a program in whose bodies these accesses are made, a tuple of them in each."""
    return _of_accesses({"bodies": [[*one] for one in some]})


def _of_accesses(parts):
    text = []
    for n, body in enumerate(parts["bodies"]):
        lines = []
        for one in body:
            said = one.replace("\\n", "\n")
            lines += said.replace("R = ", f"s.end[{n}] = ").splitlines()
        used = "\n".join(lines)
        head = [f"    def body{n}(s):"]
        if "g += 1" in used:
            head.append("        global g")
        if "\nn += 1" in f"\n{used}":
            head.append("        nonlocal n")
        head.append("        n, box")
        text += [*head, *("        " + line for line in lines), ""]
    names = ", ".join(f"body{n}" for n in range(len(parts["bodies"])))
    source = THINGS.replace("@BODIES", "\n".join([*text, ""])).replace("@NAMES", names)
    return Code(source, parts, _of_accesses)


# By what they are about: what an access is known by, and partners.
PARTNERS = [
    (
        's.v bump __setattr vars __dict__ str(s) {s} repr(s) s.get getattr "v" eval exec s.sized:',
        [["s.v += 1", "s.v += 1"], ["R = [s.v, s.v]"]],
    ),
    (
        "s.l s.m s.put s.add s.first s.other s.call",
        [
            ["s.l.append(4)", "s.l.append(5)"],
            ["R = [*s.l]", "s.v = [*s.l]"],
            ["s.l[0] = 7", "s.l[0] = 8"],
        ],
    ),
    (
        "s.d s.chain",
        [
            ['s.d["k"] = 4', 's.d["k"] = 5'],
            ['s.d["z"] = 4', 's.d["z"] = 5'],
            ["R = {**s.d}", "s.v = {**s.d}"],
        ],
    ),
    ("s.set", [["s.set.add(4)", "s.set.add(5)"], ["R = sorted(s.set)", "s.v = sorted(s.set)"]]),
    ("s.q", [["s.q.append(4)", "s.q.append(5)"], ["R = [*s.q]", "s.v = [*s.q]"]]),
    (
        "s.t",
        [
            ["s.t[0].append(4)", "s.t[1].append(5)", "s.t[0].append(4)"],
            ["R = [*s.t[0]]", "s.v = [*s.t[0]]"],
        ],
    ),
    ("lots", [["s.slots.v += 1", "s.slots.v += 1"], ["R = [s.slots.v,s.slots.v]"]]),
    (
        "Kind",
        [
            ["Kind.v += 1", "Kind.v += 1"],
            ["R = [Kind.v,Kind.v]"],
            ["Kind.many.append(7)", "Kind.many.append(8)"],
        ],
    ),
    (
        "s.data",
        [
            ["s.data.v += 1", "s.data.v += 1"],
            ["R = [s.data.v,s.data.v]"],
            ["s.data.many.append(7)", "s.data.many.append(8)"],
            ["R = [[*s.data.many],[*s.data.many]]"],
        ],
    ),
    ("s.prop", [["s.prop.v += 1", "s.prop.v += 1"], ["R = [s.prop.v,s.prop.v]"]]),
    ("s.desc", [["s.desc.v += 1", "s.desc.v += 1"], ["R = [s.desc.v,s.desc.v]"]]),
    ("s.lazy", [["R = s.lazy.v"], ["s.lazy.v = 1", "s.lazy.v = 2"]]),
    (
        "s.sized",
        [["s.sized += 4", "s.sized += 5"], ["R = [[*s.sized],[*s.sized]]"], ["s.sized[0] += 1"]],
    ),
    (
        "s.nested",
        [
            ['s.nested["k"]["v"][0] += 1', 's.nested["k"]["v"][0] += 1'],
            ['s.nested["k"]["v"].append(4)', 's.nested["k"]["v"].append(4)'],
            ['R = [[*s.nested["k"]["v"]],[*s.nested["k"]["v"]]]'],
        ],
    ),
    ("s.my", [['s.my["z"] += 1', 's.my["z"] += 1'], ["R = [len(s.my), len(s.my)]"]]),
    (
        "s.users",
        [
            ['s.users["z"] = 1', 's.users["z"] = 2'],
            ["R = [dict(s.users), len(s.users)]"],
            ['s.users["k"] += 1'],
        ],
    ),
    (
        "s.default",
        [['s.default["z"] += 1', 's.default["z"] += 1'], ["R = [len(s.default), len(s.default)]"]],
    ),
    (
        "s.counter",
        [
            ['s.counter["a"] += 1', 's.counter["a"] += 1'],
            ['R = [s.counter["a"], s.counter["a"]]'],
            ['s.counter.update("a")', 's.counter.update("a")'],
        ],
    ),
    (
        "s.order",
        [['s.order["a"] = 8', 's.order.move_to_end("a")'], ["R = [[*s.order], [*s.order]]"]],
    ),
    ("s.mine", [["s.mine.append(8)", "s.mine.append(9)"], ["R = [[*s.mine], [*s.mine]]"]]),
    (
        "s.it s.gen s.iter",
        [
            ["R = [next(s.it),next(s.iter),next(s.it),next(s.iter)]"],
            ["R = [next(s.gen),2]"],
            ["R=[next(s.iter)]", "s.v=next(s.iter)"],
        ],
    ),
    (
        "s.bytes s.view",
        [
            ["s.bytes[0] = 8", "s.bytes[0] = 9"],
            ["R = [[*s.bytes], [*s.bytes]]"],
            ["s.view[0] = 8", "s.view[0] = 9"],
        ],
    ),
    (
        "s.array",
        [
            ["s.array[0] = 8", "s.array[0] = 9"],
            ["R = [[*s.array], [*s.array]]"],
            ["s.array.append(8)", "s.array.append(9)"],
        ],
    ),
    ('"g" g', [["g += 1", "g += 1"], ["R = [g, g]"]]),
    (
        "many",
        [
            ["many.append(1)", "many.append(5)"],
            ["R = [[*many], [*many]]"],
            ["many[0] = 5", "many[0] = 6"],
        ],
    ),
    ("n", [["n += 1", "n += 1"], ["R = [n, n]"]]),
    (
        "box",
        [
            ["box[0] += 1", "box[0] += 1"],
            ["R = [[*box], [*box]]"],
            ["box.append(5)", "box.append(6)"],
        ],
    ),
    ("keep", [["R = keep(1)"], ["R = [keep(5),keep(6)]"]]),
    (' s.w "w" vars', [["s.w = 1", "s.w = 2"], ['R = hasattr(s, "w"), hasattr(s, "w")']]),
]
D, V, L = (
    ['s.d["z"] = 4', 's.d["y"] = 5'],
    ["s.v += 1", "s.v += 1"],
    ["s.l.append(4)", "s.l.append(5)"],
)
DV = ["s.data.v += 1", "s.data.v += 1"]
MORE = [
    ("R = list(k for k in s.d)", D),
    ("R = sum(v for v in s.d.values())", D),
    ("R = [k for k in s.d]", D),
    ("R = {k: v for k, v in s.d.items()}", D),
    ("R = [k for _ in (1,) for k in s.d]", D),
    ("R = any(v > 5 for v in s.d.values())", D),
    ("R = [*walk(s.d)]", D),
    ("for k in walk(s.d):\\n    R = k", D),
    ("R = [k for k, v in zip(s.d, s.l)]", D),
    ("for n, k in enumerate(s.d):\\n    R = n", D),
    ("for k in iter(s.d):\\n    R = k", D),
    ("i = iter(s.d)\\nR = [*i]", D),
    ("i = iter(s.d)\\nfor k in i:\\n    R = k", D),
    ("i = iter(s.d)\\nR = next(i), next(i, 0)", D),
    ("for k in reversed(s.d):\\n    R = k", D),
    ("for k in map(str, s.d):\\n    R = k", D),
    ("for k in map(lambda k: k, s.d):\\n    R = k", D),
    ('R = [*map(lambda k: k + "", s.d)]', D),
    ("for k in filter(None, s.d):\\n    R = k", D),
    ("R = {k for k in s.set}", ["s.set.add(4)", "s.set.add(5)"]),
    ("for k in s.set:\\n    R = k", ["s.set.add(4)", "s.set.add(5)"]),
    ("for k in s.q:\\n    R = k", ["s.q.append(4)", "s.q.append(5)"]),
    ("R = [k for k in s.q]", ["s.q.append(4)", "s.q.append(5)"]),
    ("R = max(s.l, key=lambda v: v + s.v)", V),
    ("R = max(s.l, key=key)", L),
    ("R = min([s], key=lambda o: o.v).v", V),
    ('R = sorted([s], key=operator.attrgetter("v"))[0] is s', V),
    ('R = [*map(operator.attrgetter("v"), [s])]', V),
    ("import dataclasses\\nR = dataclasses.asdict(s.data)", DV),
    ("import dataclasses\\nR = dataclasses.replace(s.data).v", DV),
    ("import dataclasses\\nR = dataclasses.astuple(s.data)", DV),
    ("import json\\nR = json.dumps(vars(s.data))", DV),
    ("import json\\nR = json.dumps(s.d)", ['s.d["k"] = 4', 's.d["k"] = 5']),
    ("import json\\nR = json.dumps(s.l)", ["s.l[0] = 4", "s.l[0] = 5"]),
    ("import pickle\\nR = pickle.dumps(s.l)", ["s.l[0] = 4", "s.l[0] = 5"]),
    ("import random\\nrandom.Random(1).shuffle(s.l)", ["R = [*s.l]", "s.v = [*s.l]"]),
    ("import heapq\\nheapq.heappush(s.l, 0)", ["R = [*s.l]", "s.v = [*s.l]"]),
    ("import bisect\\nbisect.insort(s.l, 0)", ["R = [*s.l]", "s.v = [*s.l]"]),
    ("import statistics\\nR = statistics.mean(s.l)", ["s.l[0] = 4", "s.l[0] = 5"]),
    ("import math\\nR = math.prod(s.l)", ["s.l[0] = 4", "s.l[0] = 5"]),
    ('bumped.n = getattr(bumped, "n", 0) + 1\\nR = bumped.n', ['R = getattr(bumped, "n", 7)']),
    ("R = first(*s.l, 5)", ["s.l[0] = 7", "s.l[0] = 8"]),
    ("R = named(**s.d)", ['s.d["k"] = 7', 's.d["k"] = 8']),
    ('R = print(*s.l, end="", file=None) if 0 else first(*s.l)', ["s.l[0] = 7", "s.l[0] = 8"]),
    ("R = max(*s.l, 0)", ["s.l[0] = 7", "s.l[0] = 8"]),
    ("a, *b = s.l\\nR = a", ["s.l[0] = 7", "s.l[0] = 8"]),
    ("*a, b = s.q\\nR = a", ["s.q.append(4)", "s.q.append(5)"]),
    ("match s:\\n    case State(v=0):\\n        R = 1", ["s.v = 3", "s.v = 0"]),
    ("match s.l:\\n    case [a, b, *_]:\\n        R = a", ["s.l[0] = 7", "s.l[0] = 8"]),
    ('match s.d:\\n    case {"z": a}:\\n        R = a', D),
    ('match s.d:\\n    case {"k": 1, **a}:\\n        R = a', D),
    ("match s.v:\\n    case 1:\\n        R = 9", V),
    ("match s.l:\\n    case [_, _]:\\n        R = 2", L),
    ("class Sub(State):\\n    def bump(self):\\n        super().bump()\\nSub.bump.__get__(s)()", V),
    ("s.bump.__func__(s)", ["R = [s.v, s.v]", "s.v += 1"]),
    ("State.bump(s)", ["s.v += 1"]),
    ("b = s.bump\\nb()", ["s.v += 1"]),
    ("functools.partial(State.bump, s)()", ["s.v += 1"]),
    ('functools.partial(setattr, s, "v")(8)', V),
    ("list(map(State.bump, [s]))", ["s.v += 1"]),
    ("s.call2 = lambda: s.v\\nR = s.call2()", V),
    ('R = {"f": s.l.pop}["f"](0)', ["R = [*s.l]"]),
    ("fs = [s.l.append]\\nfor f in fs:\\n    f(4)", ["R = [*s.l]", "s.v = [*s.l]"]),
    ("for f in (s.l.clear, s.l.reverse):\\n    f()", ["R = [*s.l]", "s.v = [*s.l]"]),
    ("from operator import setitem\\nsetitem(s.l, 0, 4)", ["R = [*s.l]", "s.v = [*s.l]"]),
    ('R = s.d.__getitem__("k")', ['s.d["k"] = 4', 's.d["k"] = 5']),
    ('get = s.d.get\\nR = get("k")', ['s.d["k"] = 4', 's.d["k"] = 5']),
    ('R = s.d.get("q", s.d.get("k"))', ['s.d["k"] = 4', 's.d["k"] = 5']),
    ("x = [s.l]\\ny = x[0]\\nR = y[0]", ["s.l[0] = 7", "s.l[0] = 8"]),
    ("x = [s]\\nR = x[-1].v", V),
    ("x, y = s, s.l\\nR = x.v", V),
    ("x = (lambda: s)()\\nR = x.v", V),
    ("x = [s for _ in (1,)]\\nR = x[0].v", V),
    ("def get():\\n    return s.l\\nR = get()[0]", ["s.l[0] = 7", "s.l[0] = 8"]),
    ("def get():\\n    yield s.l\\nfor x in get():\\n    R = x[0]", ["s.l[0] = 7", "s.l[0] = 8"]),
    ("R = [x[0] for x in [s.l]]", ["s.l[0] = 7", "s.l[0] = 8"]),
    ("R = next(iter([s])).v", V),
    ("R = next(x for x in [s] if x.v)", ["s.v = 1", "s.v = 0"]),
    ("with s.sized as z:\\n    R = s.v", ["s.sized += 4", "s.sized += 5"]),
    ("R = s.v if s.l else 0", ["s.l.clear()", "s.v = 5"]),
    ("while s.v < 2:\\n    s.v += 1", ["s.v += 1"]),
    ("R = s.v\\nR = s.v + 1", V),
    ("R = (s.v, s.v)", V),
    ("R = s.v\\ndel s.v", ['R = hasattr(s, "v")', "s.v = 5"]),
    ('s.d["k"] = s.d["k"] + s.v', V),
    ("R = s.t[0] + s.t[1]", ["s.t[0].append(4)", "s.t[1].append(5)"]),
    ("R = s.t == ([1], [2])", ["s.t[0].append(4)", "s.t[0].pop()"]),
    ("R = repr(s.t)", ["s.t[0].append(4)", "s.t[1].append(5)"]),
    ("R = copy.deepcopy(s.t)", ["s.t[0].append(4)", "s.t[1].append(5)"]),
    ("R = str(s.nested)", ['s.nested["k"]["v"].append(4)', 's.nested["k"]["v"].append(4)']),
    ('R = f"{s.other}"', L),
    ("R = sum(s.other, [])", L),
    ("R = sorted(s.t)", ["s.t[0].append(4)", "s.t[0].append(5)"]),
    ("R = [2, 1] in s.other", ["s.l.append(4)", "s.l.pop()"]),
    ("R = s.other == [[2, 1]]", ["s.l.append(4)", "s.l.pop()"]),
    ("R = (s.l, 1) == ([2, 1], 1)", ["s.l.append(4)", "s.l.pop()"]),
    ("R = copy.copy(s).l[:]", L),
    ('R = {"a": s.l} == {"a": [2, 1]}', ["s.l.append(4)", "s.l.pop()"]),
    (
        'R = list(s.nested.values())[0]["v"][:]',
        ['s.nested["k"]["v"].append(4)', 's.nested["k"]["v"].append(4)'],
    ),
    ("R = str([s])", V),
    ('R = f"{[s, 1]}"', V),
    ("R = [s] == [s]", V),
    ("R = s.data in [Data(1)]", DV),
    ("R = sorted([s.data, s.data], key=lambda o: o.v)[0].v", DV),
    ("R = sum([o.v for o in (s.data, s.slots)])", DV),
    ("R = s.data.v, s.data.many", DV),
]

# What the lab does not claim to see: code as text, two names for one memory, what a library's
# object written in Python hides, what a module's own dictionary is used for.
BEYOND = (
    'exec("s.v += 1")', 'R = eval("s.v")', "s.view[0] = 7", "R = s.view[0]", 'R = s.chain["k"]',
    "R = s.bytes.decode()", "R = bytes(s.bytes)", 'globals()["g"] = 7', 'R = globals()["g"]',
    "import random\nrandom.Random(1).shuffle(s.l)",
)  # fmt: skip


def pairs(most=2):
    """Yield each access with partners, at most so many for what it is about."""
    for access in ACCESSES:
        for keys, partners in PARTNERS:
            if any(_is_about(access, key) for key in keys.split()):
                yield from ((access, tuple(one)) for one in partners[:most])
    yield from ((access.replace("\\n", "\n"), tuple(partner)) for access, partner in MORE)


def _is_about(access, key):
    return re.search(
        rf"(?<![\w.]){re.escape(key)}" + (r"(?!\w)" if key[-1].isalnum() else ""), access
    )
