"""The cell is the user's program: whatever a cell can see of itself is the same with JANUS on and off.

Probes (what is looked at) times places (where the code stands), in a real IPython shell with the fake library; all that a user can
see is compared: output, error output, the traceback's text, what is displayed, names and their types.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import linecache
import re
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from IPython.core.displayhook import DisplayHook
from IPython.testing.globalipapp import start_ipython
from janus_nb.function import runtime

from tests.unit.fake import FakeBackend, Tensor, Variable
from tests.unit.test_engine import every_iteration_is_worth_it  # noqa: F401 - a fixture for all tests here

PLACES = {
    "top": "{setup}\nfor i in range(24):\n    v.add(data[i])\n{probe}",
    "for": "{setup}\nfor i in range(24):\n    v.add(data[i])\n    if i in (2, 20):\n{probe2}",
    "function": "{setup}\ndef work(i):\n    for j in range(3):\n        v.add(data[i])\n{probe1}\nfor i in range(24):\n    work(i)",
    "while": "{setup}\ni = 0\nwhile i < 24:\n    v.add(data[i])\n    i += 1\n    if i == 22:\n{probe2}",
}

PROBES = {
    # code: flags, annotations, names, positions, source
    "annotations": "class A:\n    x: int = 1\n    y: 'str' = ''\nprint(A.__annotations__)",
    "function annotations": "def f(a: int, b: list[int] = ()) -> float: ...\nprint(f.__annotations__, f.__defaults__)",
    "flags": "def f(): return 1\nprint(f.__code__.co_flags, (lambda: 0).__code__.co_flags)",
    "qualnames": "class A:\n    class B:\n        def m(self): return lambda: 0\nprint(A.B.m.__qualname__, A.B().m().__qualname__, A.B.__module__)",
    "positions": "def f(a):\n    return a + 1\nprint(list(f.__code__.co_positions()) if hasattr(f.__code__, 'co_positions') else 0)",
    "line table": "def f(a):\n    b = a\n    return b\nprint([line for *_, line in f.__code__.co_lines()], f.__code__.co_firstlineno)",
    "constants": "def f(): return 'a', 1.5, None\nprint(f.__code__.co_consts, f.__code__.co_names, f.__code__.co_varnames)",
    "own line": "import sys\nprint(sys._getframe().f_lineno, sys._getframe().f_code.co_name)",
    "own code": "import sys\nprint(sys._getframe().f_code.co_filename == (lambda: 0).__code__.co_filename)",
    "docstring": "def f():\n    'what it does'\nprint(f.__doc__)",
    "dataclass": "from dataclasses import dataclass, fields\nfrom typing import ClassVar\n@dataclass\nclass D:\n    n: int = 0\n    k: ClassVar[int] = 3\nprint([f.name for f in fields(D)], D(2))",
    "hints": "import typing\nclass A:\n    x: 'list[int]'\nprint(typing.get_type_hints(A))",
    "type parameters": "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Box(Generic[T]): ...\nprint(Box[int], T.__module__)",
    "metaclass": "class M(type):\n    def __new__(m, name, bases, d):\n        print(sorted(k for k in d if k != '__firstlineno__'))\n        return super().__new__(m, name, bases, d)\nclass A(metaclass=M):\n    x = 1\n    def f(self): pass",
    "decorator": "def deco(f):\n    print(f.__name__, f.__code__.co_firstlineno)\n    return f\n@deco\ndef g(): return 1\nprint(g())",
    "class body": "class A:\n    print(sorted(k for k in locals()))\n    n = [k for k in range(3)]\nprint(A.n)",
    "private names": "class A:\n    def __init__(self): self.__n = 1\nprint(vars(A()))",
    "closures": "def outer():\n    n = 0\n    def f():\n        nonlocal n\n        n += 1\n        return n\n    return f\nf = outer(); print(f(), f(), f.__closure__[0].cell_contents)",
    "enum": "import enum\nclass C(enum.Enum):\n    A = enum.auto()\n    B = enum.auto()\nprint(list(C))",
    "named tuple": "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int\n    y: int = 2\nprint(P(1), P._field_defaults)",
    # namespaces
    "globals": "print(sorted(k for k in globals() if 'anus' in k.lower() and k != 'get_ipython'))",
    "builtins": "import builtins\nprint([k for k in vars(builtins) if 'anus' in k.lower()])",
    "locals": "q = 1\nprint('q' in locals(), type(locals()).__name__)",
    "vars": "print(sorted(k for k in vars() if k.startswith('q') or 'anus' in k))",
    "exec": "space = {}\nexec('z = 5\\nfor k in range(3): z += k', space)\nprint(space['z'])",
    "exec here": "exec('made = 7')\nprint(globals().get('made', locals().get('made')))",
    "eval": "q3 = 3\nprint(eval('q3 + 1'), eval('[q3 for _ in range(2)]', {'q3': 9}))",
    "dunder name": "print(__name__, '__file__' in globals())",
    "del": "gone = 1\ndel gone\ntry:\n    gone\nexcept NameError as error:\n    print(type(error).__name__, error)",
    "dir": "print([n for n in dir() if 'anus' in n])",
    "modules": "import sys\nprint(sys.modules['__main__'].__dict__ is globals())",
    "shadowed": "print_ = print\nrange_ = range\ndef probe(range=lambda n: [n]):\n    return [k for k in range(3)]\nprint_(probe())",
    # exceptions
    "raise": "raise ValueError('here')",
    "zero division": "x = 1\ny = (x +\n     1) / 0",
    "chained": "try:\n    {}['k']\nexcept KeyError as e:\n    raise RuntimeError('second') from e",
    "context": "try:\n    [][1]\nexcept IndexError:\n    int('x')",
    "notes": "e = ValueError('noted')\nif hasattr(e, 'add_note'): e.add_note('a note')\nraise e",
    "group": "if hasattr(__builtins__, 'ExceptionGroup') or 'ExceptionGroup' in dir(__builtins__):\n    raise ExceptionGroup('several', [ValueError(1), KeyError('k')])",
    "from function": "def deep(n):\n    return deep(n - 1) if n else 1 / 0\ndeep(3)",
    "in comprehension": "print([1 // (k - 2) for k in range(4)])",
    "assertion": "assert 1 == 2, 'not equal'",
    "attribute hint": "class A:\n    colour = 1\nA().color",
    "traceback text": "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    print(traceback.format_exc())",
    "traceback frames": "import sys\ntry:\n    {}[1]\nexcept KeyError:\n    t = sys.exc_info()[2]\n    n = 0\n    while t: n += 1; t = t.tb_next\n    print(n)",
    "stack": "import traceback\ndef here(): return [f.name for f in traceback.extract_stack() if 'anus' in f.filename and 'site-packages' not in f.filename]\nprint(here())",
    "exc_info cleared": "import sys\ntry: 1 / 0\nexcept ZeroDivisionError: pass\nprint(sys.exc_info())",
    "last exception": "try:\n    raise KeyError('x')\nexcept KeyError as error:\n    print(error.__traceback__.tb_lineno, error.__context__)",
    "finally": "try:\n    try:\n        raise ValueError(1)\n    finally:\n        print('finally')\nexcept ValueError as e:\n    print(repr(e))",
    "syntax error inside": "compile('a b', 'x', 'exec')",
    "system exit": "import sys\nsys.exit(3)",
    "keyboard interrupt": "raise KeyboardInterrupt",
    "stop iteration": "next(iter(()))",
    "recursion limit": "def f(n): return f(n + 1)\ntry:\n    f(0)\nexcept RecursionError as e:\n    print(type(e).__name__)",
    # tools
    "settrace": "import sys\nlines = []\ndef tracer(frame, event, arg):\n    lines.append((event, frame.f_code.co_name)); return tracer\ndef g():\n    a = 1\n    return a\nsys.settrace(tracer)\ng()\nsys.settrace(None)\nprint([l for l in lines if l[1] == 'g'])",
    "setprofile": "import sys\ncalls = []\ndef g(): return 1\nsys.setprofile(lambda f, e, a: calls.append((e, f.f_code.co_name)))\ng()\nsys.setprofile(None)\nprint([c for c in calls if c[1] == 'g'])",
    "gc": "import gc\nseen = []\ndef cb(phase, info): seen.append(phase)\ngc.callbacks.append(cb)\ngc.collect()\ngc.callbacks.remove(cb)\nprint(seen)",
    "weakref": "import weakref\nclass A: pass\na = A()\nr = weakref.ref(a)\ndel a\nprint(r() is None)",
    "finalizer": "class A:\n    def __del__(self): print('gone')\na = A()\na = None\nprint('after')",
    "refcount": "import sys\nx = object()\nprint(sys.getrefcount(x))",
    "warnings": "import warnings\nwarnings.simplefilter('default')\nfor _ in range(3):\n    warnings.warn('once here')\nprint(len(globals().get('__warningregistry__', ())) > 0)",
    "warning lines": "import warnings\nwith warnings.catch_warnings(record=True) as w:\n    warnings.simplefilter('always')\n    warnings.warn('a'); warnings.warn('b')\nprint([(x.lineno, str(x.message)) for x in w])",
    "inspect source": "import inspect\ndef g(a):\n    # a comment\n    return a\nprint(inspect.getsource(g), inspect.getsourcelines(g)[1])",
    "inspect frame": "import inspect\nprint(inspect.currentframe().f_lineno, inspect.stack()[0].function, inspect.stack()[0].code_context)",
    "signature": "import inspect\ndef g(a, *b, c=1, **d): ...\nprint(inspect.signature(g))",
    "doctest": "import doctest\ndef g():\n    '''\n    >>> g()\n    1\n    '''\n    return 1\nprint(doctest.DocTestFinder().find(g, 'g', globs={'g': g})[0].examples[0].want)",
    "pickle": "import pickle\nprint(pickle.loads(pickle.dumps({'a': (1, 2.5)})))",
    "pickle class": "import pickle\nglobals()['PC'] = type('PC', (), {'__module__': '__main__'})\nprint(type(pickle.loads(pickle.dumps(PC()))).__name__)",
    "pickle function": "import pickle\ndef picked(): return 4\npicked.__qualname__ = 'picked'\nglobals()['picked'] = picked\nprint(pickle.loads(pickle.dumps(picked))())",
    "ast": "import ast, inspect\ndef g(): return [k for k in range(2)]\nprint(ast.dump(ast.parse(inspect.getsource(g).strip())))",
    "dis": "import dis\ndef g(x):\n    for k in x: pass\nprint([i.opname for i in dis.get_instructions(g)])",
    "marshal": "import marshal\ndef g(): return 2\nprint(len(marshal.dumps(g.__code__)) > 0)",
    # running
    "generator left open": "def g():\n    try:\n        yield 1\n        yield 2\n    finally:\n        print('closed')\nit = g(); print(next(it)); del it\nprint('end')",
    "generator frame": "def g():\n    x = 1\n    yield x\nit = g(); next(it)\nprint(it.gi_frame.f_locals, it.gi_frame.f_lineno)",
    "send": "def g():\n    got = yield 1\n    print('got', got)\n    yield 2\nit = g(); next(it); print(it.send('a'))",
    "coroutine": "import asyncio\nasync def f():\n    return 5\nc = f()\ntry: c.send(None)\nexcept StopIteration as s: print(s.value)",
    "context manager": "import contextlib\n@contextlib.contextmanager\ndef cm():\n    print('in')\n    try: yield 3\n    finally: print('out')\nwith cm() as k: print(k)",
    "contextvars": "import contextvars\nvar = contextvars.ContextVar('v', default=1)\nt = var.set(2); print(var.get()); var.reset(t); print(var.get(), len(contextvars.copy_context()) >= 0)",
    "signals": "import signal\ndef h(*a): print('handled')\nold = signal.signal(signal.SIGUSR1, h)\nsignal.raise_signal(signal.SIGUSR1)\nprint(signal.getsignal(signal.SIGUSR1) is h)\n_ = signal.signal(signal.SIGUSR1, old)",
    "timer": "import signal, time\nrung = []\nold = signal.signal(signal.SIGALRM, lambda *a: rung.append(1))\n_ = signal.setitimer(signal.ITIMER_REAL, 0.005)\ntime.sleep(0.03)\nprint(rung)\n_ = signal.signal(signal.SIGALRM, old)",
    "alarm raises": "import signal, time\nclass Late(Exception): pass\ndef h(*a): raise Late('late')\nold = signal.signal(signal.SIGALRM, h)\n_ = signal.setitimer(signal.ITIMER_REAL, 0.005)\ntry:\n    time.sleep(1)\nexcept Late as e:\n    print(repr(e))\n_ = signal.signal(signal.SIGALRM, old)",
    "atexit": "import atexit\ndef bye(): pass\nprint(atexit.register(bye) is bye); atexit.unregister(bye)",
    "stdout": "import sys\nsys.stdout.write('raw\\n'); print('err', file=sys.stderr)",
    "redirect": "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as s: print('hidden')\nprint(len(s.getvalue()))",
    "logging": "import logging, io\ns = io.StringIO(); log = logging.getLogger('probe'); log.handlers[:] = [logging.StreamHandler(s)]; log.handlers[0].setFormatter(logging.Formatter('%(funcName)s:%(lineno)d %(message)s')); log.propagate = False\nlog.warning('w'); print(s.getvalue())",
    "walrus": "print([y := 5, y ** 2], (n := 3) + n)",
    "match": "match (1, [2, 3]):\n    case (a, [b, *c]): print(a, b, c)",
    "star": "a, *b = range(4)\nprint(a, b, *b, sep='-')",
    "global in function": "def setg():\n    global made_global\n    made_global = 11\nsetg(); print(made_global)",
    "lambda default": "fs = [lambda k=k: k for k in range(3)]\nprint([f() for f in fs], [f() for f in [lambda: k for k in range(3)]])",
    "loop variable": "for loop_variable in range(3): pass\nprint(loop_variable)",
    "for else": "for k in range(3):\n    if k == 5: break\nelse:\n    print('else')",
    "identity": "a = []\nb = a\na += [1]\nprint(b is a, b, id(a) == id(b))",
    "string formatting": "x = 3.14159\nprint(f'{x:.2f} {x!r:>10} {x=}')",
    "slots": "class A:\n    __slots__ = ('n',)\na = A(); a.n = 1\nprint(a.n, hasattr(a, '__dict__'))",
    "descriptor": "class D:\n    def __set_name__(self, owner, name): print(owner.__name__, name)\n    def __get__(self, o, t=None): return 5\nclass A:\n    d = D()\nprint(A().d, A.d)",
    "init subclass": "class Base:\n    def __init_subclass__(cls, **kw): print(cls.__name__, kw)\nclass Sub(Base, tag=1): pass",
    "super": "class A:\n    def f(self): return 'A'\nclass B(A):\n    def f(self): return super().f() + 'B'\nprint(B().f())",
    "property": "class A:\n    @property\n    def p(self): return 'p'\n    @p.setter\n    def p(self, value): print('set', value)\na = A(); a.p = 3; print(a.p)",
    "input hash": "print(hash((1, 2)) == hash((1, 2)), len({1, 1.0, True}))",
    "import": "import importlib, types\nm = types.ModuleType('probe_module'); exec('x = 1', vars(m)); print(m.x, m.__name__)",
}

WHOLE = {
    # cells of IPython's own: displayed values, magics, history
    "displayed": "for i in range(24):\n    v.add(data[i])\ni * 2",
    "displayed last name": "q = [1, 2]\nq",
    "not displayed": "q = 5;\nq;",
    "underscore": "_",
    "future annotations": "from __future__ import annotations\nclass A:\n    x: Undefined\nprint(A.__annotations__)\nfor i in range(20): v.add(data[i])",
    "no future afterwards": "class A:\n    x: int\nprint(A.__annotations__)",
    "top-level await": "import asyncio\nfor i in range(20):\n    v.add(data[i])\n    await asyncio.sleep(0)\nprint(i)",
    "async for": "async def gen():\n    for k in range(5): yield k\nasync for k in gen():\n    v.add(data[k])\nprint(k)",
    "capture": "%%capture out\nfor i in range(20):\n    v.add(data[i]); print(i)",
    "captured": "print(out.stdout)",
    "magic in loop": "for i in range(3):\n    %who_ls int\nprint(i)",
    "assigned magic": "names = %who_ls float\nprint(names)",
    "shell": "!echo from the shell",
    "help": "len?",
    "syntax error": "for i in range(3)\n    print(i)",
    "indentation error": "for i in range(3):\nprint(i)",
    "tab error": "if True:\n\tx = 1\n        y = 2",
    "unterminated": "s = 'abc",
    "return outside": "return 5",
    "break outside": "break",
    "await in function": "def f():\n    await x\n",
    "empty": "",
    "comment": "# nothing",
    "unicode names": "größe = 3\nfor ñ in range(20):\n    v.add(data[ñ])\nprint(größe, ñ)",
    "line continuation": "x = 1 + \\\n    2\nprint(x)",
    "semicolons": "a = 1; b = 2; print(a, b);",
    "nested loops error": "for a in range(5):\n    for b in range(5):\n        v.add(data[a])\n        if a * b == 12:\n            raise LookupError(f'{a} {b}')",
    "error in the iterable": "def gen():\n    yield 1\n    raise OSError('source')\nfor x in gen():\n    v.add(data[0])",
    "not iterable": "for x in 5:\n    pass",
    "break leaves the name": "for i in range(50):\n    v.add(data[i])\n    if i == 30: break\nprint(i)",
    "while else": "n = 0\nwhile n < 20:\n    v.add(data[n]); n += 1\nelse:\n    print('else', n)",
    "timeit": "%timeit -n 2 -r 1 -q sum(range(10))\nprint('done')",
    "history": "print(len(In) > 0, type(Out).__name__)",
    "xmode plain": "%xmode Plain\nfor i in range(20):\n    v.add(data[i])\n    if i == 15: 1 / 0",
    "xmode context": "%xmode Context\nprint()",
    "debug frames": "import sys, traceback\ntry:\n    for i in range(20):\n        v.add(data[i])\n        if i == 12: {}['missing']\nexcept KeyError as error:\n    t = error.__traceback__\n    print([(f.f_code.co_name, n) for f, n in traceback.walk_tb(t)], t.tb_frame.f_globals['i'])",
    "post mortem": "import pdb, io, sys\ndef f(x):\n    y = x + 1\n    return y / 0\ntry:\n    for i in range(20):\n        v.add(data[i])\n        if i == 9: f(i)\nexcept ZeroDivisionError as error:\n    out_ = io.StringIO()\n    p = pdb.Pdb(stdin=io.StringIO('p x, y\\nw\\nup\\np i\\nq\\n'), stdout=out_)\n    p.reset(); p.interaction(None, error.__traceback__)\n    print(out_.getvalue())",
    "run code object": "code = compile('for k in range(20):\\n    v.add(data[k])\\nprint(k)', 'mine', 'exec')\nexec(code)",
}


@pytest.fixture(scope="module")
def shell() -> Any:
    made = start_ipython()
    made.run_line_magic("colors", "NoColor")
    return made


@pytest.fixture(autouse=True)
def fake_library(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = FakeBackend()
    monkeypatch.setattr("janus_nb.tf.waiting.present_backend", lambda: backend)


@contextlib.contextmanager
def janus(shell: Any, on: bool) -> Iterator[None]:
    """The extension, switched on or absent."""
    if not on:
        yield
        return
    shell.run_line_magic("load_ext", "janus_nb")
    shell.run_line_magic("janus", "on --view none --profile 1 --generate always")
    try:
        yield
    finally:
        shell.run_line_magic("janus", "off")
        shell.run_line_magic("unload_ext", "janus_nb")


def seen(shell: Any, text: str, on: bool) -> dict[str, Any]:
    """All that a user sees of a cell."""
    before = dict(shell.user_ns)
    shell.user_ns.update(v=Variable([0.0, 1.0]), data=Tensor(np.arange(100, dtype="float32")))
    output, errors, shown = io.StringIO(), io.StringIO(), []
    hook, filters = DisplayHook.write_format_data, sys.modules["warnings"].filters[:]
    DisplayHook.write_format_data = lambda self, data, md=None: shown.append(data)
    try:
        with janus(shell, on), contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            result = shell.run_cell(text, store_history=False)
    finally:
        DisplayHook.write_format_data = hook
        sys.modules["warnings"].filters[:] = filters
    if on and runtime.last is not None:
        CONVERTED.append(runtime.last.counts["graph"] > 0)
        runtime.last = None
    raised = result.error_before_exec or result.error_in_exec
    names = {k: type(value).__name__ for k, value in shell.user_ns.items() if not re.match(r"_(i*|\d+|i\d+|oh|dh|exit_code)$", k)}
    found = {
        "output": plain(output.getvalue()), "errors": plain(errors.getvalue()), "shown": plain(repr(shown)), "raised": plain(repr(raised)),
        "result": plain(repr(result.result)), "names": names, "variable": shell.user_ns["v"].data.tolist(),
    }  # fmt: skip
    for name in set(shell.user_ns) - set(before):
        del shell.user_ns[name]
    shell.user_ns.update(before)
    linecache.checkcache()
    return found


def plain(text: str) -> str:
    """Text without what differs between any two runs: addresses, and names of IPython's temporary files."""
    return re.sub(r"(ipykernel|ipython)[-_/\w.]*\d+[\w./-]*", r"\1", re.sub(r"0x[0-9a-f]+", "0x", text))


def cells() -> dict[str, str]:
    """All cases by name."""
    found = {}
    for (name, probe), (place, text) in itertools.product(PROBES.items(), PLACES.items()):
        indented = {"probe1": textwrap.indent(probe, "    "), "probe2": textwrap.indent(probe, "        ")}
        found[f"{name} / {place}"] = text.format(setup="import sys", probe=probe, **indented)
    return {**found, **WHOLE}


CELLS = cells()
CONVERTED: list[bool] = []
"""For each cell that JANUS has run: whether some of it ran as a graph."""


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_looks_the_same(shell: Any, name: str) -> None:
    python = seen(shell, CELLS[name], False)
    assert seen(shell, CELLS[name], True) == python


def test_there_are_enough() -> None:
    """Runs last: most of the cells have had iterations run by a graph."""
    assert len(CELLS) >= 400
    assert not CONVERTED or sum(CONVERTED) > len(CONVERTED) // 2, f"{sum(CONVERTED)} of {len(CONVERTED)}"
