"""Kinds of models, each a folder with the same rooms: spec, moments, build, pathways, simulate."""
