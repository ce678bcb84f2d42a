"""CentralStationCRM's interface: people, companies, deals, projects, tasks, and all that hangs on them.

Written from the vendor's introduction to its interface (vendor) and, where that is silent, from what its interactive
reference says by way of its copies, and from what public clients send and have recorded (client). Where all are silent
the choice is stated where it is made (inferred), and what a rehearsal may want both ways is an option.
"""

from migrator.emulators.centralstation.options import CentralStationOptions
from migrator.emulators.centralstation.station import Station

__all__ = ["CentralStationOptions", "Station"]
