"""OpenCRM's REST interface: fourteen modules, an end point for each action, and every value a text.

Written from the vendor's "API Developer Reference Guide" and older help pages (vendor) and, where those are silent,
from what a public client sends and expects (client). Where both are silent the choice is stated where it is made
(inferred). The vendor accepts "clients using TLS version 1.2 or higher" only (vendor); like every practice server this
one speaks plain HTTP on loopback.
"""

from migrator.emulators.opencrm.options import EditReply, LimitEnd, Missing, OpenCrmOptions
from migrator.emulators.opencrm.system import System

__all__ = ["EditReply", "LimitEnd", "Missing", "OpenCrmOptions", "System"]
