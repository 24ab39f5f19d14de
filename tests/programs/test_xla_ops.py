"""What XLA may compile: every row of the table, with good and with bad data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from janus_nb.backend import Spec
from janus_nb.tf.loop import TensorFlowLoop, barred
from janus_nb.tf.tracer import TensorFlowTracer
from janus_nb.tf.xla_ops import BARRED, CHECKED, SAME

Case = tuple[Callable[..., Any], Any, Any]
F = np.array([[2.0, 0.5, 0.1], [0.5, 3.0, 0.2], [0.1, 0.2, 4.0]], "float32")
I = np.array([0, 1, 2], "int32")
X = tf.constant(F)
R = tf.raw_ops

WRONG: dict[str, Case] = {
    "GatherV2": (lambda i: tf.gather(X, i), I, np.array([0, 3, 1], "int32")),
    "ResourceGather": (lambda i: tf.gather(tf.stack([X, X])[0], i), I, np.array([0, -1, 1], "int32")),
    "StridedSlice": (lambda i: X[i[1]], I, np.array([0, 7, 1], "int32")),
    "SparseSoftmaxCrossEntropyWithLogits": (lambda i: tf.nn.sparse_softmax_cross_entropy_with_logits(i, X), I, np.array([0, 3, 1], "int32")),
    "FloorDiv": (lambda i: 7 // i, I + 1, I),
    "FloorMod": (lambda i: 7 % i, I + 1, I),
    "TruncateDiv": (lambda i: tf.truncatediv(7, i), I + 1, I),
    "TruncateMod": (lambda i: tf.truncatemod(7, i), I + 1, I),
    "Div": (lambda i: R.Div(x=I, y=i), I + 1, I),
    "Mod": (lambda i: R.Mod(x=I, y=i), I + 1, I),
    "Pow": (lambda i: tf.pow(I + 1, i), I, -I),
    "Slice": (lambda i: tf.slice(X, [i[1], 0], [1, 3]), I, I + 2),
    "CheckNumerics": (lambda x: tf.debugging.check_numerics(x, "bad"), F, F * np.inf),
    "GatherNd": (lambda i: tf.gather_nd(X, i[:, None]), I, I + 1),
    "TensorScatterUpdate": (lambda i: tf.tensor_scatter_nd_update(X, i[:, None], X), I, I + 1),
    "TensorScatterAdd": (lambda i: tf.tensor_scatter_nd_add(X, i[:, None], X), I, I - 1),
    "TensorScatterSub": (lambda i: tf.tensor_scatter_nd_sub(X, i[:, None], X), I, I + 5),
    "TensorScatterMax": (lambda i: tf.tensor_scatter_nd_max(X, i[:, None], X), I, I + 1),
    "TensorScatterMin": (lambda i: tf.tensor_scatter_nd_min(X, i[:, None], X), I, I + 1),
    "ScatterNd": (lambda i: tf.scatter_nd(i[:, None], X, [3, 3]), I, I + 1),
    "UnsortedSegmentSum": (lambda i: tf.math.unsorted_segment_sum(X, i, 3), I, I + 1),
    "UnsortedSegmentMax": (lambda i: tf.math.unsorted_segment_max(X, i, 3), I, I + 1),
    "UnsortedSegmentMin": (lambda i: tf.math.unsorted_segment_min(X, i, 3), I, I + 1),
    "UnsortedSegmentProd": (lambda i: tf.math.unsorted_segment_prod(X, i, 3), I, I + 1),
    "Cast": (lambda x: tf.cast(x, tf.int32), F, F * 1e12),
}
"""For each checked type: a use of it, data for which it works, and data for which it does not."""

REFUSED: dict[str, Callable[[Any], Any]] = {
    "InvertPermutation": lambda x: tf.math.invert_permutation(tf.cast(x[0], tf.int32)),
    "Cholesky": tf.linalg.cholesky,
    "MatrixInverse": tf.linalg.inv,
    "MatrixSolve": lambda x: tf.linalg.solve(x, x),
    "MatrixTriangularSolve": lambda x: tf.linalg.triangular_solve(x, x),
    "MatrixDeterminant": tf.linalg.det,
    "LogMatrixDeterminant": lambda x: tf.linalg.slogdet(x)[1],
    "SelfAdjointEigV2": tf.linalg.eigvalsh,
    "Svd": lambda x: tf.linalg.svd(x)[0],
    "Qr": lambda x: tf.linalg.qr(x)[0],
    "Lu": lambda x: tf.linalg.lu(x)[0],
    "SegmentSumV2": lambda x: R.SegmentSumV2(data=x, segment_ids=tf.cast(x[0], tf.int32), num_segments=3),
    "SegmentSum": lambda x: tf.math.segment_sum(x, tf.cast(x[0], tf.int32)),
    "SegmentMean": lambda x: tf.math.segment_mean(x, tf.cast(x[0], tf.int32)),
    "ArgMin": lambda x: tf.argmin(x, 1),
    "TopKV2": lambda x: tf.math.top_k(x, 2)[0],
    "InTopKV2": lambda x: R.InTopKV2(predictions=x, targets=tf.cast(x[0], tf.int32), k=2),
    "Bincount": lambda x: R.Bincount(arr=tf.cast(x[0], tf.int32), size=3, weights=x[0]),
    "DenseBincount": lambda x: R.DenseBincount(input=tf.cast(x[0], tf.int32), size=3, weights=x[0]),
    "BatchToSpaceND": lambda x: R.BatchToSpaceND(input=tf.reshape(tf.stack([x] * 4), [4, 3, 3, 1]), block_shape=[2, 2], crops=[[0, 0], [0, 0]]),
    "SpaceToBatchND": lambda x: R.SpaceToBatchND(input=tf.reshape(x, [1, 3, 3, 1]), block_shape=[1, 1], paddings=[[0, 0], [0, 0]]),
    "Unique": lambda x: tf.unique(x[0])[0],
    "Where": lambda x: tf.where(x > 1),
    "LeftShift": lambda x: tf.bitwise.left_shift(tf.cast(x, tf.int32), 2),
    "RightShift": lambda x: tf.bitwise.right_shift(tf.cast(x, tf.int32), 2),
    "CropAndResize": lambda x: R.CropAndResize(image=tf.reshape(x, [1, 3, 3, 1]), boxes=x[:1, :1] + tf.zeros([1, 4]), box_ind=[0], crop_size=[2, 2]),
    "ReverseSequence": lambda x: tf.reverse_sequence(x, tf.cast(x[0], tf.int32), seq_axis=1),
    "DynamicStitch": lambda x: tf.dynamic_stitch([tf.cast(x[0], tf.int32)], [x]),
    "AdjustHue": lambda x: R.AdjustHue(images=tf.reshape(x, [1, 3, 1, 3]), delta=0.5),
    "AdjustContrastv2": lambda x: R.AdjustContrastv2(images=tf.reshape(x, [1, 3, 1, 3]), contrast_factor=0.5),
    "EluGrad": lambda x: R.EluGrad(gradients=x, outputs=x),
    "LinSpace": lambda x: R.LinSpace(start=x[0, 0], stop=1.0, num=3),
    "MatrixBandPart": lambda x: tf.linalg.band_part(x, tf.cast(x[0, 0], tf.int32), 0),
    "TensorListGetItem": lambda x: tf.TensorArray(tf.float32, 3, element_shape=[3]).unstack(x).read(tf.cast(x[0, 0], tf.int32)),
    "TensorListSetItem": lambda x: tf.TensorArray(tf.float32, 3, element_shape=[3]).write(tf.cast(x[0, 0], tf.int32), x[0]).stack(),
    "Max": lambda x: tf.reduce_max(x, 1),
    "Min": lambda x: tf.reduce_min(x, 1),
    "Maximum": lambda x: tf.maximum(x, 1.0),
    "Minimum": lambda x: tf.minimum(x, 1.0),
    "ClipByValue": lambda x: R.ClipByValue(t=x, clip_value_min=0.0, clip_value_max=1.0),
    "MaxPool": lambda x: tf.nn.max_pool2d(tf.reshape(x, [1, 3, 3, 1]), 2, 1, "VALID"),
    "MaxPool3D": lambda x: tf.nn.max_pool3d(tf.reshape(x, [1, 3, 3, 1, 1]), [1, 2, 2, 1, 1][1:4], 1, "SAME"),
}
"""For each barred type: a use of it on a matrix of floats."""


def body_of(function: Callable[..., Any], data: Any) -> Any:
    tracer = TensorFlowTracer("row")
    with tracer:
        result = function(tracer.input(Spec(data.dtype.name, data.shape), "feed", "x"))
    return tracer.finish([], [result], [])


def test_every_row_has_a_case() -> None:
    assert set(WRONG) == set(CHECKED)
    assert set(REFUSED) == set(BARRED) - {"Assert"}
    assert not SAME & set(BARRED) and not SAME & set(CHECKED) and not set(CHECKED) & set(BARRED)


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("xla", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_bad_data_fail_an_assertion(kind: str, xla: bool) -> None:
    function, good, bad = WRONG[kind]
    body = body_of(function, good)
    assert barred(body, single=False) is None
    result = TensorFlowLoop(body, xla=xla, parallel=False, capacity=2).run(2, [], [tf.constant(np.stack([good, bad]))], [])
    assert result.done == 1 and result.failed is not None
    np.testing.assert_allclose(result.rows[0][0], function(tf.constant(good)), 1e-6)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_differs_is_not_compiled(kind: str) -> None:
    against = barred(body_of(REFUSED[kind], F), single=False)
    assert against is not None and (against.startswith(f"{kind}:") or against == "not every size is known"), against


def test_what_is_not_in_the_table_is_not_compiled() -> None:
    against = barred(body_of(tf.math.bessel_i0, F), single=False)
    assert against == "BesselI0: not known to compute the same with XLA"


def test_an_index_that_a_library_looks_up_in_a_loop_is_not_compiled() -> None:
    against = barred(body_of(lambda i: tf.map_fn(lambda k: X[k], i, fn_output_signature=tf.float32), I), single=False)
    assert against is not None and any(kind in against for kind in ("StridedSlice", "GatherV2", "TensorList")), against
