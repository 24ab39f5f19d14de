"""Programs as text: each begins with `### name`, its cells are divided by `# %%`, and the first part is the setup.

### a_name
x = 1
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
"""

from __future__ import annotations

from tests.programs.program import Program
from tests.programs.table.build import SETUP


def programs(text: str, setup: str = SETUP) -> dict[str, Program]:
    """The programs of a text by name."""
    found: dict[str, Program] = {}
    for part in text.split("### ")[1:]:
        name, _, body = part.partition("\n")
        own, *cells = (cell.strip() + "\n" for cell in body.split("# %%\n"))
        assert name not in found and cells, name
        found[name] = Program(name, cells[0], setup + own, tuple(cells[1:]), graph=False)
    return found
