"""Store → summary → text, JSON, HTML, CSV: views of a plan and of what became of it."""
