"""The graph cache: versions by their guards; a miss explains itself against the nearest version."""
