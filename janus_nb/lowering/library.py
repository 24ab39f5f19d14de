"""What is known of library callables, as data: whether a call may be traced, computed by the host, or postponed.

TRACED     builds graph operations when called on symbolic tensors (TensorFlow, Keras)
PURE       depends on its arguments alone: computed by the host when they are known
REPLAYED   an effect that nothing in the graph depends on: postponed to replay, in program order
REFUSED    anything else
"""

from __future__ import annotations

import enum
import types
from dataclasses import dataclass
from typing import Any


class Effect(enum.Enum):
    """What calling something does."""

    TRACED = "traced"
    PURE = "pure"
    REPLAYED = "replayed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of a family of callables.

    Attributes:
        module: Module prefix.
        names: Names in it, or `()` for all.
        effect: What calling them does.
        why: The reason, shown when a call is refused.
        code: Reason code of a refusal.
    """

    module: str
    names: tuple[str, ...]
    effect: Effect
    why: str
    code: str = "JN201"


_T, _P, _R, _X = Effect.TRACED, Effect.PURE, Effect.REPLAYED, Effect.REFUSED

# The first row that matches decides.
KNOWLEDGE: tuple[Knowledge, ...] = (
    Knowledge(
        "keras",
        (
            "fit",
            "evaluate",
            "predict",
            "train_on_batch",
            "test_on_batch",
            "predict_on_batch",
            "compile",
            "save",
            "save_weights",
            "load_weights",
            "summary",
            "export",
            "build",
            "add",
            "pop",
        ),
        _X,
        "runs loops or changes the model",
    ),
    Knowledge("keras", (), _T, "layers, losses, metrics and optimizers build operations"),
    Knowledge(
        "tensorflow",
        (
            "py_function",
            "numpy_function",
            "py_func",
            "print",
            "function",
            "set_seed",
            "run_functions_eagerly",
            "init_scope",
            "Variable",
            "write_file",
            "load_op_library",
        ),
        _X,
        "acts on the host",
    ),
    Knowledge("tensorflow.python.data", (), _X, "datasets are iterated by the loop itself"),
    Knowledge("tensorflow.python.checkpoint", (), _X, "writes files"),
    Knowledge("tensorflow.python.saved_model", (), _X, "writes files"),
    Knowledge("tensorflow.python.training", (), _X, "writes files"),
    Knowledge("tensorflow.python.ops.summary_ops_v2", (), _X, "writes files"),
    Knowledge("tensorflow.python.lib", (), _X, "reads and writes files"),
    Knowledge("tensorflow.python.eager.context", (), _X, "changes TensorFlow's settings"),
    Knowledge("tensorflow", (), _T, "builds operations"),
    Knowledge("numpy.random", (), _X, "advances NumPy's random state", "JN205"),
    Knowledge("random", (), _X, "advances Python's random state", "JN205"),
    Knowledge(
        "numpy",
        ("save", "savez", "savetxt", "load", "copyto", "put", "place", "putmask", "fill_diagonal", "seterr", "shuffle"),
        _X,
        "changes its argument or the host",
    ),
    Knowledge("numpy", (), _P, "computes from its arguments"),
    Knowledge("math", (), _P, "computes from its arguments"),
    Knowledge("cmath", (), _P, "computes from its arguments"),
    Knowledge("statistics", (), _P, "computes from its arguments"),
    Knowledge("operator", (), _P, "computes from its arguments"),
    Knowledge("datetime", ("timedelta",), _P, "computes from its arguments"),
    Knowledge(
        "time",
        ("time", "perf_counter", "monotonic", "process_time", "time_ns", "perf_counter_ns", "strftime", "localtime"),
        _R,
        "reads the clock, which nothing in the graph depends on",
    ),
    Knowledge("logging", (), _R, "writes a log, which nothing in the graph depends on"),
    Knowledge("builtins", ("print",), _R, "writes output, which nothing in the graph depends on"),
    Knowledge(
        "builtins",
        (
            "open",
            "input",
            "exec",
            "eval",
            "compile",
            "globals",
            "locals",
            "vars",
            "setattr",
            "delattr",
            "iter",
            "next",
            "__import__",
            "breakpoint",
            "exit",
            "quit",
            "id",
            "object",
            "super",
            "memoryview",
        ),
        _X,
        "acts on the host",
    ),
    Knowledge(
        "builtins",
        (
            "abs",
            "min",
            "max",
            "round",
            "divmod",
            "pow",
            "sum",
            "str",
            "repr",
            "format",
            "int",
            "float",
            "bool",
            "len",
            "sorted",
            "list",
            "tuple",
            "dict",
            "set",
            "frozenset",
            "hash",
            "ord",
            "chr",
            "hex",
            "bin",
            "oct",
            "ascii",
            "complex",
            "bytes",
            "any",
            "all",
            "reversed",
            "type",
            "slice",
        ),
        _P,
        "computes from its arguments",
    ),
)


def module_of(function: Any) -> tuple[str, str]:
    """The module and name under which a callable is known."""
    if isinstance(function, types.MethodType):
        module, name = module_of(function.__func__)
        owner = type(function.__self__).__module__ or ""
        return (owner if module == "builtins" else module), name
    if isinstance(function, types.BuiltinMethodType) and function.__self__ is not None and not isinstance(function.__self__, types.ModuleType):
        return type(function.__self__).__module__ or "", function.__name__
    if type(function).__name__ == "ufunc":
        return "numpy", getattr(function, "__name__", "ufunc")
    name = getattr(function, "__name__", type(function).__name__)
    found: Any = getattr(function, "__module__", None)
    if found is None or not (isinstance(function, type) or hasattr(function, "__name__")):
        found = type(function).__module__
    if not isinstance(function, type) and not hasattr(function, "__name__"):
        name = "__call__"
    return found or "", name


def knowledge_of(function: Any) -> Knowledge | None:
    """The first row of the table that speaks of a callable, or `None`."""
    module, name = module_of(function)
    for row in KNOWLEDGE:
        if (module == row.module or module.startswith(row.module + ".")) and (not row.names or name in row.names):
            return row
    return None


PURE_METHODS = frozenset(
    """item tolist mean sum min max std var copy astype argmax argmin any all round keys values items get count index
    format join split strip lower upper startswith endswith replace numpy flatten ravel reshape total_seconds isoformat
    cumsum dot transpose T most_common rjust ljust center zfill title capitalize splitlines partition rpartition rsplit
    encode decode isdigit isalpha find rfind removeprefix removesuffix hex is_integer bit_length squeeze argsort take clip
    prod nonzero trace diagonal ptp searchsorted strftime timestamp""".split()
)
"""Methods without effects, on whatever object replay finds (checked there: never a user's class)."""

MUTATORS = frozenset(
    """append extend insert pop remove clear sort reverse update setdefault popitem add discard appendleft popleft
    extendleft rotate fill subtract""".split()
)
"""Methods of containers that change them; postponed to replay."""
