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

from janus_nb.lowering.library.names import MATH, METHODS_OF, NUMPY, NUMPY_FFT, NUMPY_LINALG, OPERATOR, STATISTICS


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
        names: Names in it; all, if empty.
        effect: What calling them does.
        why: The reason, shown when a call is refused.
        code: Reason code of a refusal.
    """

    module: str
    names: frozenset[str]
    effect: Effect
    why: str
    code: str = "JN201"


_T, _P, _R, _X = Effect.TRACED, Effect.PURE, Effect.REPLAYED, Effect.REFUSED


def _rows(effect: Effect, why: str, *modules: str, names: str = "", code: str = "JN201") -> tuple[Knowledge, ...]:
    return tuple(Knowledge(module, frozenset(names.split()), effect, why, code) for module in modules)


_PURE, _LOG = "computes from its arguments", "writes output, which nothing in the graph depends on"

# The first row that matches decides.
KNOWLEDGE: tuple[Knowledge, ...] = (
    *_rows(
        _X, "runs loops or changes the model", "keras",
        names="__setattr__ __delattr__ add_weight fit evaluate predict train_on_batch test_on_batch predict_on_batch compile save save_weights load_weights summary export build add pop"
        " set_random_seed clear_session set_floatx set_epsilon set_image_data_format set_dtype_policy set_global_policy set_backend",
    ),
    *_rows(
        _X, "acts on the host", "keras.src.callbacks", "keras.src.saving", "keras.src.datasets", "keras.src.applications", "keras.src.export",
        "keras.src.visualization", "keras.src.distribution", "keras.src.utils.progbar", "keras.src.utils.io_utils", "keras.src.utils.file_utils",
        "keras.src.utils.summary_utils", "keras.src.utils.model_visualization", "keras.src.utils.image_utils",
    ),
    *_rows(
        _X, "differs while a graph is built", "tensorflow", "keras",
        names="inside_function executing_eagerly executing_eagerly_outside_functions get_static_value constant_value is_symbolic_tensor is_symbolic"
        " get_default_graph get_current_name_scope in_cross_replica_context is_keras_tensor",
    ),
    *_rows(_T, "layers, losses, metrics and optimizers build operations", "keras"),
    *_rows(_R, _LOG, "tensorflow.python.ops.logging_ops", names="print_v2 print"),
    *_rows(
        _X, "acts on the host", "tensorflow",
        names="py_function numpy_function py_func print function set_seed set_random_seed enable_op_determinism set_global_generator run_functions_eagerly init_scope write_file load_op_library",
    ),
    *_rows(_X, "datasets are iterated by the loop itself", "tensorflow.python.data"),
    *_rows(
        _X, "writes files", "tensorflow.python.checkpoint", "tensorflow.python.saved_model", "tensorflow.python.training",
        "tensorflow.python.ops.summary_ops_v2", "tensorflow.python.lib", "tensorboard",
    ),
    *_rows(_X, "changes TensorFlow's settings", "tensorflow.python.eager.context"),
    *_rows(_T, "builds operations", "tensorflow"),
    *_rows(_X, "advances a random state", "numpy.random", "random", code="JN205"),
    *_rows(_P, _PURE, "numpy", names=NUMPY),
    *_rows(_P, _PURE, "numpy.linalg", names=NUMPY_LINALG),
    *_rows(_P, _PURE, "numpy.fft", names=NUMPY_FFT),
    *_rows(_X, "may change its argument or the host", "numpy"),
    *_rows(_P, _PURE, "math", names=MATH),
    *_rows(_P, _PURE, "cmath", names=MATH + " phase polar rect"),
    *_rows(_P, _PURE, "statistics", names=STATISTICS),
    *_rows(_P, _PURE, "_operator", names=OPERATOR),
    *_rows(_P, _PURE, "json", names="dumps loads"),
    *_rows(_P, _PURE, "textwrap", names="dedent indent wrap fill shorten"),
    *_rows(_P, _PURE, "posixpath", "ntpath", names="join basename dirname split splitext normpath isabs commonprefix"),
    *_rows(_P, _PURE, "re", names="sub subn split findall escape"),
    *_rows(_P, _PURE, "fractions", names="Fraction"),
    *_rows(_P, _PURE, "decimal", names="Decimal"),
    *_rows(_P, _PURE, "datetime", names="timedelta date datetime time strptime fromisoformat"),
    *_rows(_P, "copies its argument", "copy", names="copy deepcopy"),
    *_rows(
        _R, "reads the clock, which nothing in the graph depends on", "time",
        names="time perf_counter monotonic process_time time_ns perf_counter_ns monotonic_ns strftime localtime",
    ),
    *_rows(_R, "reads the clock, which nothing in the graph depends on", "datetime", names="now today utcnow"),
    *_rows(_R, "writes a log, which nothing in the graph depends on", "logging"),
    *_rows(
        _R, "moves a progress bar, which nothing in the graph depends on", "tqdm",
        names="update set_postfix set_postfix_str set_description set_description_str refresh display write reset",
    ),
    *_rows(_R, _LOG, "_io", "io", "ipykernel.iostream", "codecs", names="write writelines flush"),
    *_rows(_R, _LOG, "_csv", "csv", names="writerow writerows"),
    *_rows(_R, "frees memory, which nothing in the graph depends on", "gc", names="collect"),
    *_rows(_R, _LOG, "builtins", names="print"),
    *_rows(
        _X, "acts on the host", "builtins",
        names="open input exec eval compile globals locals vars setattr delattr iter next __import__ breakpoint exit quit id object super memoryview",
    ),
    *_rows(
        _P, _PURE, "builtins",
        names="abs min max round divmod pow sum str repr format int float bool len sorted list tuple dict set frozenset hash ord chr hex bin oct"
        " ascii complex bytes any all reversed type slice",
    ),
)  # fmt: skip

CLOCKS = ("time", "datetime")
"""Modules whose replayed calls return what replay finds; all other replayed calls return nothing that may be used."""


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

WRITING = frozenset({"out", "overwrite_input", "overwrite_x", "copy_to"})
"""Parameters of pure functions that name an argument they write to."""

OUT_POSITION: dict[str, int] = {
    **dict.fromkeys(("sum", "prod", "mean", "cumsum", "cumprod", "std", "var", "trace"), 2),
    **dict.fromkeys(("max", "min", "all", "any", "argmax", "argmin", "ptp", "round", "compress", "choose", "dot"), 1),
    "clip": 2,
    "take": 2,
    "dot": 1,
    "trace": 4,
}
"""How many arguments a method of an array takes before the one that it writes to."""

FLAT_METHODS = frozenset("get keys values items copy tolist popleft".split())
"""Methods that look at a container itself, and not at what is in it."""


def pure_methods(kind: type) -> frozenset[str]:
    """The methods without effects of exactly this type."""
    if any(k.__name__ == "generic" and k.__module__ == "numpy" for k in kind.__mro__):
        return METHODS_OF["numpy.ndarray"]
    found = METHODS_OF.get(f"{kind.__module__}.{kind.__name__}")
    if found is None and issubclass(kind, tuple) and kind.__mro__[1:] == (tuple, object):
        return METHODS_OF["builtins.tuple"]
    return found or frozenset()


MUTATORS = frozenset(
    """append extend insert pop remove clear sort reverse update setdefault popitem add discard appendleft popleft
    extendleft rotate fill subtract intersection_update difference_update symmetric_difference_update move_to_end""".split()
)
"""Methods of containers that change them; postponed to replay."""
