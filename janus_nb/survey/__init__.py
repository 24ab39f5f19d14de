"""`janus survey FOLDER`: the programs of a folder, eagerly and under JANUS, compared cell by cell.

sources    files -> notebooks: cells of `.ipynb`, of `.py` with `# %%`, whole scripts
play       a notebook in a kernel of its own (nbclient): outputs, and after every cell what `probe` saw
probe      inside that kernel: every name of the program as plain data, and JANUS's report
compare    two runs -> where they differ
verdict    reports -> whole, partial or imperative, and why
show       the table, the text, JSON
"""

from __future__ import annotations

from janus_nb.survey.verdict import Loop, Reason, Verdict, verdict

__all__ = ["Loop", "Reason", "Verdict", "verdict"]
