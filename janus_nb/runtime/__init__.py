"""The run time: sources of elements, graph calls, replay of effects, commit, fallback."""
