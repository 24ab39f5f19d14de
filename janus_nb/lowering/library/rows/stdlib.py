"""Small modules of the standard library: numbers, text, dates, paths, containers."""

from __future__ import annotations

from janus_nb.lowering.library.row import Row, draws, host, pure, refused

_MATH = """
acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist erf erfc exp exp2 expm1 fabs factorial floor fmod frexp fsum gamma gcd
hypot isclose isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p log2 modf nextafter perm pow prod radians remainder sin sinh sqrt tan tanh trunc ulp
sumprod fma
"""
_CMATH = "acos acosh asin asinh atan atanh cos cosh exp isclose isfinite isinf isnan log log10 phase polar rect sin sinh sqrt tan tanh"
_STATISTICS = """
mean fmean geometric_mean harmonic_mean median median_low median_high median_grouped mode multimode quantiles pstdev pvariance stdev variance covariance
correlation linear_regression
"""
_OPERATOR = """
abs add and_ concat contains countOf eq floordiv ge gt index indexOf inv invert is_ is_not le lshift lt matmul mod mul ne neg not_ or_ pos pow rshift sub
truediv truth xor
"""
_DRAWS = """
random uniform randint randrange choice choices sample gauss normalvariate getrandbits randbytes triangular betavariate expovariate gammavariate
lognormvariate vonmisesvariate paretovariate weibullvariate binomialvariate
"""
_DATE = "isoformat strftime weekday isoweekday toordinal replace timetuple isocalendar ctime"
_PATH = "joinpath with_suffix with_name with_stem relative_to as_posix is_absolute match is_relative_to as_uri"
_COMPUTES = "search match fullmatch split findall"

NUMBERS: tuple[Row, ...] = (
    *pure("math", _MATH),
    *pure("cmath", _CMATH),
    *pure("statistics", _STATISTICS),
    *pure("operator", _OPERATOR),
    *pure("operator", "getitem", new=False),
    *pure(
        "operator",
        "setitem delitem iadd isub imul itruediv ifloordiv imod ipow iand ior ixor ilshift irshift imatmul iconcat",
        changes=(0,),
        new=False,
    ),
    *pure("fractions", "Fraction"),
    *pure("fractions.Fraction", "limit_denominator as_integer_ratio is_integer conjugate from_float from_decimal"),
    *pure("decimal", "Decimal"),
    *pure(
        "decimal.Decimal",
        "as_integer_ratio conjugate is_nan is_zero is_finite is_infinite is_signed as_tuple adjusted copy_abs copy_negate from_float",
    ),
    *draws("random.Random", _DRAWS),
    *refused("random.Random", "shuffle seed setstate getstate", code="JN205", why="changes its argument, or the generator as a whole"),
)

TEXT: tuple[Row, ...] = (
    *pure("re", f"{_COMPUTES} escape"),
    *pure("re", "compile", new=False),
    *pure("re", "finditer", lazy=True),
    *pure("re", "sub subn", callbacks=("repl",)),
    *pure("re.Pattern", _COMPUTES),
    *pure("re.Pattern", "finditer", lazy=True),
    *pure("re.Pattern", "sub subn", callbacks=("repl",)),
    *pure("re.Match", "group groups groupdict start end span expand"),
    *pure("json", "dumps", callbacks=("default", "cls")),
    *pure("json", "loads", callbacks=("cls", "object_hook", "parse_float", "parse_int", "parse_constant", "object_pairs_hook")),
    *pure("textwrap", "dedent wrap fill shorten"),
    *pure("textwrap", "indent", callbacks=("predicate",)),
    *pure("string", "capwords"),
    *pure("difflib", "get_close_matches"),
    *pure("html", "escape unescape"),
    *pure("keyword", "iskeyword"),
)

TIME: tuple[Row, ...] = (
    *pure(
        "time",
        "time perf_counter monotonic process_time thread_time time_ns perf_counter_ns monotonic_ns process_time_ns strftime localtime gmtime ctime",
        volatile=True,
    ),
    *pure("time", "strptime"),
    *pure("datetime", "date datetime time timedelta timezone"),
    *pure("datetime.date", f"{_DATE} fromisoformat fromordinal fromisocalendar"),
    *pure("datetime.datetime", f"{_DATE} date time timetz timestamp astimezone utcoffset tzname utctimetuple dst"),
    *pure("datetime.datetime", "strptime fromisoformat fromordinal fromisocalendar combine fromtimestamp"),
    *pure("datetime.time", "isoformat strftime replace utcoffset tzname dst fromisoformat"),
    *pure("datetime.timedelta", "total_seconds"),
    *pure("datetime.timezone", "utcoffset tzname dst"),
    *pure("datetime.date", "today", volatile=True),
    *pure("datetime.datetime", "now today utcnow", volatile=True),
)

PATHS: tuple[Row, ...] = (
    *pure("pathlib", "PurePath PurePosixPath PureWindowsPath Path PosixPath"),
    *pure("pathlib.PurePath", _PATH),
    *pure("os.path", "join basename dirname split splitext normpath isabs commonprefix commonpath"),
    *pure("os", "fspath", new=False),
    *pure("fnmatch", "fnmatch fnmatchcase filter"),
)

CONTAINERS: tuple[Row, ...] = (
    *pure("copy", "copy deepcopy"),
    *pure("heapq", "heappush heappop heapify heapreplace heappushpop", changes=(0,), new=False),
    *pure("heapq", "nlargest nsmallest", callbacks=("key",)),
    *pure("heapq", "merge", callbacks=("key",), lazy=True),
    *pure("bisect", "bisect bisect_left bisect_right", callbacks=("key",)),
    *pure("bisect", "insort insort_left insort_right", callbacks=("key",), changes=(0,)),
    *pure("itertools", "count cycle repeat chain compress islice pairwise product permutations combinations", lazy=True),
    *pure("itertools", "combinations_with_replacement zip_longest", lazy=True),
    *pure("itertools.chain", "from_iterable", lazy=True),
    *pure("itertools", "takewhile dropwhile filterfalse starmap", callbacks=(0,), lazy=True),
    *pure("itertools", "accumulate", callbacks=(1, "func"), lazy=True),
    *pure("functools", "reduce", callbacks=(0,), new=False),
    *pure("operator", "itemgetter"),
    *pure("operator.itemgetter", "__call__", new=False),
)

OUTPUT: tuple[Row, ...] = (
    *(
        row
        for kind in ("TextIOWrapper", "StringIO", "BytesIO", "BufferedWriter", "BufferedRandom", "FileIO")
        for row in host(f"io.{kind}", "write writelines flush")
    ),
    *host("ipykernel.iostream.OutStream", "write writelines flush"),
    *host("codecs.StreamWriter", "write writelines"),
    *host("_csv.*", "writerow writerows"),
    *host("csv.DictWriter", "writerow writerows writeheader"),
    *host("gc", "collect"),
    *host("logging", "debug info warning warn error critical fatal log"),
    *host("logging.Logger", "debug info warning warn error critical fatal log"),
    *host("logging.LoggerAdapter", "debug info warning warn error critical log"),
)

STDLIB: tuple[Row, ...] = (*NUMBERS, *TEXT, *TIME, *PATHS, *CONTAINERS, *OUTPUT)
