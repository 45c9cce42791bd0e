"""The command line's commands, by what they are about; `__main__` puts them together."""
