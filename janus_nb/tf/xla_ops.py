"""Which types of operations XLA may compile: a table.

XLA has no errors at run time. Where TensorFlow's executor raises for an index out of range, a compiled graph clamps it, drops it or reads
something else; where the executor raises for a matrix that cannot be decomposed, it returns NaN. So a type is compiled only if it is in
this table, because it computes the same for all data (`SAME`), or because an assertion stands before it (`CHECKED`). What is not in it
is not compiled; `BARRED` says why for those that people use. `tests/programs/xla_search.py` looks for differences, and
`tests/programs/test_xla_ops.py` has a case for each row.
"""

from __future__ import annotations

from collections.abc import Iterable

CHOOSING = frozenset(("Max", "Min", "Maximum", "Minimum", "ClipByValue", "ArgMin"))
OF_INTEGERS = " of integers"
"""What is added to the name of a type of `CHOOSING` where it has integers: there is no NaN among them."""

SAME: frozenset[str] = frozenset(
    # numbers, one by one
    "Abs Acos Acosh Add AddN AddV2 Asin Asinh Atan Atan2 Atanh Ceil Cos Cosh Digamma DivNoNan Elu Erf Erfc Exp Expm1 "
    "Floor Inv IsFinite IsInf IsNan LeakyRelu LeakyReluGrad Lgamma Log Log1p Mul MulNoNan Neg NextAfter "
    "RealDiv Reciprocal ReciprocalGrad Relu Relu6 Relu6Grad ReluGrad Rint Round Rsqrt RsqrtGrad Select SelectV2 Selu SeluGrad Sigmoid "
    "SigmoidGrad Sign Sin Sinh Softplus SoftplusGrad Softsign SoftsignGrad Sqrt SqrtGrad Square SquaredDifference Sub Tan Tanh TanhGrad Xdivy Xlogy "
    "BitwiseAnd BitwiseOr BitwiseXor Invert Bitcast Conj Real Imag Complex "
    # comparisons and logic
    "Equal NotEqual Less LessEqual Greater GreaterEqual LogicalAnd LogicalOr LogicalNot ApproximateEqual "
    # reductions, products, normalization
    "All Any Mean Prod Sum EuclideanNorm Cumsum Cumprod MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 Einsum L2Loss BiasAdd BiasAddGrad "
    "ArgMax OneHot Softmax LogSoftmax SoftmaxCrossEntropyWithLogits FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 FusedBatchNormGrad FusedBatchNormGradV2 "
    "FusedBatchNormGradV3 AvgPool AvgPoolGrad Conv2D Conv2DBackpropFilter Conv2DBackpropInput DepthwiseConv2dNative "
    "DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput Conv3D Conv3DBackpropFilterV2 Conv3DBackpropInputV2 AvgPool3D "
    "AvgPool3DGrad "
    # shapes that are known when the graph is made: `barred` lets nothing else through
    "BroadcastGradientArgs BroadcastArgs BroadcastTo Concat ConcatV2 ConcatOffset Const DepthToSpace SpaceToDepth Diag DiagPart ExpandDims Fill Identity IdentityN "
    "MatrixDiag MatrixDiagPart MirrorPad NoOp OnesLike Pack Pad PadV2 Placeholder PlaceholderWithDefault "
    "PreventGradient Range Rank Reshape ReverseV2 Shape ShapeN Size Snapshot Split SplitV Squeeze StopGradient StridedSliceGrad Tile Transpose "
    "Unpack ZerosLike MatrixTranspose EnsureShape GuaranteeConst "
    # the graph's own structure; what stands inside is looked at in the same way
    "If StatelessIf While StatelessWhile PartitionedCall StatefulPartitionedCall "
    # the lists in which loops keep what their gradients need
    "EmptyTensorList TensorListElementShape TensorListFromTensor TensorListLength TensorListPopBack TensorListPushBack "
    "TensorListReserve TensorListStack "
    # random numbers: `barred` sees to it that they are drawn outside
    "StatelessRandomNormalV2 StatelessRandomUniformV2 StatelessTruncatedNormalV2 StatelessRandomUniformIntV2 "
    # the bodies' own reads
    "ReadVariableOp _Arg _Retval".split()
) | frozenset(kind + OF_INTEGERS for kind in ("Max", "Min", "Maximum", "Minimum"))
"""Computes the same for all data: up to rounding, and with NaN where the executor has it."""

CHECKED: dict[str, str] = {
    "GatherV2": "every index is in range",
    "ResourceGather": "every index is in range",
    "StridedSlice": "an index that is computed is in range",
    "SparseSoftmaxCrossEntropyWithLogits": "every label is a class",
    "FloorDiv": "no divisor of integers is zero",
    "FloorMod": "no divisor of integers is zero",
    "TruncateDiv": "no divisor of integers is zero",
    "TruncateMod": "no divisor of integers is zero",
    "Div": "no divisor of integers is zero",
    "Mod": "no divisor of integers is zero",
    "Pow": "no integer has a negative power",
    "Slice": "the slice lies inside",
    "CheckNumerics": "every number is finite",
    "GatherNd": "every index is in range",
    "TensorScatterUpdate": "every index is in range",
    "TensorScatterAdd": "every index is in range",
    "TensorScatterSub": "every index is in range",
    "TensorScatterMax": "every index is in range",
    "TensorScatterMin": "every index is in range",
    "ScatterNd": "every index is in range",
    "UnsortedSegmentSum": "no segment is beyond the last",
    "UnsortedSegmentMax": "no segment is beyond the last",
    "UnsortedSegmentMin": "no segment is beyond the last",
    "UnsortedSegmentProd": "no segment is beyond the last",
    "Cast": "a float that becomes an integer fits it",
}
"""An assertion is made in the graph where the executor would raise (`janus_nb.tf.op_rules`)."""

BARRED: dict[str, str] = {
    "InvertPermutation": "what is no permutation gives numbers",
    "Cholesky": "a matrix that is not positive definite gives NaN",
    "MatrixInverse": "a singular matrix gives infinities",
    "MatrixSolve": "a singular matrix gives infinities",
    "MatrixTriangularSolve": "a singular matrix gives infinities",
    "MatrixDeterminant": "a singular matrix is rounded otherwise",
    "LogMatrixDeterminant": "a singular matrix is rounded otherwise",
    "SelfAdjointEigV2": "vectors have other signs",
    "Svd": "vectors have other signs",
    "Qr": "vectors have other signs",
    "Lu": "a singular matrix gives infinities",
    "SegmentSumV2": "numbers of segments that are not sorted are accepted",
    "SegmentSum": "numbers of segments that are not sorted are accepted",
    "SegmentMean": "numbers of segments that are not sorted are accepted",
    "ArgMin": "the place of NaN is another",
    "TopKV2": "NaN is sorted otherwise",
    "InTopKV2": "a target out of range is accepted",
    "Bincount": "numbers that are out of range are dropped",
    "DenseBincount": "numbers that are out of range are dropped",
    "BatchToSpaceND": "crops that do not fit are accepted",
    "SpaceToBatchND": "paddings that do not fit are accepted",
    "EluGrad": "NaN is handled otherwise",
    "LinSpace": "bounds that are not finite give other numbers",
    "MatrixBandPart": "a number of diagonals out of range is accepted",
    "TensorListGetItem": "an index out of range is clamped",
    "TensorListSetItem": "an index out of range is dropped",
    "Max": "NaN is passed over",
    "Min": "NaN is passed over",
    "Maximum": "NaN is passed over",
    "Minimum": "NaN is passed over",
    "ClipByValue": "NaN is passed over, and bounds that are not in order give the other one",
    "MaxPool": "NaN is passed over",
    "MaxPool3D": "NaN is passed over",
    "Unique": "the size of the result is not known",
    "Where": "the size of the result is not known",
    "Assert": "it is not looked at",
    "LeftShift": "a shift that is too wide gives other bits",
    "RightShift": "a shift that is too wide gives other bits",
    "CropAndResize": "a box out of range is accepted",
    "ReverseSequence": "a length out of range is accepted",
    "DynamicStitch": "an index out of range is dropped",
    "AdjustHue": "NaN is handled otherwise",
    "AdjustContrastv2": "numbers that are not finite are handled otherwise",
}
"""Computes something else on bad data: the bodies that have it run by the executor."""


def refusal(kinds: Iterable[str], unchecked: Iterable[str]) -> str | None:
    """Why operations of these types may not be compiled, or `None`. `unchecked`: those before which no assertion could be made."""
    for kind in sorted(kinds):
        if kind not in SAME and kind not in CHECKED:
            return f"{kind}: {BARRED.get(kind, 'not known to compute the same with XLA')}"
    for kind in sorted(unchecked):
        return f"{kind} where it is not checked that {CHECKED[kind]}"
    return None


__all__ = ["BARRED", "CHECKED", "SAME", "refusal"]
