"""What a last look at banners found: a table; errors stop an export unless somebody lets them pass and says why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .errors import ExportError, InputError, near

if TYPE_CHECKING:
    import pandas as pd

ERROR, WARNING = "error", "warning"
RULES = {
    "room": ERROR, "contrast": ERROR, "text-size": ERROR, "safe-area": ERROR, "overlap": ERROR, "banned": ERROR, "font": ERROR,
    "glyphs": ERROR, "logo-size": ERROR, "logo-space": ERROR, "lines": WARNING, "colour": WARNING, "logo-background": WARNING,
    "logo-missing": WARNING, "left-out": WARNING,
}  # fmt: skip
_NAMED = 4  # placements that a summary names
_LISTED = 12  # findings that are shown one by one


@dataclass(frozen=True)
class Finding:
    """One thing that is not as the rules have it.

    placement  of the banner, or "".
    rule       its name, of RULES; severity, "error" or "warning"; where, the kind of block or "logo".
    found, allowed    in words and figures.
    waived     the reason it was let pass, or "".
    """

    placement: str
    rule: str
    severity: str
    where: str
    found: str
    allowed: str
    waived: str = ""

    def __str__(self) -> str:
        passed = f" (waived: {self.waived})" if self.waived else ""
        return f"{self.severity}: {self.rule}, {self.where}: {self.found}; allowed: {self.allowed}{passed}"


@dataclass(frozen=True)
class Findings:
    """What a look at one banner or many found: iterate it, `.frame()` it, `.waive()` some, `.require()` that nothing is left."""

    rows: tuple[Finding, ...] = field(default=())

    @classmethod
    def of(cls, many: Iterable[Iterable[Finding]]) -> Findings:
        """Those of many banners as one."""
        return cls(tuple(row for rows in many for row in rows))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.rows)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Those that stop an export: errors that nobody waived."""
        return tuple(row for row in self.rows if row.severity == ERROR and not row.waived)

    def waive(self, reasons: Mapping[str, str], placements: Iterable[str] | None = None) -> Findings:
        """The same with some let pass: {"contrast": "the client's own artwork"}, or {"x-post: contrast": ...} for one placement.

        placements   those that there are, where that is known.

        The reason is recorded. Raises InputError for a rule or placement that there is none of, or an empty reason.
        """
        known = None if placements is None else list(placements)
        for name, reason in checked(reasons).items():
            place, between, rule = str(name).rpartition(": ")
            if rule not in RULES:
                raise InputError("waive", name, "the name of a rule, or “placement: rule”", near(rule, RULES))
            if between and known is not None and place not in known:
                raise InputError("waive", name, "“placement: rule” of a placement that is made", near(place, known))
            if not isinstance(reason, str) or not reason.strip():
                raise InputError(f"waive[{name!r}]", reason, "a reason in words")

        def passed(row: Finding) -> str:
            return reasons.get(f"{row.placement}: {row.rule}", reasons.get(row.rule, row.waived)).strip()

        return Findings(tuple(replace(row, waived=passed(row)) for row in self.rows))

    def require(self) -> None:
        """Raises ExportError, naming each rule once with its placements, while there are errors that nobody waived."""
        left = self.errors
        if not left:
            return
        same: dict[tuple[str, str], list[Finding]] = {}
        for row in left:
            same.setdefault((row.rule, row.where), []).append(row)
        listed = "".join(f"\n  {_said(rows)}" for rows in same.values())
        rules = tuple(dict.fromkeys(row.rule for row in left))
        names = ", ".join(f'"{rule}": "…"' for rule in rules)
        raise ExportError(
            f"Not as the rules have it, so nothing was written:{listed}\nTo let it pass, say why: waive={{{names}}}, "
            f'or for one placement alone {{"{left[0].placement or "placement"}: {left[0].rule}": "…"}}',
            rules,
        )

    def frame(self) -> pd.DataFrame:
        """A pandas DataFrame, one row a finding: placement, rule, severity, where, found, allowed, waived."""
        import pandas as pd

        names = list(Finding.__dataclass_fields__)
        return pd.DataFrame([[getattr(row, name) for name in names] for row in self.rows], columns=names, dtype="str")

    def to_dict(self) -> list[dict[str, Any]]:
        """Plain JSON values, for a manifest."""
        return [asdict(row) for row in self.rows]

    def __repr__(self) -> str:
        head = f"{len(self)} finding{'s' * (len(self) != 1)}, {len(self.errors)} of them stop an export"
        rows = (f"  {row.placement + ': ' if row.placement else ''}{row}" for row in self.rows)
        shown = rows if len(self) <= _LISTED else (f"  {line}" for line in self.lines())
        return "\n".join([head if self.rows else "no findings", *shown])

    def lines(self) -> list[str]:
        """A line for each rule and kind of block: what was found first, in which placements, and why it was let pass."""
        same: dict[tuple[str, str, str, str], list[Finding]] = {}
        for row in self.rows:
            same.setdefault((row.severity, row.rule, row.where, row.waived), []).append(row)
        return [
            f"{rows[0].severity}: {_said(rows)}{f' (waived: {rows[0].waived})' if rows[0].waived else ''}"
            for rows in same.values()
        ]

    def _repr_html_(self) -> str | None:
        return self.frame()._repr_html_() if self.rows else "<p>No findings.</p>"  # type: ignore[operator]


def checked(reasons: object) -> Mapping[str, str]:
    """Raises InputError for anything but a mapping."""
    if not isinstance(reasons, Mapping):
        raise InputError("waive", reasons, '{rule: reason}, or {"placement: rule": reason}')
    return reasons


def _said(rows: list[Finding]) -> str:
    first, where = rows[0], [row.placement for row in rows if row.placement]
    more = f" and {len(where) - _NAMED} more" if len(where) > _NAMED else ""
    at = f" [{', '.join(where[:_NAMED])}{more}]" if where else ""
    return f"{first.rule}, {first.where}: {first.found}; allowed: {first.allowed}{at}"


__all__ = ["ERROR", "RULES", "WARNING", "Finding", "Findings", "checked"]
