"""What the families have in common, built once."""
