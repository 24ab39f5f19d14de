"""Names of library functions that compute from their arguments alone, and change nothing: reviewed one by one.

NumPy's were generated from `dir(numpy)`. Left out are functions that write to an argument (`copyto`, `put`, `place`,
`fill_diagonal`), call the user back (`apply_along_axis`, `piecewise`, `vectorize`), read files or settings, or return
memory that was not written (`empty`). A function here with an `out` parameter is refused when that is given.
"""

from __future__ import annotations

NUMPY = """
abs absolute acos acosh add all allclose amax amin angle any append arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin
argpartition argsort argwhere around array array_equal array_equiv array_repr array_split array_str array2string asanyarray asarray ascontiguousarray
asfortranarray asin asinh astype atan atan2 atanh atleast_1d atleast_2d atleast_3d average bartlett base_repr binary_repr bincount bitwise_and
bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor blackman block broadcast_arrays broadcast_shapes
broadcast_to can_cast cbrt ceil choose clip column_stack common_type compress concat concatenate conj conjugate convolve copy copysign corrcoef
correlate cos cosh count_nonzero cov cross cumprod cumsum cumulative_prod cumulative_sum deg2rad degrees delete diag diag_indices diag_indices_from
diagflat diagonal diff digitize divide divmod dot dsplit dstack ediff1d einsum equal exp exp2 expand_dims expm1 extract eye fabs fix flatnonzero flip
fliplr flipud float_power floor floor_divide fmax fmin fmod format_float_positional format_float_scientific frexp full full_like gcd geomspace gradient
greater greater_equal hamming hanning heaviside histogram histogram2d histogram_bin_edges histogramdd hsplit hstack hypot i0 identity imag indices
inner insert interp intersect1d invert isclose iscomplex iscomplexobj isdtype isfinite isin isinf isnan isnat isneginf isposinf isreal isrealobj isscalar
issubdtype kaiser kron lcm ldexp left_shift less less_equal lexsort linspace log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or
logical_xor logspace matmul matrix_transpose matvec max maximum mean median meshgrid min min_scalar_type minimum mod modf moveaxis multiply
nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar ndim negative nextafter
nonzero not_equal ones ones_like outer packbits pad partition percentile permute_dims poly polyadd polyder polydiv polyfit polyint polymul polysub polyval
positive pow power prod promote_types ptp quantile rad2deg radians ravel ravel_multi_index real reciprocal remainder repeat reshape resize result_type
right_shift rint roll rollaxis roots rot90 round searchsorted select setdiff1d setxor1d shape sign signbit sin sinc sinh size sort sort_complex spacing
split sqrt square squeeze stack std subtract sum swapaxes take take_along_axis tan tanh tensordot tile trace transpose trapezoid tri tril tril_indices
tril_indices_from trim_zeros triu triu_indices triu_indices_from true_divide trunc union1d unique unique_all unique_counts unique_inverse unique_values
unpackbits unravel_index unstack unwrap vander var vdot vecdot vecmat vsplit vstack where zeros zeros_like reduce accumulate
bool bool_ byte complex128 complex64 double dtype finfo float16 float32 float64 half iinfo int16 int32 int64 int8 int_ intc intp long longlong short single
str_ ubyte uint uint16 uint32 uint64 uint8 uintc uintp ulong ulonglong ushort datetime64 timedelta64
"""

NUMPY_LINALG = """
cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv lstsq matmul matrix_norm matrix_power matrix_rank matrix_transpose multi_dot norm outer pinv
qr slogdet solve svd svdvals tensordot tensorinv tensorsolve trace vecdot vector_norm
"""

NUMPY_FFT = "fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftfreq rfftn"

MATH = """
acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist erf erfc exp exp2 expm1 fabs factorial floor fmod frexp fsum gamma gcd
hypot isclose isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p log2 modf nextafter perm pow prod radians remainder sin sinh sqrt tan tanh trunc ulp
sumprod fma
"""

STATISTICS = """
mean fmean geometric_mean harmonic_mean median median_low median_high median_grouped mode multimode quantiles pstdev pvariance stdev variance covariance
correlation linear_regression
"""

OPERATOR = """
abs add and_ concat contains countOf eq floordiv ge getitem gt index indexOf inv invert is_ is_not le lshift lt matmul mod mul ne neg not_ or_ pos pow rshift sub
truediv truth xor
"""

_ARRAY = """
all any argmax argmin argpartition argsort astype choose clip compress conj conjugate copy cumprod cumsum diagonal dot flatten item max mean min nonzero prod
ravel repeat reshape round searchsorted squeeze std sum swapaxes take tobytes tolist trace transpose var view ptp is_integer hex as_integer_ratio
"""
_TEXT = """
capitalize casefold center count encode decode endswith expandtabs find format hex index isalnum isalpha isascii isdecimal isdigit isidentifier islower
isnumeric isprintable isspace istitle isupper join ljust lower lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip
split splitlines startswith strip swapcase title translate upper zfill
"""
_DICT = "get keys values items copy most_common total"
_SET = "union intersection difference symmetric_difference issubset issuperset isdisjoint copy"
_NUMBER = "as_integer_ratio bit_length bit_count conjugate is_integer hex to_bytes limit_denominator quantize normalize sqrt is_nan to_integral_value"
_TIME = """
date time isoformat strftime timestamp total_seconds weekday isoweekday toordinal replace timetuple isocalendar ctime astimezone utcoffset tzname
"""
_PATH = "joinpath with_suffix with_name with_stem relative_to as_posix is_absolute match"

_ROWS: tuple[tuple[str, str], ...] = (
    ("numpy.ndarray", _ARRAY),
    *((f"builtins.{name}", _TEXT) for name in ("str", "bytes", "bytearray")),
    *((f"builtins.{name}", _NUMBER) for name in ("int", "float", "bool", "complex")),
    ("fractions.Fraction", _NUMBER),
    ("decimal.Decimal", _NUMBER),
    *((f"builtins.{name}", "index count copy") for name in ("list", "tuple", "range")),
    ("collections.deque", "index count copy"),
    ("builtins.dict", _DICT),
    *((f"collections.{name}", _DICT) for name in ("OrderedDict", "defaultdict", "Counter")),
    ("builtins.set", _SET),
    ("builtins.frozenset", _SET),
    *((f"datetime.{name}", _TIME) for name in ("date", "datetime", "time", "timedelta")),
    *((f"pathlib.{name}", _PATH) for name in ("PosixPath", "PurePosixPath", "PureWindowsPath")),
    *((f"tensorflow.python.framework.tensor_shape.{name}", "as_list is_fully_defined num_elements") for name in ("TensorShape",)),
    ("tensorflow.python.util.object_identity.Reference", "deref"),
)

METHODS_OF: dict[str, frozenset[str]] = {kind: frozenset(names.split()) for kind, names in _ROWS}
"""Methods without effects by exact type."""
