"""What each AST class means, and each callee."""
