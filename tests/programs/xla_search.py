"""Looks for operations that XLA computes otherwise than TensorFlow's executor when their data are bad.

For every type of operation: inputs that the executor accepts are looked for at random; then each input gets values that are out of range
(negative, large, zero, not finite), and what the executor does is compared with what the compiled operation does.

    python -m tests.programs.xla_search > found.tsv          all types; a process for each part, for some kill theirs
    python -m tests.programs.xla_search GatherNd Cholesky    these

One line for each type: `same`, `raises` (only the executor), `differs`, `uncompiled` (XLA does not know it), `crash`, or `unknown` (no inputs found).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from typing import Any

import numpy as np

SHAPES = ((), (1,), (2,), (3,), (4,), (2, 2), (3, 3), (2, 3), (2, 3, 3), (1, 4, 4, 2), (1, 2, 2, 2), (2, 2, 2, 2))
TRIES = 80
SKIPPED = ("Collective", "Tpu", "TPU", "Xla", "Nccl", "Dataset", "Iterator", "Summary", "Reader", "Barrier", "Queue", "Stack", "Batch", "Py", "Eager", "Save",
           "Restore", "File", "Audio", "Wav", "Jpeg", "Png", "Gif", "Debug", "Assert", "Print", "Lookup", "HashTable", "Host", "Send", "Recv", "Remote", "Stage",
           "Abort", "Rpc", "Mutex", "Boosted", "Quantize", "Uniform", "Dynamic", "Composite", "Delete", "Encode", "Decode", "Serialize", "Parse", "String",
           "Regex", "Unicode", "Ragged", "Variant", "Optional", "TensorList", "TensorArray", "TensorMap", "Resource", "Var", "Configure", "Shutdown", "Infeed",
           "Outfeed", "Load", "Retrieve", "Write", "Create", "Read", "Get", "Is", "Bessel", "Igamma", "Skip", "Candidate", "Sampler", "Random", "Stateful", "Rng",
           "Stateless", "Switch", "Merge", "Enter", "Exit", "Next", "Loop", "Control", "Anonymous", "Thread", "Temporary", "Placeholder", "Timestamp")  # fmt: skip


def sample_value(dtype: Any, shape: tuple[int, ...], rng: np.random.Generator, style: int) -> Any:
    """Values that most operations accept."""
    import tensorflow as tf

    if dtype == tf.bool:
        return np.ones(shape, bool)
    if dtype.is_integer:
        return (
            np.full(shape, style % 3).astype(dtype.as_numpy_dtype)
            if style % 2
            else np.arange(int(np.prod(shape))).reshape(shape).astype(dtype.as_numpy_dtype)
        )
    value = rng.uniform(0.2, 0.9, shape)
    if len(shape) >= 2 and shape[-1] == shape[-2]:
        value = value * 0.1 + np.eye(shape[-1]) * 2
        value = (value + np.swapaxes(value, -1, -2)) / 2
    return value.astype(dtype.as_numpy_dtype)


def attribute(attr: Any, rng: random.Random) -> Any:
    """A value for an attribute that has no default."""
    import tensorflow as tf

    kind = attr.type
    if kind == "int":
        return max(attr.minimum if attr.has_minimum else 1, rng.choice([1, 2]))
    if kind == "float":
        return 0.5
    if kind == "bool":
        return rng.random() < 0.5
    if kind == "shape":
        return tf.TensorShape(rng.choice([[], [2], [2, 2]]))
    if kind == "string":
        allowed = [v.decode() for v in attr.allowed_values.list.s]
        return rng.choice(allowed or [""])
    if kind == "list(int)":
        return rng.choice([[1, 1, 1, 1], [0], [1], [1, 2, 2, 1]])
    raise ValueError(kind)


def example(definition: Any, rng: random.Random) -> tuple[list[Any], dict[str, Any]] | None:
    """Random inputs (arrays, or lists of them) and attributes for an operation."""
    import tensorflow as tf

    types: dict[str, Any] = {}
    attrs: dict[str, Any] = {}
    inferred = (
        {a.type_attr for a in definition.input_arg} | {a.number_attr for a in definition.input_arg} | {a.type_list_attr for a in definition.input_arg}
    )
    for attr in definition.attr:
        if attr.type == "type":
            allowed = list(attr.allowed_values.list.type) or [tf.float32.as_datatype_enum, tf.int32.as_datatype_enum]
            choices = [t for t in (1, 1, 3, 3, 9, 10) if t in allowed] or allowed
            types[attr.name] = tf.as_dtype(attr.default_value.type if attr.HasField("default_value") and rng.random() < 0.5 else rng.choice(choices))
            if attr.name not in inferred:
                attrs[attr.name] = types[attr.name]
        elif attr.name not in inferred and not attr.HasField("default_value"):
            attrs[attr.name] = attribute(attr, rng)
    numbers = np.random.default_rng(rng.randrange(10**6))
    same = rng.choice(SHAPES) if rng.random() < 0.5 else None
    inputs: list[Any] = []
    for arg in definition.input_arg:
        dtype = types[arg.type_attr] if arg.type_attr else tf.as_dtype(arg.type)
        if arg.type_list_attr or dtype in (tf.resource, tf.variant, tf.string) or arg.is_ref:
            return None
        shape = rng.choice(SHAPES) if same is None or (dtype.is_integer and arg.type_attr != "T" and rng.random() < 0.7) else same
        style = rng.randrange(6)
        one = lambda dtype=dtype, shape=shape, style=style: sample_value(dtype, shape, numbers, style)  # noqa: E731
        inputs.append([one(), one()] if arg.number_attr else one())
    return inputs, attrs


def bad_values(value: Any) -> list[Any]:
    """The same shape with values out of range: everywhere, and in one place."""
    if value.dtype == bool:
        return [~value]
    pool: tuple[float, ...] = (-1, 0, 7, -100, 2**30) if value.dtype.kind in "iu" else (np.nan, np.inf, -1.0, 0.0)
    found = []
    for bad in pool:
        found.append(np.full_like(value, bad))
        if value.size > 1:
            one = value.copy()
            one.flat[value.size - 1] = bad
            found.append(one)
    return found


def differ(a: Any, b: Any) -> bool:
    """Whether two lists of results are not the same up to rounding."""
    for x, y in zip(a, b, strict=True):
        x, y = np.asarray(x), np.asarray(y)
        if x.shape != y.shape or x.dtype != y.dtype:
            return True
        if x.dtype.kind in "fc" and not np.allclose(x, y, 1e-3, 1e-3, equal_nan=True):
            return True
        if x.dtype.kind not in "fc" and not np.array_equal(x, y):
            return True
    return False


def judge(name: str) -> str:
    """What was found out about one type of operation."""
    import tensorflow as tf
    from tensorflow.python.framework import op_def_registry

    definition, function = op_def_registry.get(name), getattr(tf.raw_ops, name)
    rng = random.Random(name)
    names = [a.name for a in definition.input_arg]
    verdict, compiled_some = "unknown", 0
    for _ in range(TRIES):
        try:
            made = example(definition, rng)
        except Exception:
            return "unknown"
        if made is None:
            return "unknown"
        inputs, attrs = made

        def call(*given: Any, attrs: Any = attrs) -> Any:
            return tf.nest.flatten(function(**dict(zip(names, given, strict=True)), **attrs))

        def run(build: Any, given: Any) -> Any:
            try:
                return [t.numpy() for t in build(*tf.nest.map_structure(tf.constant, given))], None
            except Exception as error:
                return None, error

        good, _ = run(call, inputs)
        if good is None:
            continue
        graph, compiled = tf.function(call, autograph=False), tf.function(call, autograph=False, jit_compile=True)
        if run(graph, inputs)[0] is None:
            continue
        fast, error = run(compiled, inputs)
        if fast is None:
            if verdict == "unknown":
                verdict = f"uncompiled\t{str(error).splitlines()[0][:80]}"
            continue
        if differ(good, fast):
            return f"differs\tgood data {[np.asarray(i).dtype.name for i in inputs]} {attrs}"
        verdict = "same"
        for position, value in enumerate(inputs):
            if isinstance(value, list):
                continue
            for bad in bad_values(value):
                given = [*inputs[:position], bad, *inputs[position + 1 :]]
                slow, why = run(graph, given)
                fast, _other = run(compiled, given)
                if slow is None and fast is not None:
                    return f"raises\tinput {names[position]}: {str(why).splitlines()[0][:100]}"
                if slow is not None and fast is not None and differ(slow, fast):
                    return f"differs\tinput {names[position]} = {bad.flat[-1]} of {value.dtype.name}{list(value.shape)} {attrs}"
        compiled_some += 1
        if compiled_some == 2:
            break
    return verdict


def all_names() -> list[str]:
    """The types of operations that a body may have, and that are not of a kind that is refused or has no numbers."""
    import tensorflow as tf
    from tensorflow.python.framework import op_def_registry

    names = [n for n in dir(tf.raw_ops) if n[0].isupper() and (d := op_def_registry.get(n)) is not None and not d.is_stateful]
    return [n for n in names if not any(part in n for part in SKIPPED)]


def main(names: list[str]) -> None:
    """Judge these types, in processes that may die."""
    if os.environ.get("XLA_SEARCH_CHILD"):
        for name in names:
            print(f"begin\t{name}", flush=True)
            print(f"{name}\t{judge(name)}", flush=True)
        return
    names = names or all_names()
    while names:
        part, names = names[:60], names[60:]
        done = subprocess.run(
            [sys.executable, "-m", "tests.programs.xla_search", *part],
            env={**os.environ, "XLA_SEARCH_CHILD": "1"},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        lines = done.stdout.splitlines()
        print("\n".join(line for line in lines if not line.startswith("begin")), flush=True)
        begun = [line.partition("\t")[2] for line in lines if line.startswith("begin")]
        judged = {line.partition("\t")[0] for line in lines}
        if begun and begun[-1] not in judged:
            print(f"{begun[-1]}\tcrash\texit status {done.returncode}", flush=True)
            names = [*part[part.index(begun[-1]) + 1 :], *names]


if __name__ == "__main__":
    main(sys.argv[1:])

__all__ = ["all_names", "judge"]
