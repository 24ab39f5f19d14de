"""How fast plain Python is under JANUS: programs without a tensor, side by side with Python, interleaved.

    python -m tests.programs.plain_speed [--tensorflow] [--rounds 5] [NAME ...]

Prints for each program the median times, and the median of the ratios of runs next to each other (Python / JANUS: 1.00 is Python's
speed). Every program is run in a new namespace each time, and must compute what Python computes. No time is asserted anywhere.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import janus_nb
from janus_nb.source.units import add_unit

PROGRAMS: dict[str, str] = {
    "for": "n = 0\nfor i in range(1000000):\n    n += i * i % 7\n",
    "for_branches": "n = 0\nfor i in range(700000):\n    if i % 3 == 0:\n        n += i\n    elif i % 5 and i > 9:\n        n -= 1\n    else:\n        n ^= i\n",
    "while": "n = i = 0\nwhile i < 1000000:\n    n += i % 7\n    i += 1\n",
    "while_branches": "n = i = 0\nwhile i < 600000:\n    if i % 2 and n > 3:\n        n -= 2\n    else:\n        n += 3\n    i += 1\n",
    "while_true": "n = 0\nwhile True:\n    n += 1\n    if n >= 1000000:\n        break\n",
    "while_else": "n = 0\nwhile n < 800000:\n    n += 1\nelse:\n    n = -n\n",
    "for_calls": "def f(x):\n    return x * 2 + 1\nn = 0\nfor i in range(500000):\n    n += f(i)\n",
    "while_calls": "def f(x):\n    return x + 1\nn = 0\nwhile n < 600000:\n    n = f(n)\n",
    "function_for": "def f(k):\n    n = 0\n    for i in range(k):\n        n += i & 3\n    return n\nn = f(1000000)\n",
    "function_while": "def f(k):\n    n = 0\n    while k > 0:\n        n += k & 3\n        k -= 1\n    return n\nn = f(800000)\n",
    "function_short_loops": "def f(k):\n    n = 0\n    for i in range(k % 5):\n        n += i\n    return n\nn = 0\nfor k in range(200000):\n    n += f(k)\n",
    "nested": "n = 0\nfor i in range(1000):\n    for j in range(600):\n        n += i ^ j\n",
    "few_outer_rounds": "def f(x):\n    return x % 3\nn = 0\nfor k in range(4):\n    for j in range(150000):\n        n += f(j)\n",
    "nested_while": "n = i = 0\nwhile i < 800:\n    j = 0\n    while j < 600:\n        n += i & j\n        j += 1\n    i += 1\n",
    "collatz": "def steps(n):\n    k = 0\n    while n != 1:\n        n = n // 2 if n % 2 == 0 else 3 * n + 1\n        k += 1\n    return k\nn = max(steps(i) for i in range(1, 6000))\n",
    "sieve": "m = 500000\nprime = [True] * m\ni = 2\nwhile i * i < m:\n    if prime[i]:\n        j = i * i\n        while j < m:\n            prime[j] = False\n            j += i\n    i += 1\nn = sum(prime)\n",
    "binary_search": "xs = list(range(0, 200000, 2))\ndef find(x):\n    lo, hi = 0, len(xs)\n    while lo < hi:\n        mid = (lo + hi) // 2\n        if xs[mid] < x:\n            lo = mid + 1\n        else:\n            hi = mid\n    return lo\nn = 0\nfor x in range(40000):\n    n += find(x)\n",
    "fib": "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\nn = fib(25)\n",
    "tree": "def build(d):\n    return None if d == 0 else (build(d - 1), d, build(d - 1))\ndef total(t):\n    if t is None:\n        return 0\n    left, value, right = t\n    return total(left) + value + total(right)\nn = total(build(16))\n",
    "hanoi": "moves = []\ndef hanoi(k, a, b, c):\n    if k:\n        hanoi(k - 1, a, c, b)\n        moves.append((a, b))\n        hanoi(k - 1, c, b, a)\nhanoi(17, 0, 1, 2)\nn = len(moves)\n",
    "strings": "words = []\nfor i in range(200000):\n    s = f'{i:06d}'.replace('0', 'x').upper()\n    if s.startswith('X'):\n        words.append(s.strip('X'))\nn = len(''.join(words))\n",
    "word_count": "text = 'the cat sat on the mat while the dog ran ' * 20000\ncounts = {}\nfor w in text.split():\n    counts[w] = counts.get(w, 0) + 1\nn = counts['the']\n",
    "generator": "def squares(k):\n    for i in range(k):\n        yield i * i\nn = 0\nfor x in squares(700000):\n    n += x & 1\n",
    "pipeline": "def numbers(k):\n    i = 0\n    while i < k:\n        yield i\n        i += 1\ndef odd(xs):\n    for x in xs:\n        if x % 2:\n            yield x\nn = sum(x * 3 for x in odd(numbers(400000)))\n",
    "list_comprehension": "def f(x):\n    return x % 5\nn = len([f(x) for x in range(500000)])\n",
    "generator_expression": "def f(x):\n    return x % 5\nn = sum(f(x) for x in range(500000))\n",
    "comprehension_in_loop": "def f(x):\n    return x % 5\nn = 0\nfor k in range(8):\n    n += sum(f(x) for x in range(60000))\n",
    "methods": "class Counter:\n    def __init__(self):\n        self.n = 0\n    def bump(self, by):\n        if by % 2:\n            self.n += by\n        return self\nc = Counter()\nfor i in range(300000):\n    c.bump(i)\nn = c.n\n",
    "method_with_loop": "class Stack:\n    def __init__(self):\n        self.xs = []\n    def fill(self, k):\n        for i in range(k):\n            self.xs.append(i)\n    def drain(self):\n        n = 0\n        while self.xs:\n            n += self.xs.pop()\n        return n\ns = Stack()\ns.fill(500000)\nn = s.drain()\n",
    "closures": "def counter():\n    n = 0\n    def bump(k):\n        nonlocal n\n        n += k\n        return n\n    return bump\nbump = counter()\nfor i in range(400000):\n    n = bump(i)\n",
    "try_in_loop": "n = 0\nfor i in range(400000):\n    try:\n        n += 10 // (i % 4)\n    except ZeroDivisionError:\n        n -= 1\n",
    "numpy_while": "import numpy as np\nx = np.zeros(8)\ni = 0\nwhile i < 60000:\n    x = x + 1.0\n    i += 1\nn = float(x.sum())\n",
    "numpy_for": "import numpy as np\nx = np.arange(64.0)\nfor i in range(60000):\n    x[i % 64] += x.max() * 1e-9\nn = float(x.sum())\n",
    "sorting": "xs = [(i * 7919) % 100003 for i in range(1200)]\nfor i in range(1, len(xs)):\n    j = i\n    while j > 0 and xs[j - 1] > xs[j]:\n        xs[j - 1], xs[j] = xs[j], xs[j - 1]\n        j -= 1\nn = xs[600]\n",
    "files": "import io\nfile = io.StringIO('a,b,c\\n1,2,3\\n' * 80000)\nn = 0\nfor line in file:\n    parts = line.rstrip().split(',')\n    if parts[0].isdigit():\n        n += sum(int(p) for p in parts)\n",
}  # fmt: skip


def plain(text: str) -> tuple[float, Any]:
    """Seconds of processor time that Python takes, and the program's result."""
    names: dict[str, Any] = {"__name__": "__main__"}
    unit = add_unit("<janus-cell plain speed>", "plain", text)
    started = time.process_time()
    exec(compile(unit.text, unit.file, "exec", dont_inherit=True), names)
    return time.process_time() - started, names["n"]


def under_janus(text: str) -> tuple[float, Any]:
    """Seconds of processor time that JANUS takes, preparing the cell included."""
    names: dict[str, Any] = {"__name__": "__main__"}
    started = time.process_time()
    janus_nb.run_cell(text, names, name="speed")
    return time.process_time() - started, names["n"]


def measure(name: str, rounds: int) -> float:
    """Run one program both ways, alternately; print and return the median ratio."""
    text = PROGRAMS[name]
    plain(text), under_janus(text)
    pairs = []
    for k in range(rounds):
        (first, a), (second, b) = (plain(text), under_janus(text)) if k % 2 else reversed((under_janus(text), plain(text)))
        assert a == b, name
        pairs.append((first, second))
    ratio = statistics.median(p / j for p, j in pairs)
    python, janus = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"{name:<24} Python {python * 1e3:8.1f} ms   JANUS {janus * 1e3:8.1f} ms   ratio {ratio:5.2f}", flush=True)
    return ratio


def main() -> None:
    """Measure, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tensorflow", action="store_true", help="with TensorFlow loaded")
    given = parser.parse_args()
    if given.tensorflow:
        import tensorflow  # noqa: F401
    ratios = [measure(name, given.rounds) for name in given.names or PROGRAMS]
    print(f"{sum(r >= 0.97 for r in ratios)} of {len(ratios)} programs at 0.97 of Python's speed or more; median {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    main()
