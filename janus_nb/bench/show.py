"""What `janus bench` shows: a table, JSON, and bars."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from janus_nb.bench.measure import Outcome, machine

BY_HAND = ("per step", "per step, XLA", "K steps", "K steps, XLA", "fit")


def ratio(value: float | None, wanted: float | None = None) -> str:
    """A ratio as text, with what was wanted of it."""
    if value is None:
        return "-"
    text = f"{value:.2f}" if value < 10 else f"{value:.0f}"
    return f"{text}x" + (f" ({'met' if value >= wanted else 'missed'}: {wanted:g})" if wanted is not None else "")


def summary(outcome: Outcome) -> dict[str, Any]:
    """One program's figures: microseconds per iteration, seconds in all, ratios of JANUS to the others."""
    eager = outcome.timings["eager"]
    janus = outcome.timings["JANUS"]
    steps = [n for n in ("per step", "per step, XLA") if n in outcome.timings]
    per_step = "per step" if "per step" in outcome.timings else None
    best = outcome.best_by_hand
    return {
        "program": outcome.program.name,
        "title": outcome.program.title,
        "variants": {
            name: {
                "us_per_iteration": round(t.median * 1e6, 2),
                "spread_us": [round(min(t.seconds) * 1e6, 2), round(max(t.seconds) * 1e6, 2)],
                "runs": len(t.seconds),
                "total_s": round(t.total, 3) if t.total is not None else None,
                "total_computed": t.computed,
                "largest_difference_of_a_loss": t.difference,
            }
            for name, t in outcome.timings.items()
        },
        "iterations_of_total": outcome.program.total * outcome.program.unit,
        "over_eager": eager.median / janus.median,
        "over_per_step": outcome.over("JANUS", per_step) if per_step else None,
        "over_fastest_per_step": min(outcome.timings[n].median for n in steps) / janus.median if steps else None,
        "over_fit": outcome.over("JANUS", "fit"),
        "best_by_hand": best,
        "of_best_by_hand": outcome.over("JANUS", best) if best else None,
        "total_over_eager": eager.total / janus.total if eager.total and janus.total else None,
        "targets": outcome.program.targets,
        "backend": outcome.backends,
        "counts": {k: v for k, v in outcome.counts.items() if v},
    }


def table_of(row: dict[str, Any]) -> Table:
    """One program: its variants, a line each, and how JANUS stands to them."""
    table = Table("", "us an iteration", "fastest", "slowest", "JANUS is", "total, s", "loss differs by", title=f"{row['title']} ({row['program']})")
    janus = row["variants"]["JANUS"]["us_per_iteration"]
    for name, v in row["variants"].items():
        low, high = v["spread_us"]
        total = "-" if v["total_s"] is None else f"{v['total_s']:.2f}" + (" (computed)" if v["total_computed"] else "")
        differs = "-" if v["largest_difference_of_a_loss"] is None else f"{v['largest_difference_of_a_loss']:.0e}"
        table.add_row(name, f"{v['us_per_iteration']:.1f}", f"{low:.1f}", f"{high:.1f}", ratio(v["us_per_iteration"] / janus), total, differs)
    return table


def summary_table(rows: Sequence[dict[str, Any]]) -> Table:
    """The programs, a line each: JANUS's ratios, and whether they are what was wanted."""
    table = Table("program", "over eager", "over per step", "of best K steps", "total over eager's", title="JANUS, steady state and in all")
    for row in rows:
        ratios = (row["over_eager"], row["over_per_step"], row["of_best_by_hand"])
        table.add_row(row["title"], *map(ratio, ratios, row["targets"]), ratio(row["total_over_eager"]))
    return table


def cells(row: dict[str, Any]) -> list[str]:
    """One program's line."""
    times = {name: f"{v['us_per_iteration']:.0f}" for name, v in row["variants"].items()}
    totals = {name: v["total_s"] for name, v in row["variants"].items()}
    return [
        row["title"],
        times["eager"],
        *(times.get(name, "-") for name in BY_HAND),
        times["JANUS"],
        *map(ratio, (row["over_eager"], row["over_per_step"], row["of_best_by_hand"]), row["targets"]),
        f"{totals['JANUS']:.2f}",
        f"{totals['eager']:.2f}",
    ]


def ablation_summary(outcome: Outcome) -> dict[str, Any]:
    """One program's bars: microseconds per iteration, and times eager."""
    base = outcome.timings["IMP"].median
    return {
        "program": outcome.program.name,
        "title": outcome.program.title,
        "bars": {n: {"us_per_iteration": round(t.median * 1e6, 2), "over_eager": round(base / t.median, 2)} for n, t in outcome.timings.items()},
    }


def ablation_table(summaries: Sequence[dict[str, Any]]) -> Table:
    """The bars, a program a line."""
    table = Table("program", *summaries[0]["bars"], title="times eager (microseconds per iteration)")
    for row in summaries:
        table.add_row(row["title"], *(f"{b['over_eager']:.1f}x ({b['us_per_iteration']:.0f})" for b in row["bars"].values()))
    return table


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def draw(path: Path, groups: Sequence[tuple[str, dict[str, float]]], title: str) -> None:
    """Bars of speed-ups over eager, one group a program, on a logarithmic scale, as SVG.

    Raises:
        ModuleNotFoundError: Matplotlib is not installed.
    """
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "janus"
    from matplotlib import pyplot

    names = list(dict.fromkeys(name for _, bars in sorted(groups, key=lambda group: -len(group[1])) for name in bars))
    figure, axes = pyplot.subplots(figsize=(9, 0.16 * len(groups) * (len(names) + 1.2) + 1.2))
    height = 0.85 / len(names)
    for number, name in enumerate(names):
        at = [row + number * height for row, (_, bars) in enumerate(groups) if name in bars]
        widths = [bars[name] for _, bars in groups if name in bars]
        drawn = axes.barh(at, widths, height=height * 0.92, label=name, color=pyplot.get_cmap("tab10")(number))
        axes.bar_label(drawn, [f"{w:.1f}x" if w < 10 else f"{w:.0f}x" for w in widths], padding=2, fontsize=7)
    axes.set_yticks([row + 0.85 / 2 - height / 2 for row in range(len(groups))], [label for label, _ in groups], fontsize=8)
    axes.set_xscale("log")
    axes.axvline(1.0, color="grey", linewidth=0.8)
    axes.invert_yaxis()
    axes.set_xlabel("times faster than eager (logarithmic)")
    axes.set_title(title, fontsize=9, loc="left")
    axes.margins(y=0.01)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(fontsize=7, loc="lower center", ncols=len(names))
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    figure.savefig(path, format="svg", metadata={"Date": None})
    pyplot.close(figure)


def bars_of(row: dict[str, Any]) -> dict[str, float]:
    """A program's speed-ups over eager, by variant."""
    eager = row["variants"]["eager"]["us_per_iteration"]
    names = [*(n for n in BY_HAND if n in row["variants"]), "JANUS"]
    return {name: eager / row["variants"][name]["us_per_iteration"] for name in names}


def document(found: dict[str, Any]) -> str:
    """The generated part of `docs/performance.md`."""
    parts = [f"Taken on: {', '.join(f'{k} {v}' for k, v in found['machine'].items())}.", ""]
    head = ["program", "eager", *BY_HAND, "JANUS", "x eager", "x per step", "x best K steps", "total, JANUS (s)", "total, eager (s)"]
    parts += ["Microseconds per iteration, steady state, medians. In parentheses: what was wanted.", ""]
    parts += [markdown(head, [cells(row) for row in found["programs"]]), ""]
    if found.get("ablation"):
        bars = list(found["ablation"][0]["bars"])
        rows = [[r["title"], *(f"{b['over_eager']:.1f}x" for b in r["bars"].values())] for r in found["ablation"]]
        parts += ["### What each optimisation brings", "", "Times eager, each added to those before it.", "", markdown(["program", *bars], rows), ""]
    if found.get("overheads"):
        parts += ["### Overheads", "", markdown(["what", "measured"], [[k, v] for k, v in found["overheads"].items()]), ""]
    return "\n".join(parts)


BEGIN, END = "<!-- figures: generated by janus bench -->", "<!-- end of figures -->"


def has_place(page: Path) -> bool:
    """Whether a page has the two lines between which figures go."""
    text = page.read_text(encoding="utf-8")
    return BEGIN in text and END in text


def replace(page: Path, text: str) -> None:
    """Replace what stands between the two marks of a page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def update(page: Path, found: dict[str, Any]) -> None:
    """Put the figures of a run into a page."""
    replace(page, document(found))


def collected(programs: list[dict[str, Any]], ablation: list[dict[str, Any]], overheads: dict[str, str]) -> dict[str, Any]:
    """Everything of a run, for JSON."""
    return {"machine": machine(), "programs": programs, "ablation": ablation, "overheads": overheads}


__all__ = ["ablation_summary", "ablation_table", "bars_of", "collected", "document", "draw", "summary", "summary_table", "table_of", "update"]
