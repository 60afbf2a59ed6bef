"""What a person hands to generate(), made ready: templates by name, styles, flags read, and what they should know."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import PromptError
from .curated import find, find_style
from .expand import LIMIT, Source, prompts
from .lint import lint
from .midjourney import Idiom, midjourney
from .negatives import merged
from .negatives import negative as negative_words
from .value import Prompt
from .wildcards import Folders, template_folders

_LISTS = "sdkit.prompts() lists the curated ones."
_LINTED = 100  # prompts looked at; those of one template are much alike


@dataclass(frozen=True)
class Ready:
    """One prompt ready to draw: its words, what to keep out, and what its flags said (size, seed)."""

    prompt: Prompt
    negative: str
    idiom: Idiom


def prepare(
    prompt: Source | Collection[Source] | None, *, template: str = "", style: str | Sequence[str] = "", negative: str | None = None,
    templates: Folders = None, banned: Iterable[str] = (), limit: int = LIMIT, sample: int | None = None, sample_seed: int = 0,
    rows: object = None, steer: Callable[[Ready], Ready] | None = None, **slots: Any,
) -> tuple[list[Ready], list[str]]:  # fmt: skip
    """(prompts ready to draw, sentences to tell the person, each once).

    prompt or template     words, or the id of a curated prompt; one of the two.
    style       the id of a style, or several: every prompt in each, the style recorded as the choice "style".
    negative    None takes the curated prompt's own.
    steer       laid over each at the end, before it is looked at: a brand adds its words so.
    The others are as for `expand` and `lint`.

    Raises PromptError as these do, for an unknown id, and for both or none of prompt and template.
    """
    if (prompt is None) == (not template):
        raise PromptError("prompt", prompt, "words, or template= with the id of a curated prompt; one of the two", _LISTS)
    own = find(template, templates) if template else None
    source: Any = own.template if own else prompt
    words = (own.negative if own else "") if negative is None else negative
    table = template_folders(templates)[-1] / "negatives.toml" if templates is not None else None
    unwanted = negative_words(words, table=table if table and table.is_file() else None)
    looks = [find_style(name, templates) for name in ([style] if isinstance(style, str) else list(style)) if name]
    expansion = prompts(source, limit=limit, sample=sample, seed=sample_seed, rows=rows, templates=templates, **slots)
    if len(expansion) * max(1, len(looks)) > limit:
        made = f"{len(expansion):,} prompts in {len(looks)} styles"
        raise PromptError("style", made, f"at most {limit:,} (limit=)", "Leave some styles or variants out.")
    ready: list[Ready] = []
    notes: dict[str, None] = {}
    for one in expansion:
        idiom = midjourney(one.text)
        if not idiom.text:
            raise PromptError("prompt", one.text, "words beside the flags")
        plain = Prompt(idiom.text, one.template, one.choices) if idiom.notes else one
        if not looks:
            ready.append(Ready(plain, merged([unwanted, idiom.negative]), idiom))
        for look in looks:
            ready.append(Ready(look.on(plain), merged([unwanted, idiom.negative, look.negative]), idiom))
        notes |= dict.fromkeys(idiom.notes)
    if steer is not None:
        ready = [steer(each) for each in ready]
    for each in ready[:_LINTED]:
        notes |= dict.fromkeys(finding.says for finding in lint(each.prompt.text, each.negative, banned=banned))
    return ready, list(notes)
