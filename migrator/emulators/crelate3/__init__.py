"""Crelate's newer interface, api3: contacts one by one and in bulk, notes, activities, companies and jobs.

The vendor's "API Developer Guide" describes the conventions of the older interface; whether they hold here is not
known, and where they are taken over it says so (vendor). The rest is what public clients send to the live service and
what they recorded of its answers (client). Where both are silent the choice is stated where it is made (inferred). Not
practised are files, applications through the portal, and the stages of contacts in jobs.
"""

from migrator.emulators.crelate3.options import Crelate3Options, PatchReply
from migrator.emulators.crelate3.tenant import Tenant

__all__ = ["Crelate3Options", "PatchReply", "Tenant"]
