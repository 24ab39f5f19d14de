"""What tracing changes in Python, and how it is taken back: generating leaves nothing behind."""
