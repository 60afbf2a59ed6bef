"""What a Studio does with words: set them over a picture as banners, one at a time or a whole campaign's table."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PIL import Image

from .backends.base import Progress
from .branded import Given, brand_of, theme_of
from .codecs import data_url, encode, write_atomic
from .errors import ExportError, InputError, LayoutError
from .masters import Masters
from .request import pair_of_pixels
from .result import Result
from .sources import label

if TYPE_CHECKING:
    import pandas as pd

    from .brand import Brand
    from .export import Placement
    from .layout import Banner, Row, Theme

Picture = str | os.PathLike[str] | Image.Image | Result


@dataclass(frozen=True)
class Made:
    """One banner of a campaign: the row it came from, the placement it is for."""

    row: Row
    placement: Placement
    banner: Banner

    @property
    def name(self) -> str:
        """A file name without ending, unique in its campaign."""
        return f"{self.row.number:03d}-{self.placement.name}"


@dataclass(frozen=True)
class Banners(Sequence[Made]):
    """The banners of a campaign, row by row. In a notebook, a row of pictures."""

    made: tuple[Made, ...] = field(repr=False)

    def __getitem__(self, place: Any) -> Any:
        return Banners(self.made[place]) if isinstance(place, slice) else self.made[place]

    def __len__(self) -> int:
        return len(self.made)

    def __iter__(self) -> Iterator[Made]:
        return iter(self.made)

    @property
    def frame(self) -> pd.DataFrame:
        """One line a banner: row, product, language, layout, placement, its pixels, contrast, findings, and the file it is saved as."""
        import pandas as pd

        return pd.DataFrame(
            {
                "row": m.row.number, "product": m.row.product, "language": m.row.language, "layout": m.banner.layout,
                "placement": m.placement.name, "width": m.banner.size[0], "height": m.banner.size[1], "side": m.banner.side,
                "contrast": round(m.banner.contrast, 2), "findings": " ".join(m.banner.findings), "file": f"{m.name}.png",
            }
            for m in self.made
        )  # fmt: skip

    def save(self, to: str | os.PathLike[str]) -> Path:
        """Write every banner as a PNG into the folder `to`, with banners.csv beside them. Raises ExportError when that fails."""
        folder = Path(to)
        try:
            for m in self.made:
                write_atomic(folder / f"{m.name}.png", encode(m.banner.image))
            write_atomic(folder / "banners.csv", self.frame.to_csv(index=False).encode())
        except OSError as error:
            raise ExportError(f"{folder}: the banners could not be written ({error.strerror or error}).") from error
        return folder

    def _repr_html_(self) -> str:
        from html import escape

        figures = []
        for m in self.made:
            small = m.banner.image.copy()
            small.thumbnail((360, 240))
            alt = escape(f"{m.name}: " + " ".join(b.text for b in m.banner.blocks), quote=True)
            figures.append(
                f'<figure style="margin:0"><img src="{data_url(small)}" alt="{alt}"><figcaption>{escape(m.name)}</figcaption></figure>'
            )
        return f'<div style="display:flex;flex-wrap:wrap;gap:10px;align-items:flex-end">{"".join(figures)}</div>'


class BannerMoves(Masters, Protocol):
    """The part of a Studio that makes banners. The picture is fitted as an export fits it, then the words are set."""

    brand: Brand | None

    def banner(
        self, image: Picture, layout: str = "headline", *, placement: str | None = None, size: tuple[int, int] | None = None,
        theme: Theme | None = None, brand: Given = None, copy_side: str | None = None, focus: tuple[float, float] | None = None,
        method: str | None = None, language: str = "", progress: bool | Progress = True, **texts: object,
    ) -> Banner:  # fmt: skip
        """A banner: the picture fitted to a placement, with words set on its calm side.

        layout      its name; `sdkit.layouts()` lists them with the texts that each takes, such as headline= and button=.
        placement   such as "linkedin-page-cover": its pixels, and its safe area for the words. Or `size`, (width, height).
        brand       a Brand or its folder, whose colours, fonts and logo it takes; by default the studio's. Or `theme`, such a look
                    of your own. With neither, a calm one without a brand.
        copy_side   "left", "right", "top" or "bottom"; by default the calmest that the layout can use.
        focus       (x, y) of what must stay in view, as shares of width and height; found by itself when not given.
        method      "crop", "pad" or "outpaint", where the choice should be yours.
        language    of the words, such as "de", so that long ones may be hyphenated where nothing else fits.

        Raises LayoutError, naming the slot, for words that do not fit or that no font can draw; PlacementError or InputError
        for other bad input, before anything is drawn.
        """
        from . import layout as layouts

        where = _placement(placement, size)
        chosen = layouts.find(layout, self.templates)
        theme = self._look(theme, brand)
        self._try(layouts, chosen, where, texts, theme, language)
        fitted, subject = self._fitted(image, [where], focus, method, copy_side, progress)[where.name]
        return layouts.render(
            chosen, fitted, where.size, texts, theme, safe_area=_insets(where), copy_side=copy_side, subject=subject, language=language
        )  # fmt: skip

    def banners(
        self, rows: Any, placements: str | Sequence[str] = (), *, image: Picture | None = None, layout: str = "headline",
        theme: Theme | None = None, brand: Given = None, focus: tuple[float, float] | None = None, progress: bool | Progress = True,
    ) -> Banners:  # fmt: skip
        """A banner for each row of a campaign table in each placement.

        rows        a DataFrame, the path of a CSV (UTF-8), or a list of dicts. Columns: the texts (headline, subline, button, ...),
                    and where wanted layout, placement (several with ";"), language, copy_side, image (a path or id), product.
        placements, layout, image    for rows that name none.

        Every row is checked before anything is drawn: LayoutError lists all that is wrong, with row number and column, words
        that do not fit included. A picture is fitted once a placement, however many rows use it.
        """
        from . import export
        from . import layout as layouts

        theme = self._look(theme, brand)
        known = export.load()
        given = [p.name for p in export.choose(placements, known)] if placements else []
        table = layouts.read(rows, layouts.layouts(self.templates), layout, given, lambda name: export.choose(name, known))
        work = [(row, place) for row in table for name in row.placements for place in export.choose(name, known)]
        wrong = [
            f"row {row.number}, image: none given, neither here nor by image="
            for row in table
            if not row.image and image is None
        ]
        for row, place in work:
            try:
                self._try(layouts, layouts.find(row.layout, self.templates), place, row.texts, theme, row.language)
            except LayoutError as error:
                wrong.append(f"row {row.number}, {place.name}, {error}")
        if wrong:
            raise LayoutError(
                "rows",
                f"{len(wrong)} wrong cells",
                "a table without these faults; nothing was drawn:\n  " + "\n  ".join(wrong) + "\n",
            )
        fitted: dict[str, dict[str, Any]] = {}
        for source in dict.fromkeys(row.image for row in table):
            wanted = list({p.name: p for row, p in work if row.image == source}.values())
            fitted[source] = self._fitted(source or image, wanted, focus, None, None, progress)  # type: ignore[arg-type]
        made = []
        for row, place in work:
            picture, subject = fitted[row.image][place.name]
            chosen, safe = layouts.find(row.layout, self.templates), _insets(place)
            banner = layouts.render(
                chosen, picture, place.size, row.texts, theme, safe_area=safe, copy_side=row.copy_side, subject=subject,
                language=row.language,
            )  # fmt: skip
            made.append(Made(row, place, banner))
        return Banners(tuple(made))

    def _look(self, theme: Theme | None, brand: Given) -> Theme | None:
        """The theme given, or that of the brand given, or that of the studio's."""
        from .layout import Theme

        if theme is None:
            known = self.brand if brand is None else brand_of(brand)
            return None if known is None else theme_of(known)
        if brand is not None:
            raise InputError("theme", theme, "theme= or brand=, not both")
        if not isinstance(theme, Theme):
            raise InputError("theme", theme, "a Theme")
        return theme

    def _try(self, layouts: Any, chosen: Any, where: Placement, texts: Any, theme: Theme | None, language: str) -> None:
        """Raises LayoutError where the words would not fit: known before a model paints for a minute."""
        layouts.check(chosen, where.size, texts, theme, safe_area=_insets(where), language=language)

    def _fitted(
        self, picture: Picture, wanted: Sequence[Placement], focus: tuple[float, float] | None, method: str | None,
        copy_side: str | None, progress: bool | Progress,
    ) -> dict[str, tuple[Image.Image, tuple[float, float, float, float]]]:  # fmt: skip
        """Placement name -> (the picture at its pixels, the box of the subject in it)."""
        from . import export

        source, image = self._picture(picture)
        called, image = label(picture, image), export.prepared(image)
        anchor = {"left": "right", "right": "left"}.get(copy_side or "")
        wishes = {p.name: method for p in wanted} if method else None
        planned = self._planned(image, wanted, focus=focus, fit=wishes, anchor=anchor)
        canvases = self._masters(source, image, planned, called, "outpainted for banners", progress)
        drawn = export.render(image, planned.fits, canvases)
        return {fit.placement.name: (one, fit.subject) for fit, one in zip(planned.fits, drawn, strict=True)}


def _placement(placement: str | None, size: tuple[int, int] | None) -> Placement:
    from . import export
    from .layout import RATIOS

    if (placement is None) == (size is None):
        raise InputError("placement", placement, "a placement, such as 'x-post', or size=(width, height): one of the two")
    if placement is not None:
        found = export.choose(placement)
        if len(found) != 1:
            raise InputError(
                "placement", placement, "one placement", f"That means {len(found)} of them: use banners() for several."
            )
        return found[0]
    wide, high = pair_of_pixels("size", size)
    if not RATIOS[0] <= wide / high <= RATIOS[1]:
        raise LayoutError("size", size, "shapes from 1:5 to 11:1")
    own = export.load(own=[{"name": f"own-{wide}x{high}", "width": wide, "height": high}])
    return own[f"own-{wide}x{high}"]


def _insets(place: Placement) -> tuple[int, int, int, int]:
    safe = place.safe
    return safe.top, safe.right, safe.bottom, safe.left


__all__ = ["BannerMoves", "Banners", "Made"]
