"""migrator: moves data between CRMs, and CSV files into them, without losing, duplicating or damaging anything."""

__version__ = "0.1.0"
