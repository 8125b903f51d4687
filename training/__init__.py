"""How every array of ``core/data`` was made: a module is a command, a folder holds the parts of commands."""
