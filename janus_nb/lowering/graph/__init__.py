"""Control flow that becomes control flow of the graph."""
