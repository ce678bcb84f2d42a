"""Mapping file → `MappingSpec`, or all problems at once."""
