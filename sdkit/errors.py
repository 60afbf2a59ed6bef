"""What can go wrong, and what a person can do about it.

    SdkitError                    anything sdkit refuses or cannot do; catch this one
    ├── InputError                a parameter is wrong: says which, what came, what is allowed   (also a ValueError)
    │   ├── PromptError           a prompt or template does not parse, or expands too far
    │   ├── ImageError            an image file is missing, broken, or too large
    │   ├── LayoutError           a banner's words do not fit or cannot be drawn, or its template is wrong; says which and what to do
    │   ├── PlacementError        an unknown placement; lists near names
    │   └── BrandError            a brand folder has problems; lists every one with its file and line
    ├── ModelError                a checkpoint is missing, truncated, unsafe, or of no known family
    │   └── UnsafeFileError       the file can run code when it is opened (a pickle); says how to convert it
    ├── StoreError                the experiment store cannot be opened, read or written
    ├── ExportError               a file could not be written as promised (size, byte limit, disk, permission)
    ├── MissingExtraError         an optional package is not installed; prints the pip command       (also an ImportError)
    └── Interrupted               a person stopped the work; what was finished is kept

A PromptWarning is no error: the words have an effect that a person may not expect. Nor is a RightsWarning: a licence asks.

Every message names the parameter, the value received and what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SdkitError(Exception):
    """Base of every error that sdkit raises on purpose."""


class InputError(SdkitError, ValueError):
    """A parameter is wrong.

    `parameter` is its name as the caller wrote it, `received` the value that came, `allowed` a phrase that completes
    "allowed: ...", and `hint` a sentence on what to do.
    """

    def __init__(self, parameter: str, received: object, allowed: str, hint: str = "") -> None:
        self.parameter, self.received, self.allowed, self.hint = parameter, received, allowed, hint
        super().__init__(f"{parameter}: got {short(received)}; allowed: {allowed}." + (f" {hint}" if hint else ""))


class PromptError(InputError):
    """A prompt or template does not parse, or expands too far."""


class ImageError(InputError):
    """An image file is missing, broken, or too large."""


class LayoutError(InputError):
    """A banner's words do not fit or cannot be drawn, or its template is wrong. `parameter` is the slot, or the template's place."""


class PlacementError(InputError):
    """An unknown placement."""


class BrandError(InputError):
    """A brand folder has problems. `problems` holds them all; each has a file, a line and a sentence."""

    def __init__(self, folder: object, problems: Iterable[object]) -> None:
        self.problems = tuple(problems)
        many = f"{len(self.problems)} problem{'s' * (len(self.problems) != 1)}"
        listed = "".join(f"\n  {problem}" for problem in self.problems)
        super().__init__("brand", str(folder), "a brand folder in which all is well", f"It has {many}:{listed}")


class ModelError(SdkitError):
    """A checkpoint is missing, truncated, unsafe, or of no known family."""


class UnsafeFileError(ModelError):
    """A file that can run code when it is opened."""


class StoreError(SdkitError):
    """The experiment store cannot be opened, read or written."""


class ExportError(SdkitError):
    """A file could not be written as promised. `rules` are those of the brand that stopped it, by name."""

    def __init__(self, message: object = "", rules: Iterable[str] = ()) -> None:
        self.rules = tuple(rules)
        super().__init__(message)


class MissingExtraError(SdkitError, ImportError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str, what: str) -> None:
        super().__init__(f'{what} needs the package {package}. Install it with: pip install "sdkit[{extra}]"')


class PromptWarning(UserWarning):
    """Words that may not do what was meant: contradictory, without effect on this model, or cut. Nothing is stopped."""


class RightsWarning(UserWarning):
    """A licence that a person should look at before a picture is published. Nothing is stopped."""


class Interrupted(SdkitError):
    """A person stopped the work. What was finished is kept."""


def short(value: object, limit: int = 80) -> str:
    """`repr` of a value, cut to `limit` characters, for messages: out of its middle, since the end of a path is its name."""
    text, head = repr(value), limit // 3
    return text if len(text) <= limit else f"{text[:head]}…{text[head + 1 - limit :]}"


def near(name: str, known: Iterable[str]) -> str:
    """The known names nearest to `name`, as a phrase for a hint; all of them where there are few."""
    known = sorted(known)
    close = get_close_matches(str(name), known, n=4, cutoff=0.5)
    if close:
        return "Did you mean " + " or ".join(repr(c) for c in close) + "?"
    return "Known: " + ", ".join(known[:40]) + (", …" if len(known) > 40 else "") + "."
