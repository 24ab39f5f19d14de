"""The views: text, page, picture, live widget. They see events only."""
