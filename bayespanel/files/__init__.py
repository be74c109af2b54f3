"""Files and folders: where they may stand, and how they appear whole or not at all."""
