"""The shell: everything that touches a disk, a clock or a screen."""

__version__ = "0.3.0"
