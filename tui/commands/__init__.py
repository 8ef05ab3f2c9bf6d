"""The commands, a file each; every module has `run(options) -> int`."""
