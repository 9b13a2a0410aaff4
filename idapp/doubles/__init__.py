"""Two records of one person: found, told apart for good, or made one. Undoable, and nothing of either is lost."""
