"""Expressions of programs: plain objects, which programs build, annotate, copy and inspect."""
