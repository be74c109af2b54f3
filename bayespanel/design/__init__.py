"""Design studies: many worlds, many fits; what a design would show, whether a model lies, what hangs on a choice."""
