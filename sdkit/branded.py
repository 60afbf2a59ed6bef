"""What a Studio does with a brand: its words join the prompts, and its palette is a measure of the pictures."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from .errors import InputError
from .workshop import Workshop

if TYPE_CHECKING:
    from .brand import Brand
    from .layout import Theme

Given: TypeAlias = "Brand | str | os.PathLike[str] | None"


class Branded(Workshop, Protocol):
    """The part of a Studio that knows its brand.

    brand    the Brand, or None.
    banned   words of a person's own that no prompt should hold.
    """

    brand: Brand | None
    banned: tuple[str, ...]

    def _guided(self, given: Given = None) -> dict[str, Any]:
        """What `prepare` takes of a brand, the studio's or the one given in its place: banned words, and how it steers."""
        brand = self.brand if given is None else brand_of(given)
        if brand is None:
            return {"banned": self.banned}
        return {"banned": (*self.banned, *brand.rules.banned), "steer": brand.steer}


def theme_of(brand: Brand) -> Theme:
    """The look of a brand's banners: headlines in the bold face of its heading family, all else in the regular one of its body's."""
    from .brand import contrast
    from .layout import Theme

    families = [*brand.fonts.values()]
    heading, body = brand.fonts.get("heading", families[0]), brand.fonts.get("body", families[-1])
    roles = {role: colour[:7] for role, colour in brand.roles.items()}  # without a share of transparency
    ink, paper, primary = roles["ink"], roles["paper"], roles["primary"]
    return Theme(
        ink=ink, paper=paper, primary=primary, accent=roles["accent"],
        on_primary=roles.get("on-primary", max(ink, paper, key=lambda colour: contrast(primary, colour))),
        heading=heading.face(700).path, body=body.face(400).path,
        logo=brand.logo.path.read_bytes(), logo_on_dark=brand.logo_dark.path.read_bytes(),
        logo_grounds=tuple(brand.colours[path][:7] for path in brand.rules.backgrounds),
    )  # fmt: skip


def brand_of(given: Given) -> Brand | None:
    """The Brand, or the one in a folder; None for None and "". Raises BrandError, and InputError for anything else."""
    if given is None or given == "":
        return None
    from .brand import Brand  # coloraide and fontTools take a tenth of a second to import

    if isinstance(given, Brand):
        return given
    if not isinstance(given, str | os.PathLike):
        raise InputError("brand", given, "a Brand, or the folder of one")
    return Brand.load(given)
