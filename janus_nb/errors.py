"""The exceptions that JANUS raises at its own interface.

A user's program never sees one of these because of what it computes: what cannot be converted is a
value (`janus_nb.events.Declined`), and an error inside JANUS is an event followed by eager execution.
They are raised for wrong *use* only: a bad option, a bad argument.
"""

from __future__ import annotations


class JanusError(Exception):
    """Base of every exception that JANUS itself raises."""


class OptionError(JanusError, ValueError):
    """An option has an unknown name or a value outside its range.

    The message names the option, the value given and the values accepted.
    """
