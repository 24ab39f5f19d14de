"""Loading into and unloading from a shell; both may be done any number of times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from janus_nb import options_text
from janus_nb.notebook.hook import Hook, comment_magic
from janus_nb.notebook.magics import WORDS, JanusMagics

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


def completions(line: str, text: str) -> list[str] | None:
    """What may stand at the end of a `%janus` or `%%janus` line; `None` for other lines.

    >>> completions("%%janus --xla ", "")
    ['auto', 'on', 'off']
    >>> completions("%janus st", "st")
    ['status']
    """
    words = line.lstrip().split(" ")
    if words[0] not in ("%janus", "%%janus") or len(words) < 2:
        return None
    before = [w for w in words[1:-1] if w]
    if words[0] == "%janus" and not before:
        return [word for word in WORDS if word.startswith(text)]
    if words[0] == "%janus" and before[0] != "on":
        return []
    flags = options_text.flags()
    if before and before[-1] in flags and not before[-1].startswith("--no-"):
        return [choice for choice in flags[before[-1]][1].choices if choice.startswith(text)]
    return [flag for flag in flags if flag.startswith(text) and flag not in before]


def _matcher(completer: Any) -> Any:
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher(identifier="janus")  # type: ignore[untyped-decorator]
    def janus(context: Any) -> Any:
        """Words, flags and values of `%janus` and `%%janus`, and nothing else on such a line."""
        line = context.text_until_cursor.rpartition("\n")[2]
        found = completions(line, line.rpartition(" ")[2])
        if found is None:
            return {"completions": [], "suppress": False}
        return {
            "completions": [SimpleCompletion(text=word, type="option") for word in found],
            "suppress": True,
            "ordered": True,
            "matched_fragment": line.rpartition(" ")[2],
        }

    return janus
