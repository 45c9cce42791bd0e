"""An autograder whose tests never share a process with the code they mark."""

__version__ = "0.1.0"
