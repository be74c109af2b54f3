"""Cards and worlds by name, and the text in which they are written."""
