"""Programs written without looking at the engine, as text: `text.programs` reads them, `python -m tests.programs.unseen` runs them."""
