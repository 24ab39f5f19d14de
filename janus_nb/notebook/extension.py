"""Loading into and unloading from a shell; both may be done any number of times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from janus_nb import options_text
from janus_nb.notebook.hook import Hook, comment_magic
from janus_nb.notebook.magics import JanusMagics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_KEY = "_janus_hook"


def load(shell: InteractiveShell) -> Hook:
    """Install the magics and the cell hook; a second time, nothing happens."""
    existing: Hook | None = getattr(shell, _KEY, None)
    if existing is not None:
        return existing
    hook = Hook(shell)
    setattr(shell, _KEY, hook)
    shell.input_transformers_cleanup.append(comment_magic)
    shell.ast_transformers.append(hook)
    hook.install()
    shell.events.register("pre_run_cell", hook.pre_run_cell)
    shell.events.register("post_run_cell", hook.post_run_cell)
    shell.register_magics(JanusMagics(shell, hook))
    completer = getattr(shell, "Completer", None)
    if completer is not None:
        hook.matcher = _matcher(completer)  # type: ignore[attr-defined]
        completer.custom_matchers.append(hook.matcher)  # type: ignore[attr-defined]
    return hook


def unload(shell: Any) -> None:
    """Take everything out again."""
    hook = getattr(shell, _KEY, None)
    if hook is None:
        return
    delattr(shell, _KEY)
    shell.input_transformers_cleanup.remove(comment_magic)
    shell.ast_transformers.remove(hook)
    hook.remove()
    shell.events.unregister("pre_run_cell", hook.pre_run_cell)
    shell.events.unregister("post_run_cell", hook.post_run_cell)
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("janus", None)
    completer = getattr(shell, "Completer", None)
    if completer is not None and getattr(hook, "matcher", None) in completer.custom_matchers:
        completer.custom_matchers.remove(hook.matcher)


def _matcher(completer: Any) -> Any:
    def janus_flags(text: str) -> list[str]:
        """Flags of `%%janus`, while one is being typed."""
        line = getattr(completer, "text_until_cursor", "") or getattr(completer, "line_buffer", "")
        if not line.lstrip().startswith(("%%janus", "%janus on")) or not text.startswith("-"):
            return []
        return [flag for flag in options_text.flags() if flag.startswith(text)]

    return janus_flags
