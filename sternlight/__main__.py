"""`python -m sternlight`."""

from sternlight.cli import main

main(prog_name="sternlight")
