"""The curated prompts and styles of templates/prompts/*.toml and templates/styles.toml, with those of one's own folder."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import PromptError, near
from .template import parse
from .tree import escape
from .value import Prompt
from .wildcards import Folders, template_folders

if TYPE_CHECKING:
    import pandas as pd

MODELS = ("pocket", "sd1", "sdxl", "flux")


@dataclass(frozen=True)
class Curated:
    """A prompt worth keeping.

    id          its name, as in generate(template="sale-banner"); `use` is the file it stands in.
    template    with variants and slots to fill.
    models      the classes it is written for, of "pocket", "sd1", "sdxl" and "flux".
    negative    what to keep out; "@clean" and other names come from negatives.toml. "" where the model takes none.
    placement   the name of a placement that it suits.
    about       advice on when to use it and what to change.
    """

    id: str
    use: str
    title: str
    template: str
    models: tuple[str, ...]
    negative: str
    placement: str
    about: str

    @property
    def slots(self) -> tuple[str, ...]:
        """The names to fill by keyword: those that must be, then those that may be."""
        template = parse(self.template)
        return (*template.slots, *template.named)


@dataclass(frozen=True)
class Style:
    """Words around a prompt that set how it is drawn, and what to keep out then."""

    id: str
    title: str
    before: str
    after: str
    negative: str
    about: str

    def on(self, prompt: Prompt) -> Prompt:
        """The prompt in this style; the style becomes a choice, the column "style"."""
        text = f"{self.before} {prompt.text}".strip() + (f", {self.after}" if self.after else "")
        template = f"{escape(self.before)} {prompt.template}".strip() + (f", {escape(self.after)}" if self.after else "")
        return Prompt(text, template, (*prompt.choices, ("style", self.id)))


def curated(templates: Folders = None) -> dict[str, Curated]:
    """id -> prompt: the shipped ones by file and place, those of `templates`/prompts/*.toml added or in their place.

    Raises PromptError for a file that is not TOML, or an entry that lacks what it needs.
    """
    found: dict[str, Curated] = {}
    for root in template_folders(templates):
        for path in sorted((root / "prompts").glob("*.toml")):
            found |= {c.id: c for c in _prompts(path, path.stat().st_mtime_ns)}
    return found


def styles(templates: Folders = None) -> dict[str, Style]:
    """id -> style: the shipped ones, those of `templates`/styles.toml added or in their place. Raises as `curated` does."""
    found: dict[str, Style] = {}
    for root in template_folders(templates):
        if (path := root / "styles.toml").is_file():
            found |= {style.id: style for style in _styles(path, path.stat().st_mtime_ns)}
    return found


def find(name: str, templates: Folders = None) -> Curated:
    """The curated prompt of that id. Raises PromptError, with near ids, when there is none."""
    return _one("template", name, curated(templates), "prompts")


def find_style(name: str, templates: Folders = None) -> Style:
    """The style of that id. Raises PromptError, with near ids, when there is none."""
    return _one("style", name, styles(templates), "styles")


def table(search: str = "", *, model: str = "", templates: Folders = None) -> pd.DataFrame:
    """The curated prompts as a table, one a row, by id: title, use, slots, models, placement, template, negative, about.

    search      words that must all occur somewhere in a row, in capitals or not.
    model       only those written for this class: "pocket", "sd1", "sdxl" or "flux".
    templates   a folder of your own; its prompts/*.toml come beside the shipped ones.

    Raises PromptError for an unknown class or a broken file.
    """
    import pandas as pd

    if not isinstance(search, str):
        raise PromptError("search", search, "words to search for (a str)")
    if model and model not in MODELS:
        raise PromptError("model", model, ", ".join(map(repr, MODELS)), near(str(model), MODELS))
    words = search.casefold().split()
    rows = []
    for entry in curated(templates).values():
        row = {
            "title": entry.title, "use": entry.use, "slots": ", ".join(entry.slots), "models": ", ".join(entry.models),
            "placement": entry.placement, "template": entry.template, "negative": entry.negative, "about": entry.about,
        }  # fmt: skip
        text = " ".join([entry.id, *row.values()]).casefold()
        if all(word in text for word in words) and (not model or model in entry.models):
            rows.append({"id": entry.id, **row})
    columns = ["id", "title", "use", "slots", "models", "placement", "template", "negative", "about"]
    return pd.DataFrame(rows, columns=columns).set_index("id")


def _one(parameter: str, name: str, known: dict[str, Any], what: str) -> Any:
    if not isinstance(name, str) or name not in known:
        raise PromptError(parameter, name, f"the id of one of {len(known)} {what}", near(str(name), known))
    return known[name]


@lru_cache(maxsize=64)
def _prompts(path: Path, changed: int) -> tuple[Curated, ...]:
    """The prompts of one file; `changed` makes an edited file be read again."""
    return tuple(
        Curated(
            name, path.stem, _text(path, name, row, "title", name), _text(path, name, row, "template"),
            tuple(_list(path, name, row, "models", MODELS)), _text(path, name, row, "negative", ""),
            _text(path, name, row, "placement", ""), _text(path, name, row, "about", ""),
        )
        for name, row in _read(path).items()
    )  # fmt: skip


@lru_cache(maxsize=16)
def _styles(path: Path, changed: int) -> tuple[Style, ...]:
    names = ("before", "after", "negative", "about")
    return tuple(
        Style(name, _text(path, name, row, "title", name), *(_text(path, name, row, key, "") for key in names))
        for name, row in _read(path).items()
    )


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PromptError("templates", str(path), "a readable TOML file", f"({error})") from error
    for name, row in table.items():
        if not isinstance(row, dict):
            raise PromptError("templates", f"{path}: {name}", "a table for each name, as in [sale-banner]")
    return table


def _text(path: Path, name: str, row: dict[str, Any], key: str, default: str | None = None) -> str:
    value = row.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise PromptError("templates", f"{path}: [{name}] {key} = {value!r}", "text (a str)")
    return value


def _list(path: Path, name: str, row: dict[str, Any], key: str, known: tuple[str, ...]) -> list[str]:
    value = row.get(key, list(known))
    if not isinstance(value, list) or not value or any(item not in known for item in value):
        raise PromptError("templates", f"{path}: [{name}] {key} = {value!r}", "a list of " + ", ".join(map(repr, known)))
    return value
