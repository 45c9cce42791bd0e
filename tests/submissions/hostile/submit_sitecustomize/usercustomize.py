"""Imported by Python itself at the start of each process that finds it on its path."""

import builtins

builtins.customised = True
