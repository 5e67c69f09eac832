"""What a soak run prints, and whether it went well."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Report:
    """Figures and findings, printed as they come; `failed` are those that must hold and do not.

    With `targets` False, figures that depend on the computer and on how long the run is
    are printed and do not count.
    """

    targets: bool = True
    failed: list[str] = field(default_factory=list)

    def show(self, name: str, value: object, note: str = "") -> None:
        """Print a figure."""
        print(f"{name:<52} {value!s:>12}   {note}".rstrip(), flush=True)

    def check(self, name: str, good: bool, note: str = "") -> None:
        """Print whether something that must be so is so."""
        self.show(name, "yes" if good else "NO", note)
        if not good:
            self.failed.append(name)

    def aim(self, name: str, good: bool, note: str = "") -> None:
        """Print whether a figure is as wanted."""
        if self.targets:
            self.check(name, good, note)
        else:
            self.show(name, "yes" if good else "no", note)
