"""Crelate's public API v1, as far as contacts, companies, jobs, notes and tasks go.

Written from the vendor's "API Developer Guide" (vendor) and, where that is silent, from the vendor's own definition as
public clients were generated from it (client). Where both are silent the choice is stated where it is made.
"""

from migrator.emulators.crelate.organisation import Organisation

__all__ = ["Organisation"]
