"""The Brand value: a folder of tokens, rules, fonts and logos, checked, and what can be asked of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from ..errors import BrandError, InputError, near
from . import fonts, logos, problems, rules, tokens
from .colours import contrast
from .fonts import Family
from .logos import Logo
from .problems import Problem, Report
from .rules import Rules
from .tokens import Token, Typography

if TYPE_CHECKING:
    from PIL import Image

    from ..prompt import Ready
    from .grade import Graded
    from .propose import Palette

ROLES = ("primary", "accent", "ink", "paper")  # what every brand names; it may name more
TOKENS, RULES = "tokens.json", "rules.toml"
MAX_TEXT = 1_000_000  # bytes, of either


@dataclass(frozen=True, kw_only=True)
class Brand:
    """A brand, checked and ready to use. `Brand.load(folder)` makes one.

    name, about   as people say them.
    folder       where its files are.
    colours      token path -> "#rrggbb" (sRGB; "#rrggbbaa" where it is translucent): {"color.teal": "#0d6b6b", ...}.
    roles        what a colour is for -> "#rrggbb": primary, accent, ink (text), paper (what it stands on), and more.
    palette      the brand's colours, each once, in their order.
    dimensions   token path -> pixels.
    fonts        what a family is for -> Family with its files: {"heading": ..., "body": ...}, as the tokens font.* name them.
    typography   token path -> Typography.
    logo         for light backgrounds; logo_dark, for dark ones.
    rules        what is allowed.
    """

    name: str
    about: str = field(default="", repr=False)
    folder: Path
    colours: Mapping[str, str] = field(repr=False)
    roles: Mapping[str, str]
    palette: tuple[str, ...] = field(repr=False)
    dimensions: Mapping[str, float] = field(repr=False)
    fonts: Mapping[str, Family] = field(repr=False)
    typography: Mapping[str, Typography] = field(repr=False)
    logo: Logo = field(repr=False)
    logo_dark: Logo = field(repr=False)
    rules: Rules = field(repr=False)

    # -- where one comes from ------------------------------------------------------------------------------------------

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Self:
        """The brand in a folder: tokens.json (DTCG 2025.10), rules.toml, fonts/, and the logos that the rules name.

        Colours, in tokens of type color; their roles in a group `role`, at least primary, accent, ink and paper, each an alias
        or a colour. Font families in a group `font`, at least one; their files in fonts/, as TTF or OTF. sdkit's own brand/ is
        an example, and `Brand.scaffold` writes another.

        Nothing is run or fetched. Raises BrandError with every problem, its file and line; InputError for what is no folder.
        """
        root = Path(folder)
        try:
            there = root.is_dir()
        except (OSError, ValueError):
            there = False
        if not there:
            raise InputError(
                "brand", str(folder), "a folder with tokens.json and rules.toml", "Brand.scaffold(folder) makes one."
            )
        values, found = _read(root)
        if found:
            raise BrandError(folder, sorted(set(found)))
        return cls(folder=root, **values)

    @classmethod
    def default(cls) -> Self:
        """Morrowday, the demo brand that ships with sdkit."""
        from ..data import folder

        return cls.load(folder("brand"))

    @classmethod
    def scaffold(cls, folder: str | os.PathLike[str], name: str = "My brand", *, palette: Palette | None = None) -> Self:
        """Start a brand in a folder that is empty or not there, and load it: all files, with a word on each.

        palette   what `Brand.from_image` proposed; by default that of the demo brand.

        The fonts are the demo brand's (SIL Open Font License), the logo is a plain mark to put another in place of.
        Raises InputError for a folder with something in it, or a name of more than a line.
        """
        from .scaffold import scaffold

        scaffold(Path(folder), name, palette)
        return cls.load(folder)

    @staticmethod
    def from_image(image: str | os.PathLike[str] | Image.Image) -> Palette:
        """A palette with roles, proposed from a logo or any picture. Raises ImageError when it does not open."""
        from .propose import propose

        return propose(image)

    # -- what it says of things ----------------------------------------------------------------------------------------

    def colour(self, name: str) -> str:
        """The colour of a role or a token's path. Raises InputError, with near names, when there is none."""
        known = {**self.colours, **self.roles}
        if name not in known:
            raise InputError("colour", name, "a role or the path of a colour token", near(name, known))
        return known[name]

    def font(self, role: str) -> Family:
        """The family of a role, or the one of that name. Raises InputError, with near names, when there is none."""
        known = {**{family.name: family for family in self.fonts.values()}, **self.fonts}
        if role not in known:
            raise InputError("font", role, "a font role of the brand, or a family's name", near(role, known))
        return known[role]

    def logo_on(self, background: str) -> Logo:
        """The logo for a background of that hex colour."""
        return self.logo if contrast(background, "#000000") >= contrast(background, "#ffffff") else self.logo_dark

    def palette_distance(self, palette: Sequence[tuple[str, float]]) -> float:
        """How far a picture's colours are from the brand's: see `sdkit.brand.score.palette_distance`."""
        from .score import palette_distance

        return palette_distance(palette, self.palette)

    def steer(self, ready: Ready) -> Ready:
        """A prompt with the words and negatives that the brand asks for: see `sdkit.brand.steer.steered`."""
        from .steer import steered

        return steered(ready, self)

    def grade(self, image: str | os.PathLike[str] | Image.Image, strength: float = 0.3) -> Graded:
        """A picture moved gently towards the palette, and back on request: see `sdkit.brand.grade.grade`."""
        from .grade import grade

        return grade(image, self.palette, strength, brand=self.name)

    def alt_problems(self, text: str) -> tuple[str, ...]:
        """What in an alt text is not as the rules have it, a sentence each: too long, words to do without, banned words."""
        says = [f"It has {len(text)} characters; at most {self.rules.alt_length} are allowed."] * (
            len(text) > self.rules.alt_length
        )
        says += [f"It says “{word}”; do without." for word in rules.banned_in(text, self.rules.alt_avoid)]
        says += [f"It says “{word}”, which is banned." for word in rules.banned_in(text, self.rules.banned)]
        return tuple(says)

    def _repr_html_(self) -> str:
        from .card import card

        return card(self)


def _read(root: Path) -> tuple[dict[str, Any], list[Problem]]:
    """The fields of the brand in a folder, and every problem; with problems, fields may be missing."""
    tokens_, rules_ = Report(TOKENS), Report(RULES)
    text = problems.text_of(root, tokens_, MAX_TEXT)
    found = {} if text is None else tokens.read(text, tokens_)
    broken = bool(tokens_.problems)
    text = problems.text_of(root, rules_, MAX_TEXT)
    limits, said = (Rules(), {}) if text is None else rules.read(text, rules_)
    families, wrong = fonts.read(root)

    colours = {t.path: t.value for t in found.values() if t.type == "color"}
    roles = _roles(found, tokens_, broken)
    used = _families(found, families, tokens_, broken)
    for key, paths in (
        ("logo.backgrounds", limits.backgrounds),
        ("words.colours", limits.colours),
        ("palette.colours", limits.palette),
    ):
        for path in paths:
            if path not in colours and not broken:
                rules_.add(tuple(key.split(".")), f"{key}: there is no colour token {path!r}. {near(path, colours)}")
    palette = [colours[p][:7] for p in limits.palette if p in colours] or [
        t.value for t in found.values() if t.type == "color" and t.own and len(t.value) == 7
    ]
    if not (palette or broken):
        tokens_.add((), "has no colour; a brand needs a few tokens of type color.")
    marks: dict[str, Logo | None] = {}
    for key in ("light", "dark"):
        if said.get(key):
            try:
                marks[key], report = logos.read(problems.inside(root, said[key]), said[key])
                wrong += report.problems
            except ValueError as error:
                rules_.add(("logo", key), f"[logo] {key}: {error}")
    values: dict[str, Any] = {
        "name": said.get("name"), "about": said.get("about", ""), "colours": MappingProxyType(colours),
        "roles": MappingProxyType(roles), "palette": tuple(dict.fromkeys(palette)),
        "dimensions": MappingProxyType({t.path: t.value for t in found.values() if t.type == "dimension"}),
        "fonts": MappingProxyType(used),
        "typography": MappingProxyType({t.path: t.value for t in found.values() if t.type == "typography"}),
        "logo": marks.get("light"), "logo_dark": marks.get("dark"), "rules": limits,
    }  # fmt: skip
    return values, [*tokens_.problems, *rules_.problems, *wrong]


def _roles(found: Mapping[str, Token], report: Report, broken: bool) -> dict[str, str]:
    roles: dict[str, str] = {}
    for token in found.values():
        group, _, name = token.path.partition(".")
        if group != "role":
            continue
        if token.type != "color" or len(token.value) != 7:
            report.add(token.where, f"{token.path} must be an opaque colour.")
        else:
            roles[name] = token.value
    for name in ROLES:
        if name not in roles and not broken:  # where a token is broken this follows from it
            report.add(("role",), f'role.{name} is missing; write "{name}": {{"$value": "{{color.…}}"}} in the group "role".')
    if not broken and {"ink", "paper"} <= roles.keys() and contrast(roles["ink"], roles["paper"]) < 4.5:
        says = f"role.ink on role.paper has a contrast of {contrast(roles['ink'], roles['paper']):.2f}"
        report.add(("role", "ink"), f"{says}; text needs 4.5 at least (WCAG 2.1).")
    return roles


def _families(found: Mapping[str, Token], families: Mapping[str, Family], report: Report, broken: bool) -> dict[str, Family]:
    """What a family is for -> the family, from the tokens font.*; the files of the first name of each are asked for."""
    used: dict[str, Family] = {}
    asked: Iterable[Token] = (t for t in found.values() if t.type in ("fontFamily", "typography"))
    for token in asked:
        wanted = token.value[0] if token.type == "fontFamily" else token.value.family
        group, _, name = token.path.partition(".")
        if wanted not in families:
            here = f"there are {fonts.names_of(families.values())}"
            report.add(token.where, f"{token.path}: no TTF or OTF file in fonts/ holds the family {wanted!r}; {here}.")
        elif group == "font" and token.type == "fontFamily":
            used[name] = families[wanted]
    if not (used or broken or any(says.says.startswith("font.") for says in report.problems)):
        report.add((), 'has no font; write a group "font" with tokens of type fontFamily, such as font.heading.')
    return used
