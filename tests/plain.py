"""Graphs evaluated as they stand: what a model is held against, without compiling anything."""

from pytensor.compile.mode import Mode

PLAIN = Mode(linker="py", optimizer=None)
"""Operation by operation in Python, nothing rewritten: for a graph that is evaluated a few times, the fastest way."""
