"""Data: tables of pupils come in, are checked at the door, and leave as Panel or Moments."""

from bayespanel.data.moments import Moments
from bayespanel.data.panel import Panel
from bayespanel.data.readers import read_table

__all__ = ["Moments", "Panel", "read_table"]
