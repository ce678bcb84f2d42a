"""Rows → transform → match → lookups → diff → order → plan."""
