"""Compiling programs, the programs that come with Tracr, and reports of what Tracr refuses, by Tracr's names."""

from . import assemble, compiling, lib, nodes, rasp_to_graph, validating
from .compiling import compile_rasp_to_model

__all__ = ["assemble", "compile_rasp_to_model", "compiling", "lib", "nodes", "rasp_to_graph", "validating"]
