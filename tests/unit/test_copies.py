"""Cells run as instrumented copies do what Python does: results, names, tracebacks, in each of the copies of their loops."""

from __future__ import annotations

import builtins
import contextlib
import io
import sys
from typing import Any

import pytest
from janus_nb.config import Options
from janus_nb.events import EventBus
from janus_nb.profile.bind import SESSION, bind
from janus_nb.profile.instrument import instrument_module
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.session import Session
from janus_nb.runtime.store import Store
from janus_nb.source.units import add_unit

from tests.unit.fake import FakeBackend


class Quiet(FakeBackend):
    """A library that is never used: loops are left alone after some rounds."""

    def work_done(self) -> int:
        return 0


class Busy(FakeBackend):
    """A library that works all the time: loops stay in the copies with probes and seams."""

    done = 0

    def work_done(self) -> int:
        self.done += 1
        return self.done


class Rarely(Busy):
    """A library that does something now and then."""

    def work_done(self) -> int:
        return super().work_done() // 40


class Absent(FakeBackend):
    """A library that is not loaded."""

    def loaded(self) -> bool:
        return False


BACKENDS = {"quiet": Quiet, "busy": Busy, "rarely": Rarely, "absent": Absent}

CELLS = {
    "annotations": """
import dataclasses, typing
@dataclasses.dataclass
class P:
    x: int = 1
    y: typing.ClassVar[int] = 2
def f(a: int, *, b: 'str' = '') -> float:
    '''doc'''
    return 0.0
def outer(k):
    '''outer doc'''
    found = []
    for i in range(k):
        def inner(a: int = i) -> list[int]:
            '''inner doc'''
            v: int = a
            return [v]
        class C:
            z: int = i
            def m(self): return lambda: 0
        found.append((inner.__annotations__, inner.__qualname__, inner.__doc__, C.__qualname__, C.__annotations__, C().m().__qualname__, C.m.__qualname__))
    return found, [j.gi_code.co_name for j in [(q for q in ())]]
out.append((P.__annotations__, [x.name for x in dataclasses.fields(P)], f.__annotations__, f.__doc__, typing.get_type_hints(f)))
for k in range(40):
    out.append(outer(k % 3))
total: float = 1.0
out.append(__annotations__)
""",
    "future_annotations": """
from __future__ import annotations
def outer(k):
    for i in range(k):
        def inner(a: int) -> 'str': pass
    return inner.__annotations__
for k in range(30):
    out.append(outer(2))
x: int = 3
out.append(__annotations__)
""",
    "own_names": """
__janus__ = 5
for i in range(30):
    __janus__ += i
    _ = [__janus__ for k in range(2)]
def f(__janus__):
    while __janus__ < 20:
        __janus__ += 1
    return __janus__
out.append((__janus__, f(1), sorted(n for n in globals() if 'anus' in n)))
""",
    "code_replaced": """
def f(x=1): return x
def g(x=1): return x * 100
for i in range(60):
    if i == 20: f.__code__ = g.__code__
    if i == 30: f.__defaults__ = (i,)
    if i == 40:
        def f(x=2): return -x
    if i == 50: f.__defaults__ = (7,)
    out.append(f())
""",
    "kwdefaults_replaced": """
def f(*, k=1):
    n = 0
    for j in range(3): n += k
    return n
for i in range(60):
    if i == 25: f.__kwdefaults__ = {'k': 5}
    if i == 35: f.__kwdefaults__['k'] = 6
    out.append(f())
""",
    "attributes": """
def f():
    f.calls += 1
    return f.calls, f.__name__
f.calls = 0
for i in range(60): out.append(f())
""",
    "comprehensions": """
def f(x): return x % 7
def g(x):
    n = 0
    for k in range(x % 3): n += k
    return n
class A:
    def h(self, x): return f(x) + 1
a = A()
for i in range(40):
    out.append([f(x) for x in range(5)])
    out.append({g(x) for x in range(5) if f(x)})
    out.append({g(x): f(y) for x in range(3) for y in range(3) if f(x) or f(y)})
    out.append(sum(g(x) for x in range(5)))
    out.append([[f(x + y) for x in range(2)] for y in range(2)])
    out.append([(last := f(x)) for x in range(3)] + [last])
    out.append([a.h(x) for x in (f(i), g(i))])
    out.append([x for x in map(f, range(3))])
    out.append(list(f(x) for x in (g(y) for y in range(3))))
out.append([f(x) for x in range(2000)])
out.append([g(x) for x in range(2000)])
it = (g(x) for x in range(4))
out.append((next(it), type(it).__name__, it.__name__, it.__qualname__))
out.append(list(it))
try:
    [f(x) for x in 5]
except TypeError as e:
    out.append(str(e))
""",
    "whiles": """
def f(k):
    n = 0
    while n < k:
        n += 1
        if n == 50: break
        if n % 2: continue
        out.append(n)
    else:
        out.append('else')
        return 'ended', n
    return 'broken', n
for k in (0, 1, 3, 30, 49, 51, 90, 5, 60): out.append(f(k))
n = 0
while True:
    n += 1
    while n % 5:
        n += 1
        if n == 33: break
    else:
        out.append(n)
        if n > 90: break
        continue
    out.append(-n)
    for q in range(3):
        while q:
            q -= 1
            if q == 1: break
        else:
            continue
        break
    else:
        out.append('none broke')
""",
    "try_and_loops": """
def f(k):
    for i in range(k):
        try:
            for j in range(i):
                if j == 4: raise KeyError(j)
                if j == 3 and i == 30: return 'returned'
        except KeyError as e:
            out.append(('caught', e.args))
            continue
        finally:
            out.append(('finally', i))
        while i > 25:
            if k == 28: raise ValueError(i)
            break
    return 'end'
for k in (3, 10, 40, 28): out.append(f(k))
""",
    "recursion": """
def walk(n, depth=0):
    for k in range(n):
        while depth < 3:
            out.append((n, k, depth))
            walk(n - 1, depth + 1)
            break
        else:
            return
for n in range(5): walk(n)
def even(n): return True if n == 0 else odd(n - 1)
def odd(n): return False if n == 0 else even(n - 1)
for n in range(60): out.append(even(n))
""",
    "frames": """
import sys, inspect
def where():
    f = sys._getframe(1)
    return f.f_lineno, f.f_code.co_name, sorted(n for n in f.f_locals if n != 'out' and not n.startswith('__'))
def f(a):
    '''doc'''
    for i in range(30):
        b = i
        if i in (0, 5, 29): out.append(where())
    while b > 0:
        b -= 3
        if b in (2, 26): out.append((where(), sorted(locals())))
    return inspect.currentframe().f_lineno
out.append(f(1))
out.append(inspect.getsource(f))
""",
    "closures_and_nonlocal": """
def make():
    n = 0
    def bump(by):
        nonlocal n
        for k in range(by):
            n += k
        return n, by
    return bump, lambda: n
bump, read = make()
for i in range(40): out.append((bump(i), read()))
""",
    "class_bodies": """
class C:
    xs = [i * 2 for i in range(4)]
    total = 0
    for q in range(20):
        total += q
    while total > 100:
        total -= 7
    def __init__(self): self.__p = 3
    def m(self):
        return [self.__p for k in range(2)], __class__.__name__, super().__repr__()[:5]
for i in range(40): out.append((C.xs, C.total, C().m()))
""",
    "generators_are_closed": """
def gen():
    try:
        for k in range(50): yield k
    finally:
        out.append('closed')
for x in gen():
    if x == 30: break
out.append('after')
g = gen()
for x in g: pass
out.append(list(g))
""",
    "deep_nesting": "n = 0\n" + "".join(f"{' ' * k}for i{k} in range({2 if k > 6 else 1}):\n" for k in range(17)) + " " * 17 + "n += 1\nout.append(n)\n",
    "deep_functions": "def f():\n n = 0\n" + "".join(f"{' ' * (k + 1)}while True:\n" for k in range(12)) + " " * 13 + "return n\nfor q in range(5): out.append(f())\n",
    "del_and_unbound": """
for i in range(40):
    x = i
    del x
try:
    x
except NameError as e: out.append(str(e))
def f():
    for i in range(30):
        if i == 20: del i; break
    return i
try: f()
except UnboundLocalError as e: out.append(str(e))
""",
    "error_in_iterable": "def f(): raise KeyError('it')\nfor k in range(30):\n    out.append(k)\n    if k == 25:\n        for q in f():\n            pass\n",
    "error_in_test": "n = 0\nwhile 10 // (20 - n):\n    n += 1\n    out.append(n)\n",
    "error_in_body": "def f(k):\n    n = 5\n    while n:\n        n -= 1\n        for q in range(20):\n            if q == 18 and k == 22:\n                [][q]\n    return n\nfor k in range(30):\n    out.append(f(k))\n",
    "error_in_comprehension": "def f(x):\n    return 1 // (25 - x)\nfor k in range(30):\n    out.append([f(k + j) for j in range(2)])\n",
    "error_in_iterator": "def g():\n    for k in range(30):\n        yield 1 // (25 - k)\nfor x in g():\n    out.append(x)\n",
    "not_iterable": "for x in 5:\n    pass\n",
    "lambda_and_defaults": "fs = []\nfor i in range(40):\n    fs.append(lambda i=i: [j for j in range(i)])\nout.append([len(f()) for f in fs])\n",
    "unpacking_targets": "d = {}\nfor d['k'], *d['rest'] in [(i, i, i) for i in range(30)]:\n    out.append(dict(d))\n",
    "star_and_keyword_calls": "def f(*a, k=1, **kw):\n    return a, k, sorted(kw.items())\nfor i in range(60):\n    out.append(f(*range(i % 3), k=i, **{'z': i}))\n",
    "builtins_shadowed": "def len(x):\n    return 42\nfor i in range(40):\n    out.append(len([i]))\ndel len\nout.append(len([1]))\n",
    "generator_functions": "def g(n):\n    got = 0\n    for i in range(n):\n        got = (yield i + (got or 0))\nfor k in range(20):\n    it = g(5)\n    out.append((next(it), it.send(3), list(it)))\n",
    "context_managers": "import contextlib\n@contextlib.contextmanager\ndef opened(k):\n    out.append(('in', k))\n    try:\n        yield k * 2\n    finally:\n        out.append(('out', k))\nfor k in range(40):\n    with opened(k) as v, opened(v):\n        if k % 3 == 0: continue\n        out.append(v)\n",
    "match": "def kind(x):\n    match x:\n        case int(): return 'int'\n        case [a, *rest] if a: return rest\n        case {'k': v}: return v\n    return None\nfor i in range(20):\n    out.append([kind(x) for x in (i, [i, 2], {'k': i}, None)])\n",
}  # fmt: skip


def outcome(code: Any, names: dict[str, Any]) -> tuple[Any, ...]:
    """What a run leaves behind: results, text, the error with every frame and position of the user's, and names."""
    error: Any = None
    text = io.StringIO()
    try:
        with contextlib.redirect_stdout(text):
            exec(code, names)
    except BaseException as raised:
        error = [repr(raised)]
        trace = raised.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename.startswith("<janus-cell"):
                position = list(code.co_positions())[trace.tb_lasti // 2] if sys.version_info >= (3, 11) else None
                error.append((code.co_name, getattr(code, "co_qualname", ""), trace.tb_lineno, code.co_firstlineno, position))
            trace = trace.tb_next
    return names["out"], text.getvalue(), error, sorted(names)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CELLS)
def test_a_copy_does_what_python_does(name: str, backend: str) -> None:
    text = CELLS[name]
    unit = add_unit(f"<janus-cell copies {name}>", name, text)
    expected = outcome(compile(text, unit.file, "exec", dont_inherit=True), {"out": [], "__name__": "__main__"})
    before = set(vars(builtins))
    store = Store()
    session = Session(Engine(BACKENDS[backend](), Options.make(profile=2), EventBus(), store.recorder), store)
    code = compile(instrument_module(unit, unit.tree, store.sites), unit.file, "exec", dont_inherit=True)
    found = outcome(bind(code, session), {"out": [], "__name__": "__main__"})
    assert found == expected
    assert not session.loops and not session.drivers and not store.claims._held
    assert set(vars(builtins)) == before


def test_only_instrumented_code_is_bound() -> None:
    text = "def f():\n    return [i for i in range(3)]\nfor i in range(3):\n    f()\n"
    unit = add_unit("<janus-cell bound>", "bound", text)
    store = Store()
    code = compile(instrument_module(unit, unit.tree, store.sites), unit.file, "exec")
    session = Session(Engine(Busy(), Options(), EventBus(), store.recorder), store)
    bound = bind(code, session)
    assert SESSION in code.co_consts and SESSION not in bound.co_consts and session in bound.co_consts
    users = next(c for c in code.co_consts if getattr(c, "co_name", "") == "f")
    assert any(c is users for c in bound.co_consts)


def test_sessions_are_not_kept_alive() -> None:
    import gc
    import weakref

    text = "def f(x):\n    for k in range(3): x += k\n    return x\nfor i in range(40):\n    f(i)\nkept = (f(x) for x in range(3))\n"
    unit = add_unit("<janus-cell lifetime>", "lifetime", text)
    store = Store()
    session = Session(Engine(Busy(), Options(), EventBus(), store.recorder), store)
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(bind(compile(instrument_module(unit, unit.tree, store.sites), unit.file, "exec"), session), names)
    session.finish()
    assert list(names.pop("kept")) == [3, 4, 5]  # what has outlived the cell goes on as plain Python
    gone = weakref.ref(session)
    del session, names
    gc.collect()
    assert gone() is None


FAULTS = [
    "janus_nb.runtime.store.Store.region", "janus_nb.runtime.copies.Copies.code", "janus_nb.runtime.store.Claims.take",
    "janus_nb.runtime.announcer.Announcer.say_once", "janus_nb.runtime.announcer.Announcer.found", "janus_nb.runtime.quiet.Quiet.note",
    "janus_nb.profile.recorder.Recorder.branch", "janus_nb.profile.recorder.Recorder.trip", "janus_nb.runtime.executions.bystander",
    "janus_nb.runtime.session.open_iterable", "janus_nb.runtime.executions.Driver", "janus_nb.runtime.session.Session.region",
    "janus_nb.runtime.session.Session._is_inner", "janus_nb.runtime.driver.Driver.close", "janus_nb.runtime.driver.Driver.note_profiled",
    "janus_nb.runtime.probes.bind", "janus_nb.runtime.probes.copy_of", "janus_nb.runtime.probes.has_loop", "janus_nb.runtime.probes.is_user_function",
    "tests.unit.fake.FakeBackend.work_done", "tests.unit.fake.FakeBackend.loaded", "tests.unit.fake.FakeBackend.in_eager_mode",
    "tests.unit.fake.FakeBackend.under_tape", "tests.unit.fake.FakeBackend.open_source", "tests.unit.fake.FakeBackend.is_tensor",
]  # fmt: skip
FAULTY = """
from tests.unit.fake import Variable
v = Variable([0.0])
def f(x):
    n = 0
    while n < x:
        n += 1 if x % 2 and n or x > 3 else 2
    for k in range(x):
        n += k
    return n
for i in range(40):
    v.add(1.0)
    out.append(f(i % 5) and [f(j) for j in range(2) if f(j)])
n = 0
while n < 40:
    v.add(1.0)
    n += 1
    out.append(f(n % 4))
out.append([f(j) for j in range(3)])
out.append(float(v.data[0]))
del v
"""


@pytest.mark.parametrize("place", FAULTS)
@pytest.mark.parametrize("when", [0, 1, 7])
def test_a_fault_of_ours_is_not_the_users(place: str, when: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever raises inside JANUS, and at whichever call, the program's result is Python's."""
    unit = add_unit("<janus-cell faulty>", "faulty", FAULTY)
    expected = outcome(compile(FAULTY, unit.file, "exec", dont_inherit=True), {"out": [], "__name__": "__main__"})
    store = Store()
    owner, _, name = place.rpartition(".")
    target: Any = sys.modules.get(owner) or getattr(sys.modules[owner.rpartition(".")[0]], owner.rpartition(".")[2])
    original, calls = getattr(target, name), [0]

    def planted(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] > when:
            raise RuntimeError("planted")
        return original(*args, **kwargs)

    monkeypatch.setattr(target, name, planted)
    session = Session(Engine(FakeBackend(), Options.make(profile=2), EventBus(), store.recorder), store)
    code = bind(compile(instrument_module(unit, unit.tree, store.sites), unit.file, "exec", dont_inherit=True), session)
    found = outcome(code, {"out": [], "__name__": "__main__"})
    assert calls[0] > when or when
    assert found == expected
    assert not session.loops and not session.drivers and not store.claims._held
