"""Run the unseen programs: `python -m tests.programs.unseen --fake --verify off [--show] [NAME ...]`."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections import Counter

from tests.programs.table.run import outcome, tell
from tests.programs.table.worlds import World
from tests.programs.unseen.families import FAMILIES

parser = argparse.ArgumentParser(prog="python -m tests.programs.unseen", description=__doc__)
parser.add_argument("--fake", action="store_true", help="on the library in a page of NumPy, what runs there; else on TensorFlow")
parser.add_argument("--verify", choices=["first", "always", "off"], default="first")
parser.add_argument("--mode", choices=["always", "defaults"], default="always")
parser.add_argument("--show", action="store_true")
parser.add_argument("--list", action="store_true", help="say of each program what became of it")
parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth program only")
parser.add_argument("only", nargs="*", help="families or `family.program`")
arguments = parser.parse_args()
world = World(arguments.fake)
counts: Counter[str] = Counter()
began = time.time()
for family in FAMILIES:
    if arguments.fake and family.tensorflow:
        continue
    for name, program in list(family.programs().items())[:: arguments.every]:
        full = f"{family.name}.{name}"
        if arguments.only and not any(full.startswith(o) for o in arguments.only):
            continue
        if "import pandas" in program.setup and importlib.util.find_spec("pandas") is None:
            print(f"skipped {full}: pandas is not installed")
            continue
        found = outcome(world, program, verify=arguments.verify)
        counts[found.kind] += 1
        counts[found.mode] += 1
        if found.kind != "right":
            tell(full, found, program if arguments.show else None)
        elif arguments.list:
            print(found.mode, full, "raised" if found.raised else "", flush=True)
print(dict(counts), f"{time.time() - began:.0f} s")
sys.exit(int(any(counts[k] for k in ("wrong", "hang", "internal", "incomparable"))))
