"""What a Studio does with words: set them over a picture as banners, one at a time or a whole campaign's table."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PIL import Image

from .backends.base import Progress
from .branded import Given
from .codecs import data_url, encode, write_atomic
from .errors import ExportError, InputError, LayoutError
from .findings import Findings
from .masters import Masters
from .request import pair_of_pixels
from .result import Result
from .sources import label
from .worded import Wording, away_from, insets, wording

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
        return _named(self.row, self.placement)


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
                "contrast": round(m.banner.contrast, 2), "findings": "; ".join(map(str, m.banner.findings)), "file": f"{m.name}.png",
            }
            for m in self.made
        )  # fmt: skip

    @property
    def findings(self) -> Findings:
        """What in them is not as the rules have it; each names its banner, such as "002-x-post"."""
        return Findings(tuple(replace(row, placement=m.name) for m in self.made for row in m.banner.findings))

    def save(self, to: str | os.PathLike[str]) -> Path:
        """Write every banner as a PNG into the folder `to`, with banners.csv beside them.

        Raises ExportError when that fails, and for errors among the findings that nobody let pass: nothing is written then.
        """
        from .export.alts import cell

        self.findings.require()
        folder, table = Path(to), self.frame
        for column in ("product", "language", "findings"):
            table[column] = [cell(str(value)) for value in table[column]]
        try:
            for m in self.made:
                write_atomic(folder / f"{m.name}.png", encode(m.banner.image))
            write_atomic(folder / "banners.csv", table.to_csv(index=False).encode())
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
        method: str | None = None, language: str = "", waive: Mapping[str, str] | None = None, progress: bool | Progress = True,
        **texts: object,
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

        waive       {rule: why}: findings that are let pass, as for `export`. Here they stop nothing: see `banner.findings`.

        Raises LayoutError, naming the slot, for words that do not fit or that no font can draw (waive={"room": why} leaves the
        picture plain where they do not fit); PlacementError or InputError for other bad input, before anything is drawn.
        """
        where = _placement(placement, size)
        words = self._said(layout, texts, brand, theme, language, copy_side, waive, [where.name])
        words.require_room(where)  # known before a model paints for a minute
        fitted, subject = self._fitted(image, [where], focus, method, copy_side, progress)[where.name]
        return _made(words, fitted, where, subject)

    def banners(
        self, rows: Any, placements: str | Sequence[str] = (), *, image: Picture | None = None, layout: str = "headline",
        theme: Theme | None = None, brand: Given = None, focus: tuple[float, float] | None = None,
        waive: Mapping[str, str] | None = None, progress: bool | Progress = True,
    ) -> Banners:  # fmt: skip
        """A banner for each row of a campaign table in each placement.

        rows        a DataFrame, the path of a CSV (UTF-8), or a list of dicts. Columns: the texts (headline, subline, button, ...),
                    and where wanted layout, placement (several with ";"), language, copy_side, image (a path or id), product.
        placements, layout, image    for rows that name none.
        waive       {rule: why}: findings that are let pass; "x-post: lines" in one placement, "002-x-post: lines" in one banner.

        Every row is checked before anything is drawn: LayoutError lists all that is wrong, with row number and column, words
        that do not fit included. A picture is fitted once a placement, however many rows use it. Of a group, placements that
        carry no words are left out. Errors among the `findings` stop `save`.
        """
        from . import export
        from . import layout as layouts

        known = export.load()
        given = [p.name for p in export.choose(placements, known)] if placements else []
        table = layouts.read(rows, layouts.layouts(self.templates), layout, given, lambda name: export.choose(name, known))
        work = [(row, place) for row in table for name in row.placements for place in export.choose(name, known) if place.words]
        wrong = [
            f"row {row.number}, image: none given, neither here nor by image="
            for row in table
            if not row.image and image is None
        ]
        wrong += [] if work else ["placement: none of them carries words"]
        names = {name for row, place in work for name in (place.name, _named(row, place))}
        said = {}
        for row in table:
            try:
                said[row.number] = self._said(
                    row.layout, row.texts, brand, theme, row.language, row.copy_side, waive, names, row
                )
            except LayoutError as error:
                wrong.append(f"row {row.number}, {error}")
        for row, place in work:
            try:
                if row.number in said:
                    said[row.number].require_room(place)
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
            made.append(Made(row, place, _made(said[row.number], picture, place, subject)))
        return Banners(tuple(made))

    def _said(
        self, layout: str, texts: Mapping[str, object], brand: Given, theme: Theme | None, language: str, copy_side: str | None,
        waive: Mapping[str, str] | None, names: Iterable[str], row: Row | None = None,
    ) -> Wording:  # fmt: skip
        """The words of a banner, or of a row, with the waivers that are meant for it."""
        found = wording(
            layout, texts, brand=self.brand if brand is None and theme is None else brand, theme=theme, language=language,
            copy_side=copy_side, waive=waive, templates=self.templates, placements=names,
        )  # fmt: skip
        return found if row is None else replace(found, waive=_narrowed(found.waive, row))

    def _fitted(
        self, picture: Picture, wanted: Sequence[Placement], focus: tuple[float, float] | None, method: str | None,
        copy_side: str | None, progress: bool | Progress,
    ) -> dict[str, tuple[Image.Image, tuple[float, float, float, float]]]:  # fmt: skip
        """Placement name -> (the picture at its pixels, the box of the subject in it)."""
        from . import export

        source, image = self._picture(picture)
        called, image = label(picture, image), export.prepared(image)
        wishes = {p.name: method for p in wanted} if method else None
        planned = self._planned(image, wanted, focus=focus, fit=wishes, anchor=away_from(copy_side))
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
        if not found[0].words:
            hint = f"{found[0].note} For a banner of its pixels all the same, give size={found[0].size}.".strip()
            raise InputError("placement", placement, "a placement that carries words", hint)
        return found[0]
    wide, high = pair_of_pixels("size", size)
    if not RATIOS[0] <= wide / high <= RATIOS[1]:
        raise LayoutError("size", size, "shapes from 1:5 to 11:1")
    own = export.load(own=[{"name": f"own-{wide}x{high}", "width": wide, "height": high}])
    return own[f"own-{wide}x{high}"]


def _made(words: Wording, picture: Image.Image, place: Placement, subject: tuple[float, float, float, float]) -> Banner:
    """The banner; without words, where they have no room and that is let pass."""
    from .layout import Banner

    done = words.over(picture, place, subject)
    top, right, bottom, left = insets(place)
    safe = (left, top, place.width - right, place.height - bottom)
    return done.banner or Banner(
        picture, words.layout.name, (), None, 21.0, False, "rest", safe, 0.0, (), "", picture, findings=done.findings
    )


def _named(row: Row, place: Placement) -> str:
    return f"{row.number:03d}-{place.name}"


def _narrowed(waive: Mapping[str, str], row: Row) -> dict[str, str]:
    """The waivers that count for a row: "002-x-post: lines" is "x-post: lines" there, and nothing elsewhere."""
    own = f"{row.number:03d}-"
    numbered = {name: why for name, why in waive.items() if name[:3].isdecimal() and name[3:4] == "-"}
    plain = {name: why for name, why in waive.items() if name not in numbered}
    return plain | {name.removeprefix(own): why for name, why in numbered.items() if name.startswith(own)}


__all__ = ["BannerMoves", "Banners", "Made"]
