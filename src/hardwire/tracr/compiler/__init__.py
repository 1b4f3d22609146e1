"""Compiling programs, the programs that come with Tracr, and what Tracr would refuse, by Tracr's names."""

from . import assemble, compiling, lib, nodes, rasp_to_graph, validating
from .compiling import compile_rasp_to_model

__all__ = ["assemble", "compile_rasp_to_model", "compiling", "lib", "nodes", "rasp_to_graph", "validating"]
