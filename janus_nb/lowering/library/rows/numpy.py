"""NumPy: functions that compute from their arguments, methods of arrays and scalars, what changes an array, what draws.

Written from `tools/list_library.py numpy` (every public callable, with the parameters that it may write to or call) and reviewed name by name. Left out are functions that call the user back
in a way of their own (`vectorize`, `frompyfunc`), read or write files and settings, or return memory that was not written (`empty`).
"""

from __future__ import annotations

from janus_nb.lowering.library.row import SELF, Row, draws, pure, refused

# Always another array (or a number).
_NEW = """
abs absolute acos acosh add all allclose amax amin angle any append arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin
argpartition argsort argwhere around array array_equal array_equiv array_repr array_str array2string asin asinh astype atan atan2 atanh average
bartlett base_repr binary_repr bincount bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift
bitwise_xor blackman block broadcast_shapes can_cast cbrt ceil choose clip column_stack common_type compress concat concatenate conj conjugate
convolve copy copysign corrcoef correlate cos cosh count_nonzero cov cross cumprod cumsum cumulative_prod cumulative_sum deg2rad degrees delete
diag_indices diag_indices_from diagflat diff digitize divide divmod dot dstack ediff1d equal exp exp2 expm1 extract eye fabs fix flatnonzero
float_power floor floor_divide fmax fmin fmod format_float_positional format_float_scientific frexp full full_like gcd geomspace gradient greater
greater_equal hamming hanning heaviside histogram histogram2d histogram_bin_edges histogramdd hstack hypot i0 identity indices inner insert interp
intersect1d invert isclose iscomplex iscomplexobj isdtype isfinite isin isinf isnan isnat isneginf isposinf isreal isrealobj isscalar issubdtype
kaiser kron lcm ldexp left_shift less less_equal lexsort linspace log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or
logical_xor logspace matmul matvec max maximum mean min min_scalar_type minimum mod modf multiply nanargmax nanargmin nancumprod nancumsum nanmax
nanmean nanmin nanprod nanstd nansum nanvar ndim negative nextafter nonzero not_equal ones ones_like outer packbits pad partition poly polyadd
polyder polydiv polyfit polyint polymul polysub polyval positive pow power prod promote_types ptp rad2deg radians ravel_multi_index reciprocal
remainder repeat resize result_type right_shift rint roll roots round searchsorted select setdiff1d setxor1d shape sign signbit sin sinc sinh size
sort sort_complex spacing sqrt square stack std subtract sum take take_along_axis tan tanh tensordot tile trace trapezoid tri tril tril_indices
tril_indices_from triu triu_indices triu_indices_from true_divide trunc union1d unique unique_all unique_counts unique_inverse unique_values
unpackbits unravel_index unwrap vander var vdot vecdot vecmat vstack where zeros zeros_like
"""

# A view of the argument, or the argument itself, where that is possible.
_VIEWS = """
array_split asanyarray asarray ascontiguousarray asfortranarray atleast_1d atleast_2d atleast_3d broadcast_arrays broadcast_to diag diagonal dsplit
einsum expand_dims flip fliplr flipud hsplit imag matrix_transpose meshgrid moveaxis permute_dims ravel real reshape rollaxis rot90 split squeeze
swapaxes transpose trim_zeros unstack vsplit
"""

# With a part of the argument as working memory, if asked to.
_WORKING = "median percentile quantile nanmedian nanpercentile nanquantile"

_TYPES = """
bool bool_ byte complex128 complex64 double dtype finfo float16 float32 float64 half iinfo int16 int32 int64 int8 int_ intc intp long longlong short single
str_ ubyte uint uint16 uint32 uint64 uint8 uintc uintp ulong ulonglong ushort datetime64 timedelta64
"""

_LINALG = """
cholesky cond cross det eig eigh eigvals eigvalsh inv lstsq matmul matrix_norm matrix_power matrix_rank multi_dot norm outer pinv
qr slogdet solve svd svdvals tensordot tensorinv tensorsolve trace vecdot vector_norm
"""
_FFT = "fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftfreq rfftn"

_METHODS = """
argsort astype choose clip compress copy cumprod cumsum flatten item max mean min nonzero prod repeat round
searchsorted std sum take tobytes tolist trace var argmax argmin all any
"""
_METHODS_OF_ARRAYS = "argpartition dot ptp"
_METHODS_THAT_VIEW = "conj conjugate diagonal ravel reshape squeeze swapaxes transpose view"

_DRAWS = """
random uniform normal standard_normal choice exponential standard_exponential gamma standard_gamma beta binomial poisson geometric gumbel
laplace logistic lognormal multinomial multivariate_normal permutation rayleigh triangular vonmises wald weibull zipf chisquare dirichlet
hypergeometric logseries negative_binomial noncentral_chisquare noncentral_f pareto power standard_cauchy standard_t f bytes
"""
_OLD_DRAWS = "rand randn randint random_sample random_integers tomaxint"

_OUT = ("out",)

NUMPY: tuple[Row, ...] = (
    *pure("numpy", _NEW, changes=_OUT),
    *pure("numpy", _VIEWS, changes=_OUT, new=False, view=True),
    *pure("numpy", _WORKING, changes=("out", "overwrite_input")),
    *pure("numpy", "nan_to_num", changes=("copy=False",), new=False),
    *pure("numpy", _TYPES),
    *pure("numpy", "apply_along_axis apply_over_axes", callbacks=(0,)),
    *pure("numpy", "fromfunction", callbacks=(0,)),
    *pure("numpy", "copyto put place putmask fill_diagonal put_along_axis", changes=(0,)),
    *pure("numpy.linalg", _LINALG, changes=_OUT),
    *pure("numpy.linalg", "diagonal matrix_transpose", new=False, view=True),
    *pure("numpy.fft", _FFT, changes=_OUT),
    *pure("numpy.ufunc", "reduce accumulate reduceat outer", changes=_OUT),
    *pure("numpy.ufunc", "at", changes=(0,)),
    *(row for kind in ("ndarray", "generic") for row in pure(f"numpy.{kind}", _METHODS, changes=_OUT)),
    *(row for kind in ("ndarray", "generic") for row in pure(f"numpy.{kind}", _METHODS_THAT_VIEW, new=False, view=True)),
    *pure("numpy.ndarray", _METHODS_OF_ARRAYS, changes=_OUT),
    *pure("numpy.ndarray", "fill sort partition put itemset setflags resize byteswap", changes=(SELF,)),
    *pure(
        "numpy.ndarray",
        "__iadd__ __isub__ __imul__ __itruediv__ __ifloordiv__ __imod__ __ipow__ __imatmul__ __iand__ __ior__ __ixor__ __ilshift__ __irshift__",
        changes=(SELF,),
        new=False,
    ),
    *(row for kind in ("float16", "float32", "float64", "longdouble") for row in pure(f"numpy.{kind}", "is_integer as_integer_ratio")),
    *pure("numpy.float64", "hex fromhex"),
    *pure("numpy.integer", "is_integer"),
    *(row for kind in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64") for row in pure(f"numpy.{kind}", "bit_count")),
    *draws("numpy.random.Generator", f"{_DRAWS} integers permuted multivariate_hypergeometric"),
    *draws("numpy.random.RandomState", f"{_DRAWS} {_OLD_DRAWS}"),
    *refused("numpy.random.Generator", "shuffle spawn", code="JN205", why="changes its argument, or the generator as a whole"),
    *refused("numpy.random.RandomState", "shuffle seed set_state get_state", code="JN205", why="changes its argument, or the generator as a whole"),
)
