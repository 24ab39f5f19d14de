"""The state of a lowering and its doors: knows no rule and no library."""
