"""Clevertim CRM: all resources of the vendor's documentation, read one or read all, and written one by one.

Written from the vendor's documentation with its resource pages (vendor) and, where that is silent, from what the
vendor's own Python client sends and expects (client). Where both are silent the choice is stated where it is made.
"""

from migrator.emulators.clevertim.account import ClevertimAccount
from migrator.emulators.clevertim.options import ClevertimOptions

__all__ = ["ClevertimAccount", "ClevertimOptions"]
