"""Run the table, or a part of it: `python -m tests.programs.table --count 3000 --seed 0`."""

from __future__ import annotations

import argparse
import sys

from tests.programs.table.run import run

parser = argparse.ArgumentParser(prog="python -m tests.programs.table", description=__doc__)
parser.add_argument("--count", type=int, default=3000, help="how many programs; 0: all")
parser.add_argument("--seed", type=int, default=0, help="which ones")
parser.add_argument(
    "--only",
    action="append",
    default=[],
    metavar="NAME",
    help="programs whose names begin so (may be repeated); all of them, unless --count is given",
)
parser.add_argument("--tensorflow", action="store_true", help="run on TensorFlow")
parser.add_argument("--fake", action="store_true", help="run on the library in a page of NumPy (the default)")
parser.add_argument(
    "--mode", choices=["always", "defaults", "both"], default="always", help="convert at once, or with default options and more rounds"
)
parser.add_argument(
    "--verify", choices=["first", "always", "off"], default="first", help="JANUS's option; `off` shows what the generator does by itself"
)
parser.add_argument("--show", action="store_true", help="print failing programs")
parser.add_argument("--rejected", action="store_true", help="tell also of graphs that verification rejected")
arguments = parser.parse_args()
sys.exit(run(arguments))
