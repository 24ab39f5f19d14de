"""Figures: drawing is an effect. What a drawing function returns (lines, bars, legends) is known after the iteration only, and may be dropped."""

from __future__ import annotations

from janus_nb.lowering.library.row import Row, host

_DRAWS = """
plot scatter bar barh hist hist2d fill_between errorbar step stem boxplot imshow pcolormesh contour contourf axhline axvline axhspan axvspan hlines vlines
text annotate legend grid semilogx semilogy loglog pie stackplot
"""

MATPLOTLIB: tuple[Row, ...] = (
    *host(
        "matplotlib.pyplot",
        f"{_DRAWS} title suptitle xlabel ylabel xlim ylim xscale yscale xticks yticks axis colorbar draw show savefig close clf cla",
    ),
    *host("matplotlib.pyplot", "tight_layout"),
    *host(
        "matplotlib.axes.Axes",
        f"{_DRAWS} set_title set_xlabel set_ylabel set_xlim set_ylim set_xscale set_yscale set_xticks set_yticks axis clear cla",
    ),
    *host("matplotlib.axes.Axes", "set_axis_off set_axis_on"),
    *host("matplotlib.figure.Figure", "suptitle savefig tight_layout clear colorbar legend text"),
    *host("matplotlib.lines.Line2D", "set_data set_xdata set_ydata set_color set_label set_linestyle set_linewidth"),
    *host("matplotlib.image.AxesImage", "set_data set_clim"),
)
