"""What ExportPanel shows before anything is written: one picture in many placements, with words, and what is wrong with them."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import traitlets
from PIL import Image, ImageOps

from ..branded import Given, brand_of, theme_of
from ..codecs import open_image
from ..errors import InputError, LayoutError, PlacementError, near
from ..export import Placement, choose, load, prepared
from ..export.fit import METHODS
from ..export.label import words_for
from ..findings import Finding, Findings
from ..layout import Layout, Theme, layouts
from ..layout.template import SIDES
from ..sheet import contact_sheet
from ..studio import Studio
from .newest import Newest, Stale
from .panel import jpeg, one_of, picture, typed
from .specimens import SPECIMEN, specimen, told
from .worker import in_colab, sentence
from .working import Works

if TYPE_CHECKING:
    from ..proofs import Proof

_THUMB, _LARGE = 320, 1280  # pixels a side
_APART = 0.25  # seconds between tables of findings, at least
_AT_ONCE = 4  # banners looked through at a time, where that holds up the cells
_STILL = 8  # previews in it
Rows = tuple[tuple[Finding, bool], ...]  # each with whether it holds whatever a model paints
_Drawn = tuple[Image.Image, Rows, str]  # with what is wrong with the words


class Looks(Works):
    """A widget that shows what would be exported. See ExportPanel."""

    placements = traitlets.List(traitlets.Unicode()).tag(sync=True)
    fit = traitlets.Dict().tag(sync=True)
    layout_name = traitlets.Unicode("").tag(sync=True)  # ipywidgets' own `layout` is of CSS
    texts = typed(traitlets.Dict())
    language = traitlets.Unicode("").tag(sync=True)
    copy_side = traitlets.Unicode("").tag(sync=True)
    waive = traitlets.Dict().tag(sync=True)
    label = traitlets.Union([traitlets.Bool(), traitlets.Unicode()], default_value=False).tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)
    findings: Any = traitlets.List().tag(sync=True)
    fits: Any = traitlets.Dict().tag(sync=True)
    stops = traitlets.Unicode("").tag(sync=True)
    checked = traitlets.Int(0).tag(sync=True)
    trouble = traitlets.Unicode("").tag(sync=True)
    _placements: Any = traitlets.List().tag(sync=True)
    _layouts: Any = traitlets.List().tag(sync=True)
    _brand = traitlets.Unicode("").tag(sync=True)
    _large = picture()
    _large_of = traitlets.Unicode("").tag(sync=True)
    _pulls = traitlets.Bool(False).tag(sync=True)

    def __init__(self, studio: Studio, picture: object, brand: Given = None, **traits: Any) -> None:
        self._ready = False
        self._places: dict[str, Placement] = load()
        self.brand = brand_of(brand)
        self._newest, self._beside = Newest(foreground=in_colab()), Newest(foreground=in_colab())
        self._seen: dict[str, _Seen] = {}
        self._sent: dict[str, Hashable] = {}
        self._sight: list[str] = []
        self._planned: Hashable = None
        self._proofs: dict[str, Proof] = {}
        self._shown_large: Hashable = None
        self._failed = ""
        self._pictures = 0
        super().__init__(
            studio, _pulls=self._newest.foreground,
            _placements=[
                [p.group, p.platform, p.name, p.title, *p.size, [p.safe.top, p.safe.right, p.safe.bottom, p.safe.left], p.max_bytes]
                for p in self._places.values()
            ],
        )  # fmt: skip
        self._known: dict[str, Layout] = layouts(self.studio.templates)
        known = self.brand or self.studio.brand
        self._layouts = [told(one, known.rules.lines if known else {}) for one in self._known.values()]
        self._brand = known.name if known else ""
        self.picture = picture
        if isinstance(traits.get("layout"), str):
            traits["layout_name"] = traits.pop("layout")
        if isinstance(traits.get("placements"), str):
            traits["placements"] = [traits["placements"]]
        for name, value in traits.items():
            if not self.has_trait(name) or name.startswith("_"):
                raise InputError(name, value, f"a trait of {type(self).__name__}")
            setattr(self, name, value)
        self._ready = True
        self._wished()

    @property
    def picture(self) -> object:
        """What is exported; another may be set, and takes the same placements and words."""
        return self._of

    @picture.setter
    def picture(self, picture: object) -> None:
        source, image = self.studio._picture(picture)
        self._of, self._source, self._image = picture, source, prepared(image)
        self._pictures += 1
        self._pictured()
        self._wished()

    def _pictured(self) -> None:
        """Another picture came."""

    def settled(self, seconds: float | None = None) -> bool:
        """Wait until the previews asked for and all findings are there, at most so long; whether they are."""
        return self._newest.wait(seconds) and self._beside.wait(seconds)

    # -- what is asked for -----------------------------------------------------------------------------------------------

    @property
    def words(self) -> dict[str, str]:
        """The texts that the layout takes, without the empty ones."""
        slots = self._known[self.layout_name].slots if self.layout_name else ()
        return {slot: str(self.texts[slot]) for slot in slots if str(self.texts.get(slot, "")).strip()}

    def _key(self, name: str) -> Hashable:
        """Equal where the picture of this placement would be."""
        return self._pictures, self._look_of(), self.label, self.fit.get(name, "")

    def _look_of(self) -> Hashable:
        return (self.layout_name, tuple(self.words.items()), self.language, self.copy_side) if self._carries else ()

    @traitlets.observe("placements", "fit", "layout_name", "texts", "language", "copy_side", "label", "selected")
    def _wished(self, _: Any = None) -> None:
        if self._ready:
            if self.selected not in self.placements:
                self.selected = ""
            self._judge()
            self._newest.ask(self._look)

    @traitlets.observe("waive")
    def _waived(self, _: Any) -> None:
        if self._ready:
            self._judge()

    def _look(self, stale: Stale) -> None:
        """Draw what is in sight and was not drawn yet; then look through the rest."""
        try:
            self._plan()
            self._draw(stale)
            self._failed = ""
        except Exception as error:  # also what no one foresaw: the person reads it in the widget
            if not stale():
                self._failed = sentence(error)
        self._judge()
        self._restill()

    def _draw(self, stale: Stale) -> None:
        chosen = list(self.placements)
        rest = [name for name in chosen if not self._is_checked(name)] if self._carries else []
        wanted = [self.selected, *self._sight, *(rest[:_AT_ONCE] if self._newest.foreground else rest)]
        said = 0.0
        for name in dict.fromkeys(wanted):
            if name in chosen and not stale():
                self._show(name)
                if time.monotonic() - said > _APART:
                    self._judge()
                    said = time.monotonic()

    def _show(self, name: str) -> None:
        """Draw one, unless it was drawn, and send it to where it is seen."""
        key = self._key(name)
        large = name == self.selected and (name, key) != self._shown_large
        seen = self._seen.get(name)
        if seen is None or seen.key != key or large:
            image, found, wrong = self._drawn(name)
            self._seen[name] = seen = _Seen(key, jpeg(image, _THUMB), found, wrong)
            if large:
                with self.hold_sync():
                    self._large, self._large_of = jpeg(image, _LARGE, 90), name
                self._shown_large = name, key
        if name in self._sight and self._sent.get(name) != key:
            self._sent[name] = key
            self.tell("seen", [seen.thumb], names=[name])

    # -- drawing ---------------------------------------------------------------------------------------------------------

    def _plan(self) -> None:
        """The proofs of the chosen placements, with these words. Nothing is drawn yet, and no model is loaded."""
        key = (self._pictures, tuple(self.placements), tuple(sorted(self.fit.items())), self._look_of(), self.label)
        if key == self._planned:
            return
        self._proofs = {}
        if self.placements:
            proofs = self.studio.proof(self._of, list(self.placements), fit=self._fits(), label=self.label, **self._said())  # type: ignore[arg-type]
            self._proofs = {proof.placement.name: proof for proof in proofs}
        self._planned = key
        self.fits = {name: [p.fit.method, p.fit.reason, round(p.invented, 3)] for name, p in self._proofs.items()}

    def _fits(self) -> dict[str, str]:
        """The methods that a person chose, of the chosen placements."""
        return {name: method for name, method in self.fit.items() if name in self.placements}

    def _said(self) -> dict[str, Any]:
        """What `proof` and `export` are told of the words."""
        if not self._carries:
            return {}
        return {
            "layout": self.layout_name, "texts": self.words, "brand": self.brand, "language": self.language,
            "copy_side": self.copy_side or None,
        }  # fmt: skip

    def _waivers(self) -> dict[str, str]:
        """Those that concern the chosen placements."""
        return {key: why for key, why in self.waive.items() if ": " not in key or key.rpartition(": ")[0] in self.placements}

    @property
    def _carries(self) -> bool:
        """Whether there is something to set: words, or a brand's logo."""
        has_logo = bool(self.layout_name) and self._known[self.layout_name].has_logo and bool(self.brand or self.studio.brand)
        return bool(self.layout_name) and (bool(self.words) or has_logo)

    def _drawn(self, name: str) -> _Drawn:
        """One placement as it would be. The picture is not held on to: some hundred of them are large."""
        proof = replace(self._proofs[name])
        try:
            sure = set(proof.sure())
            return proof.image, tuple((row, row in sure) for row in proof.findings), ""
        except LayoutError as error:
            return replace(proof, wording=None).image, (), sentence(error)

    def _is_checked(self, name: str) -> bool:
        seen = self._seen.get(name)
        return seen is not None and seen.key == self._key(name)

    def _judge(self) -> None:
        """What was found so far, and what of it stops an export."""
        with self.hold_sync():
            looked = [self._seen[name] for name in self.placements if self._is_checked(name)]
            rows = [row for seen in looked for row in seen.findings]
            self.trouble = self._failed or next((seen.wrong for seen in looked if seen.wrong), "")
            found = Findings(tuple(row for row, _ in rows)).waive(self.waive)
            sure = [sure for _, sure in rows]
            self.findings = [{**vars(row), "sure": s} for row, s in zip(found, sure, strict=True)]
            self.checked = len(looked) if self._carries else len(self.placements)
            self.stops = self._stopping(Findings(tuple(row for row, s in zip(found, sure, strict=True) if s)))

    def _stopping(self, found: Findings) -> str:
        """Of findings that hold whatever is painted: the sentence that says why nothing can be exported now; "" where it can."""
        if not self.placements:
            return "Choose at least one placement."
        if self.trouble:
            return self.trouble
        if self.layout_name and not self._carries:
            return "Write something for the layout, or choose none."
        if errors := found.errors:
            rules = ", ".join(dict.fromkeys(row.rule for row in errors))
            places = list(dict.fromkeys(row.placement for row in errors))
            where = f"{len(places)} placements" if len(places) > 1 else self._places[places[0]].title
            it = "it" if len(errors) == 1 else "them"
            return (
                f"{len(errors)} error{'s' * (len(errors) > 1)} in {where} ({rules}): mend {it}, or let {it} pass with a reason."
            )
        if self.checked < len(self.placements):
            return f"Looking through the banners: {self.checked} of {len(self.placements)}."
        return ""

    # -- what the page asks for ------------------------------------------------------------------------------------------

    def _on_see(self, names: Sequence[str], have: Sequence[str] = ()) -> None:
        """What is in sight in the page, and what of it the page has."""
        self._sight = [name for name in names if name in self._places]
        for name in self._sight:
            if name not in have:
                self._sent.pop(name, None)
        self._newest.ask(self._look)

    def _on_more(self) -> None:
        """Look through some more."""
        self._newest.ask(self._look)

    def _on_specimens(self) -> None:
        """Every layout as a small picture, one after the other; the picture itself for none."""

        def work(stale: Stale) -> None:
            plain = self._image.convert("RGB")
            self.tell("specimen", [jpeg(ImageOps.fit(plain, SPECIMEN), max(SPECIMEN))], name="")
            known = self.brand or self.studio.brand
            theme = theme_of(known) if known else Theme.default()
            for one in self._known.values():
                if stale():
                    return
                self.tell("specimen", [jpeg(specimen(one, theme), max(SPECIMEN))], name=one.name)

        self._beside.ask(work)

    # -- traits ----------------------------------------------------------------------------------------------------------

    @traitlets.validate("placements")
    def _chosen(self, proposal: Any) -> list[str]:
        return [p.name for p in choose(proposal["value"], self._places)] if proposal["value"] else []

    @traitlets.validate("fit")
    def _fit(self, proposal: Any) -> dict[str, str]:
        for name, method in proposal["value"].items():
            if name not in self._places:
                raise PlacementError("fit", name, "the name of a placement", near(str(name), self._places))
            one_of(f"fit[{name!r}]", method, ("auto", *METHODS))
        return {name: method for name, method in proposal["value"].items() if method != "auto"}

    @traitlets.validate("layout_name")
    def _named(self, proposal: Any) -> str:
        name = proposal["value"]
        if name and name not in self._known:
            raise LayoutError("layout", name, f"the name of one of {len(self._known)} layouts", near(name, self._known))
        return str(name)

    @traitlets.validate("texts")
    def _texts(self, proposal: Any) -> dict[str, str]:
        known = dict.fromkeys(slot for one in self._known.values() for slot in one.slots)
        for slot, words in proposal["value"].items():
            if slot not in known:
                raise LayoutError("texts", slot, "the slots of the layouts", near(str(slot), known))
            if not isinstance(words, str):
                raise InputError(f"texts[{slot!r}]", words, "words (a str)")
        return dict(proposal["value"])

    @traitlets.validate("copy_side")
    def _side(self, proposal: Any) -> str:
        return str(one_of("copy_side", proposal["value"], ("", *SIDES)))

    @traitlets.validate("label")
    def _labelled(self, proposal: Any) -> bool | str:
        words_for(proposal["value"], next(iter(self._places.values())))
        return proposal["value"]  # type: ignore[no-any-return]

    @traitlets.validate("waive")
    def _reasons(self, proposal: Any) -> dict[str, str]:
        Findings().waive(proposal["value"], self._places)
        return dict(proposal["value"])

    @traitlets.validate("selected")
    def _one(self, proposal: Any) -> str:
        name = proposal["value"]
        if name and name not in self._places:
            raise PlacementError("selected", name, "the name of a placement", near(name, self._places))
        return str(name)

    # -- how it is shown -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Stop, and take the widget away."""
        self._newest.close()
        self._beside.close()
        super().close()

    def still(self) -> Image.Image:
        """The first of the previews, or the picture."""
        drawn = [open_image(self._seen[name].thumb) for name in self.placements if name in self._seen][:_STILL]
        cells = {(0, i): image for i, image in enumerate(drawn)}
        return contact_sheet([""], [""] * len(drawn), cells, side=150, label_width=1) if drawn else self._image

    def _alt(self) -> str:
        return f"{type(self).__name__}: {len(self.placements)} placements chosen"


@dataclass(frozen=True)
class _Seen:
    """What was drawn of a placement: equal keys mean that it would be the same again."""

    key: Hashable
    thumb: bytes
    findings: Rows
    wrong: str


__all__ = ["Looks"]
