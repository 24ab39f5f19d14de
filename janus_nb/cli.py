"""The command line: `janus demo | bench | survey | run | lab | doctor`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from janus_nb.config import option_table
from janus_nb.errors import OptionError
from janus_nb.options_text import flags, value_of
from janus_nb.options_text import parse as parse_options


def _with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add JANUS's options to a command, from the one table."""
    for flag, (name, info) in reversed(flags().items()):
        if flag.startswith("--no-"):
            command = click.option(flag, name, flag_value=False, default=None, type=bool, help=f"do not {info.help}")(command)
        else:
            command = click.option(flag, name, default=None, help=f"{info.help} ({info.expected})")(command)
    return command


def _given(options: dict[str, Any]) -> dict[str, Any]:
    given = {}
    for name, value in options.items():
        if value is not None and name in option_table():
            given[name] = value_of(value) if isinstance(value, str) else value
    return given


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="janus-nb", prog_name="janus")
def main() -> None:
    """JANUS: imperative TensorFlow at graph speed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def _check_place(page: Path) -> None:
    """Say before anything runs that a report cannot be written to this place."""
    if page.is_dir():
        raise click.ClickException(f"cannot write the report to {page}: it is a directory")
    if not page.parent.is_dir():
        raise click.ClickException(f"cannot write the report to {page}: there is no directory {page.parent}")
    if not os.access(page if page.exists() else page.parent, os.W_OK):
        raise click.ClickException(f"cannot write the report to {page}: permission denied")


def _write(page: Path, text: str, raising: bool = False) -> None:
    """Write a report; `raising` tells that the script has raised, which matters more than that it cannot be written."""
    try:
        page.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"cannot write the report to {page}: {error.strerror or error}"
        if not raising:
            raise click.ClickException(message) from None
        click.echo(f"Error: {message}", err=True)


@main.command()
@click.option(
    "--html", "page", type=click.Path(dir_okay=False, path_type=Path), default=Path("demo.html"), show_default=True, help="where to write the report"
)
@click.option("--repeats", default=7, show_default=True, help="interleaved repetitions of each variant")
def demo(page: Path, repeats: int) -> None:
    """Run the sample cell on scikit-learn's digits: eager, per-step tf.function and JANUS, interleaved."""
    from janus_nb import demo as sample

    if importlib.util.find_spec("sklearn") is None:
        raise click.ClickException("the demo needs scikit-learn for its data: pip install 'janus-nb[demo]'")
    _check_place(page)
    console = Console()
    cells = (
        ("The sample cell", sample.SETUP, sample.SAMPLE, sample.PER_STEP, sample.PER_STEP_LOOP),
        ("Its sibling: Keras, Adam, Dropout, a metric", sample.SIBLING_SETUP, sample.SIBLING, sample.SIBLING_STEP, sample.SIBLING_LOOP),
    )
    from janus_nb.view.document import document

    parts: list[Any] = []
    for title, setup, cell, step, loop in cells:
        console.rule(title)
        outcome = sample.compare(setup, cell, step, loop, repeats)
        if not parts:
            console.print(outcome.report, highlight=False)
        console.print(outcome.output, highlight=False)
        table = Table("", "ms per epoch (median)", "fastest", "slowest", "over eager", "over tf.function", title="steady state, interleaved")
        by_hand = outcome.timings[1].median
        for timing in outcome.timings:
            low, high = min(timing.milliseconds), max(timing.milliseconds)
            table.add_row(
                timing.name, f"{timing.median:.1f}", f"{low:.1f}", f"{high:.1f}", f"{timing.over_eager:.1f}x", f"{by_hand / timing.median:.2f}x"
            )
        console.print(table)
        console.print(
            f"printed lines identical: {outcome.same_output}; largest relative difference of a loss: {outcome.worst_loss:.1e}, "
            f"of a final weight: {outcome.worst_weight:.1e}"
        )
        parts.append((title, outcome.report.model, _measured(outcome)))
    _write(page, document([(title, model) for title, model, _ in parts], "JANUS demo", [table for _, _, table in parts]))
    console.print(f"\nwrote {page}. In JupyterLab: `janus lab`, then a cell that begins with %load_ext janus_nb and one with %%janus.")


def _measured(outcome: Any) -> str:
    """The measured table of a demonstration, as HTML."""
    rows = "".join(
        f"<tr><td>{t.name}</td><td>{t.median:.1f}</td><td>{min(t.milliseconds):.1f}</td><td>{max(t.milliseconds):.1f}</td><td>{t.over_eager:.1f}</td></tr>"
        for t in outcome.timings
    )
    heads = "".join(f"<th>{h}</th>" for h in ("", "ms per epoch (median)", "fastest", "slowest", "times eager's speed"))
    return (
        f'<div class="jn"><p class="h">Steady state, variants interleaved</p><table><tr>{heads}</tr>{rows}</table>'
        f"<p>Printed lines identical: {outcome.same_output}; largest relative difference of a loss {outcome.worst_loss:.1e}, of a weight {outcome.worst_weight:.1e}.</p></div>"
    )


@main.command(context_settings={"ignore_unknown_options": False})
@click.argument("script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="also write the report as HTML")
@_with_options
def run(script: Path, page: Path | None, **options: Any) -> None:
    """Run SCRIPT's top level as a cell, and print the report."""
    from janus_nb.function import run_cell, runtime

    if page is not None:
        _check_place(page)
    sys.path.insert(0, str(script.resolve().parent))
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": str(script)}
    raising = True
    try:
        run_cell(script.read_text(encoding="utf-8"), namespace, name=script.name, **_given(options))
        raising = False
    except OptionError as error:
        raise click.UsageError(str(error)) from None
    finally:
        if runtime.last is not None:  # the script began, whether or not it raised
            click.echo(runtime.last.to_text(), err=True)
            if page is not None:
                _write(page, runtime.last.to_document(f"JANUS: {script.name}"), raising)


@main.command()
@click.argument("programs", nargs=-1)
@click.option("--rounds", default=5, show_default=True, help="timed runs of each variant, interleaved")
@click.option("--ablation", is_flag=True, help="the paper's bars IMP / BASE / +UNRL / +SPCN / +PARL, then +STEPS and +XLA, instead of the comparison")
@click.option("--all", "everything", is_flag=True, help="the comparison, the ablation and the overheads")
@click.option("--zoo", is_flag=True, help="the paper's programs (lenet, treernn, ..., or lenet_keras) instead of the small ones")
@click.option("--share", default=1.0, show_default=True, help="with --zoo: which part of a realistic run's steps")
@click.option("--json", "data", type=click.Path(dir_okay=False, path_type=Path), help="write the figures as JSON")
@click.option("--svg", "picture", type=click.Path(dir_okay=False, path_type=Path), help="draw the speed-ups as bars (needs Matplotlib)")
@click.option("--update", "page", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="put the figures into this Markdown page")
def bench(
    programs: tuple[str, ...], rounds: int, ablation: bool, everything: bool, zoo: bool, share: float,
    data: Path | None, picture: Path | None, page: Path | None
) -> None:  # fmt: skip
    """Measure PROGRAMS (all by default): eager, hand-written graphs and JANUS, interleaved in one process."""
    from janus_nb.bench.catalogue import BY_NAME
    from janus_nb.zoo.catalogue import PROGRAMS

    known = BY_NAME if not zoo else {n for p in PROGRAMS for n in (p.name, p.path.stem)}
    for name in programs:
        if name not in known:
            raise click.UsageError(f"unknown program {name!r}. Programs are: {', '.join(sorted(known) if zoo else BY_NAME)}.")
    if importlib.util.find_spec("sklearn") is None:
        raise click.ClickException("the benchmark needs scikit-learn for its data: pip install 'janus-nb[bench]'")
    if picture is not None and importlib.util.find_spec("matplotlib") is None:
        raise click.ClickException("--svg needs Matplotlib: pip install 'janus-nb[bench]'")
    from janus_nb.bench import show
    from janus_nb.bench.run import run_all

    if page is not None and not show.has_place(page):
        raise click.ClickException(f"{page} has no place for figures: it needs the lines {show.BEGIN!r} and {show.END!r}")
    if zoo:
        from janus_nb.bench.zoo import run_zoo

        run_zoo(Console(), programs, share, ablation=ablation, data=data, picture=picture, page=page)
        return
    comparison, bars = not ablation or everything, ablation or everything
    run_all(Console(), programs, rounds, comparison=comparison, ablation=bars, costs=everything, data=data, picture=picture, page=page)


@main.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--pattern", default="*", show_default=True, help="which file names (of .py and .ipynb files)")
@click.option("--timeout", default=600.0, show_default=True, help="seconds that one cell may take")
@click.option("--tolerance", default=1e-3, show_default=True, help="how far floats may differ, relative to their size")
@click.option("--strip", is_flag=True, help="take @tf.function away first: the eager program is what is measured")
@click.option("--options", "given", default="", help="options of JANUS, as behind %janus on: '--profile 2 --xla off'")
@click.option("--details", is_flag=True, help="every loop with all its reasons")
@click.option("--json", "data", type=click.Path(dir_okay=False, path_type=Path), help="write everything as JSON")
def survey(folder: Path, pattern: str, timeout: float, tolerance: float, strip: bool, given: str, details: bool, data: Path | None) -> None:
    """Run the programs of FOLDER eagerly and under JANUS, and compare them cell by cell.

    Every .py and .ipynb file below FOLDER is executed twice, each time in a process of its own and in its own folder, as it is; so give it only what you would run.
    """
    for package in ("nbclient", "nbformat", "ipykernel"):
        if importlib.util.find_spec(package) is None:
            raise click.ClickException(f"a survey needs {package}: pip install 'janus-nb[survey]'")
    if data is not None:
        _check_place(data)
    from janus_nb.survey.command import run_survey

    try:
        parse_options(given)
    except OptionError as error:
        raise click.UsageError(str(error)) from None
    wrong = run_survey(
        Console(), folder, details=details, data=data, pattern=pattern, timeout=timeout, tolerance=tolerance, strip=strip, options=given
    )
    if wrong:
        raise SystemExit(1)


@main.command()
@click.argument("arguments", nargs=-1)
def lab(arguments: tuple[str, ...]) -> None:
    """Start JupyterLab; ARGUMENTS go to it. The JANUS kernel is in its launcher."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise click.ClickException("JupyterLab is not installed: pip install 'janus-nb[lab]'")
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *arguments])


@main.command()
def doctor() -> None:
    """Say what is installed, what is missing, and what stands in the way."""
    problems = 0
    for name, why in (
        ("tensorflow", "required"), ("ipython", "required"), ("ipykernel", "required"), ("anywidget", "search, zoom and replay in the page; without it the page is still"),
        ("jupyterlab", "optional: pip install 'janus-nb[lab]'"), ("scikit-learn", "optional: data of the demo"),
    ):  # fmt: skip
        try:
            click.echo(f"ok       {name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            problems += why == "required"
            click.echo(f"missing  {name}: {why}")
    problems += _alias()
    _kernelspec()
    if problems:
        raise click.ClickException(f"{problems} problem(s)")


def _alias() -> int:
    """Whether `%load_ext janus` finds our alias."""
    spec = importlib.util.find_spec("janus")
    text = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
    if "janus_nb" in text:
        click.echo("ok       %load_ext janus (an alias of janus_nb)")
        return 0
    click.echo("shadowed %load_ext janus: the unrelated package `janus` (a queue) is installed. Use %load_ext janus_nb; both work together.")
    return 0


def _kernelspec() -> None:
    from jupyter_client.kernelspec import KernelSpecManager

    found = "janus" in KernelSpecManager().find_kernel_specs()
    click.echo("ok       kernel `janus`" if found else "missing  kernel `janus`: reinstall janus-nb in this environment")


if __name__ == "__main__":
    main()
