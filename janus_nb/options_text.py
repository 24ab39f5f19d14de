"""Options as words on a command line, for the magics and the command line alike.

--profile 5 --xla off --no-unroll   ->   {"profile": 5, "xla": "off", "unroll": False}
"""

from __future__ import annotations

import difflib
import re
import shlex
from typing import Any

from janus_nb.config import OptionInfo, Options, option_table, unknown_option
from janus_nb.errors import OptionError


def flags() -> dict[str, tuple[str, OptionInfo]]:
    """Every flag with the option it sets: switches are turned off by `--no-NAME`, the others take a value."""
    return {(f"--no-{n}" if _is_switch(i) else f"--{n}"): (n, i) for n, i in option_table().items()}


def _unknown(flag: str, known: dict[str, Any]) -> str:
    """What to say of a flag that there is not: the near one as it is written, and all there are."""
    name = flag.removeprefix("--").removeprefix("no-")
    right = next((f for f, (option, _) in known.items() if option == name), None) or next(iter(difflib.get_close_matches(flag, known, 1)), None)
    if right is not None:
        info = known[right][1]
        form = right if _is_switch(info) else f"{right} VALUE ({info.expected})"
        return f"unknown flag {flag!r}. Did you mean {form}? Flags are: {', '.join(known)}."
    return unknown_option(name) + f" Flags are: {', '.join(known)}."


def _is_switch(info: OptionInfo) -> bool:
    return info.expected == "True or False"


def value_of(word: str) -> int | str:
    """A word on a command line as an option's value: a whole number in plain digits, or text.

    >>> value_of("-3"), value_of("auto"), value_of("²")
    (-3, 'auto', '²')
    """
    return int(word) if re.fullmatch(r"-?[0-9]{1,18}", word) else word


def parse(text: str) -> dict[str, Any]:
    """The options in a line of flags, checked.

    Raises:
        OptionError: an unknown flag, a missing or a bad value; the message names it and lists what exists.
    """
    known = flags()
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise OptionError(f"cannot read the options {text!r}: {error}") from None
    given: dict[str, Any] = {}
    while words:
        flag, equals, value = words.pop(0).partition("=")
        if flag not in known:
            raise OptionError(_unknown(flag, known))
        name, info = known[flag]
        if _is_switch(info):
            given[name] = False
            continue
        if not equals:
            if not words:
                raise OptionError(f"{flag}: a value is missing, expected {info.expected}")
            value = words.pop(0)
        given[name] = value_of(value)
    Options.make(**given)
    return given
