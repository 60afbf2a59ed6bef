"""What to paint around a picture: its prompt without its subject, so that a wider canvas holds one rocket, not five."""

from __future__ import annotations

import re

# The words between a subject and what is behind it, the plainest first: in "a girl in a hat on a beach" it is "on".
_BEHIND = tuple(
    re.compile(rf"\s*,?\s*\b(?:{words})\s+(?=[\w-])", re.IGNORECASE)
    for words in ("against|in front of|over", "on", "in|at|before")
)
_SIDE = re.compile(
    r"\s*,?\s*\b(?:on|at|to|in)\s+the\s+(?:far\s+)?(?:left|right|centre|center|middle)(?:[ -]hand)?(?:\s+side)?\b|"
    r"\s*,?\s*\b(?:left|right|centre|center)(?:ed)?(?:[ -]aligned| side)\b|\s*,?\s*\bcopy space\b[^,]*",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^\s*(?:an?|the)\s+", re.IGNORECASE)


def surroundings(text: str) -> tuple[str, str]:
    """(what to paint around, the subject to keep out) of a prompt, by its first "against", "in front of", "over", "on", "in", "at".

    >>> surroundings("a rocket on the left, on a navy gradient background, 3d render")
    ('empty navy gradient background, 3d render', 'rocket')

    Where no such word is found the surroundings are "empty background", and the subject the prompt's first phrase.
    """
    plain = _SIDE.sub("", text).strip(" ,")
    found = next((match for words in _BEHIND if (match := words.search(plain))), None)
    if found is None:
        head, _, rest = plain.partition(",")
        named = "background" in rest.lower() or "backdrop" in rest.lower()
        around = (
            f"empty {_ARTICLE.sub('', rest.strip())}" if named else ", ".join(filter(None, ["empty background", rest.strip()]))
        )
        return around, _ARTICLE.sub("", head).strip()
    behind = _ARTICLE.sub("", plain[found.end() :]).strip(" ,")
    return f"empty {behind}", _ARTICLE.sub("", plain[: found.start()]).strip(" ,")
