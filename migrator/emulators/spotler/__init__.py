"""Spotler CRM's interface, version 4.0: all its record types, the data dictionary and the lookup lists.

Written from the vendor's "CRM API Version 4.0" (vendor) and, where that is silent, from what public clients met at the
live service (client). Where both are silent the choice is stated where it is made (inferred), and what a rehearsal may
want both ways is an option.
"""

from migrator.emulators.spotler.edition import Edition
from migrator.emulators.spotler.options import Absent, Shape, SpotlerOptions

__all__ = ["Absent", "Edition", "Shape", "SpotlerOptions"]
