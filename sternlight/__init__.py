"""The shell: everything that touches a disk, a clock or a screen."""
