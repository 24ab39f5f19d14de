"""The table of reasons: why something was not converted, or a graph was left.

One row per code. `docs/reasons.md` is generated from this table, and every code has a test that triggers it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """A coded reason.

    Attributes:
        code: Stable identifier (`JN1xx` language, `JN2xx` calls, `JN3xx` graph operations, `JN4xx` run time).
        title: What it is, in a few words.
        why: Why JANUS cannot convert it (or had to leave the graph).
        hint: What the user can do, if anything.
    """

    code: str
    title: str
    why: str
    hint: str

    def advice(self, detail: str) -> str:
        """The hint, about what was met: a function's full name takes the place of the example's."""
        named = all(part.isidentifier() for part in detail.split(".")) and "." in detail
        return self.hint.replace("mylib.f", detail) if named else self.hint


_ROWS = [
    # --- JN1xx: the language -------------------------------------------------------------------------
    (
        "JN101",
        "statement that JANUS does not lower",
        "This kind of statement has no rule in the generator.",
        "Move the statement out of the loop, or into a function that the loop does not call every iteration.",
    ),
    (
        "JN102",
        "expression that JANUS does not lower",
        "This kind of expression has no rule in the generator.",
        "Write it with the operators and calls that docs/coverage.md lists.",
    ),
    (
        "JN103",
        "coroutine inside a converted loop",
        "`await`, `async for` and `async with` give control to an event loop, which a graph cannot do.",
        "Await the data before the loop, or leave the loop imperative.",
    ),
    (
        "JN104",
        "generator that is not consumed where it is made",
        "A generator that is kept, handed on, or yields under a condition that the graph decides cannot be inlined around its consumer.",
        "Consume it with `for` in the same iteration, or collect into a list.",
    ),
    ("JN105", "class defined inside a converted loop", "A class statement makes a new type in every iteration.", "Define the class before the loop."),
    (
        "JN106",
        "source of a function is not available",
        "The generator reads the text of every user function that the loop calls, and this one has none.",
        "Define the function in a cell or a file.",
    ),
    (
        "JN107",
        "the two sides of a branch do not fit together",
        "Both sides of a branch on a tensor were seen, and they leave a name with values of unlike kinds or dtypes.",
        "Give the name the same kind and dtype on both sides.",
    ),
    (
        "JN108",
        "a value changes its kind from one iteration to the next",
        "A name or attribute carried between iterations has no fixed dtype, shape or structure.",
        "Start it with the kind of value that the loop leaves in it.",
    ),
    (
        "JN109",
        "loop too long to unroll",
        "An inner loop over Python values has too many iterations to unroll and cannot become a graph loop.",
        "Loop over `range` or a tensor, or keep the inner loop in a function of its own.",
    ),
    ("JN110", "name has no value here", "The name was unbound when the graph was generated.", "Bind the name before the loop."),
    (
        "JN111",
        "control leaves an inner loop or branch under a tensor condition",
        "`break`, `continue` or `return` depends on a tensor in both directions in a way that has no graph form yet.",
        "Compute with a mask, or move the condition to the end of the body.",
    ),
    # --- JN2xx: calls --------------------------------------------------------------------------------
    (
        "JN201",
        "call of a library function with unknown effects",
        "JANUS calls a library function while it builds a graph only when the function is known to be pure, "
        "and postpones it only when it is known to be replayable.",
        'If the function only computes from its arguments, say so: `janus_nb.knows("mylib.f", effect="pure")`. '
        "Otherwise move the call out of the hot loop, or call it every so many iterations in a loop of its own.",
    ),
    (
        "JN202",
        "a host value decides what the graph computes",
        "The value is known only after the graph has run (it was read back, printed or computed in NumPy), "
        "but a tensor operation of the same iteration needs it.",
        "Keep the computation in TensorFlow, or read the value in the next iteration.",
    ),
    (
        "JN203",
        "library call failed while the graph was built",
        "The library raised an exception on symbolic tensors; eagerly it may well work.",
        "See the message; often a Python decision on a tensor's value inside a library.",
    ),
    (
        "JN204",
        "library calls back user code that was not lowered",
        "A library function entered user code while the graph was built; its effects would have happened at the wrong time.",
        "Call the function directly instead of through the library.",
    ),
    (
        "JN205",
        "random numbers of the host that cannot be drawn ahead",
        "`random` and `numpy.random` draw before the graph runs; this draw depends on what the graph computes, or the call changes more than the generator.",
        "Draw before the condition, or use `tf.random`.",
    ),
    (
        "JN206",
        "object that looks up its own attributes",
        "`__getattribute__` written in Python, or `__dict__`, reaches attributes in ways that cannot be followed.",
        "Use plain attributes, properties or `__getattr__` in the hot loop.",
    ),
    (
        "JN207",
        "effect inside a callback of a library",
        "User code called by a library inside a nested graph wrote to an object, printed, or changed a variable.",
        "Return the value instead, and write it in the loop body.",
    ),
    (
        "JN208",
        "gradient tape that Python holds",
        "The tape was opened outside of the converted code, and is persistent, one of several, or has recorded what Python computed on the way to the loss.",
        "Nothing to do: Python asks the tape. A plain tape that has recorded nothing but converted code on the way is asked in the graph.",
    ),
    (
        "JN209",
        "code of a class that no rule interprets",
        "An operator, conversion, look-up or assignment asks a class (a special method, a metaclass, a descriptor, generated code), and what answers is not Python "
        "code of yours whose text can be followed. It is never run while a graph is generated.",
        "Write the method in the class itself, or call a plain method instead.",
    ),
    (
        "JN210",
        "content that may not be read ahead",
        "Text, comparison, copy or a library would look into an object of your own class, a variable, or an object of a library that JANUS does not know: "
        "its state is staged until the commit, and its code must not run at another time than Python's.",
        "Hand over plain values (numbers, text, lists and dictionaries of these, arrays) instead of the object.",
    ),
    (
        "JN211",
        "library call that changes objects in Python",
        "A library call changed an attribute, a container, a name counter or a random state while the graph was built. "
        "The graph computes tensors and variables only, so the change would be lost when it runs; it was taken back.",
        "Objects that build themselves at their first use settle after an iteration of Python's own. Make new layers and losses before the loop.",
    ),
    # --- JN3xx: operations ---------------------------------------------------------------------------
    ("JN301", "stateful operation", "The operation changes or reads state that JANUS cannot stage.", "Move the operation out of the hot loop."),
    (
        "JN302",
        "variable used inside a nested graph",
        "A library wrote to a variable inside a graph of its own, where JANUS cannot stage the write.",
        "Let the loop itself do the write.",
    ),
    (
        "JN303",
        "variable created inside the loop",
        "A graph cannot create variables; layers and optimizers must be built before.",
        "Call the layer once before the loop; profiled iterations do this by themselves.",
    ),
    # --- JN4xx: run time -----------------------------------------------------------------------------
    (
        "JN401",
        "graph disagreed with eager execution",
        "Before its first commit every graph is compared with an iteration that Python runs. This one differed.",
        "Nothing is lost: the loop stays imperative. Please report the program.",
    ),
    (
        "JN402",
        "too many fallbacks",
        "Assumptions kept failing, so that graphs cost more than they saved.",
        "See the list of fallbacks; often a value that changes in every iteration.",
    ),
    (
        "JN403",
        "graph slower than eager execution",
        "Measured side by side, the imperative loop was faster.",
        "Nothing to do: the loop stays imperative.",
    ),
    (
        "JN404",
        "graph execution failed",
        "TensorFlow raised an error inside the graph. Nothing was committed; the iterations run imperatively.",
        "If the program itself is wrong, Python raises the error at its own line.",
    ),
    (
        "JN405",
        "internal error",
        "JANUS itself failed. The loop runs imperatively and the result is unaffected.",
        "Please report the program and the event's detail.",
    ),
    ("JN407", "a loop inside is converted by itself", "The inner loop is the hot one; the loop around it only starts it.", "Nothing to do."),
    (
        "JN408",
        "no tensor work in the loop",
        "The loop computes nothing that a graph could: only Python values.",
        "Nothing to do: it runs in Python, at Python's speed.",
    ),
    (
        "JN409",
        "too little work left to pay for a graph",
        "Generating, verifying and starting a graph takes about as long as 80 iterations in Python. Fewer are left.",
        "Nothing to do: it runs in Python. When the cell has been run often enough, or with `--generate always`, it is converted.",
    ),
    (
        "JN410",
        "a debugger, profiler or coverage tool watches",
        "Iterations of a graph cannot be followed line by line. While `sys.settrace`, `sys.setprofile` or `sys.monitoring` is in use, Python runs everything.",
        "Nothing to do: it runs in Python. Without the tool, the cell is converted when it is run again.",
    ),
    (
        "JN411",
        "another thread runs the user's code",
        "Another thread may change at any moment what a graph call has read, and sees iterations one by one. While one runs, Python runs everything.",
        "Wait for the thread (`join`) before the loop, if it has nothing to do with it. Threads of pools that wait for work do not count.",
    ),
    (
        "JN406",
        "source cannot be read ahead",
        "Elements come from an iterator whose work may be seen by others, so JANUS takes one at a time.",
        "Iterate over a list, an array, a range or a tf.data.Dataset to run many iterations per call.",
    ),
]

REASONS: dict[str, Reason] = {row[0]: Reason(*row) for row in _ROWS}


def as_page() -> str:
    """The table as a Markdown page (`python -m janus_nb.reasons > docs/reasons.md`)."""
    lines = ["# Reasons", "", "Generated from `janus_nb/reasons.py`. Nothing here changes a result: what is not converted runs in Python.", ""]
    for reason in REASONS.values():
        lines += [f"## {reason.code}: {reason.title}", "", reason.why, "", f"*Hint*: {reason.hint}", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    print(as_page())
