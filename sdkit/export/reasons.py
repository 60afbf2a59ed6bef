"""Why a placement is filled as it is, in words and figures a marketer would use."""

from __future__ import annotations

from .subject import Box


def crop_words(cut: float, stretch: float, lost: float, clear: float, covered: bool) -> str:
    """What a crop does. cut: share of the picture; lost: of the subject; clear: of the subject in the safe area.

    stretch is the placement's shape over the master's (over 1: wider); covered, whether the platform covers anything.
    """
    if cut < 0.005:
        words = "same shape as the master, nothing is cut"
    elif lost < 0.02:
        words = f"cuts {_side(cut, stretch)}; the subject stays whole"
    else:
        words = f"cuts {_side(cut, stretch)} and {percent(lost)} of the subject"
    if not covered or lost >= 0.02:
        return words
    return (
        f"{words}, clear of covered areas" if clear > 0.98 else f"{words}; {percent(1 - clear)} of the subject may be covered"
    )


def against_crop(cut: float, stretch: float, lost: float, clear: float) -> str:
    """What speaks against a crop; the arguments are those of `crop_words`."""
    if cut < 0.005:
        return f"as it is, {percent(1 - clear)} of the subject may be covered" if clear < 0.98 else "a crop would cut nothing"
    if lost >= 0.02:
        return f"a crop would cut {_side(cut, stretch)} and {percent(lost)} of the subject"
    if clear < 0.98:
        return f"a crop would cut {_side(cut, stretch)} and leave the subject partly covered"
    return f"a crop would cut {_side(cut, stretch)}"


def beyond(size: tuple[int, int], box: Box) -> str:
    """The sides on which `box` reaches beyond a master of `size`."""
    beside = [name for name, far in (("left", -box[0]), ("right", box[2] - size[0])) if far > 0.5]
    over = [name for name, far in (("above", -box[1]), ("below", box[3] - size[1])) if far > 0.5]
    sides = [*beside, *over]
    if len(sides) == 4:
        return "all around"
    words = f"{', '.join(sides[:-1])} and {sides[-1]}" if len(sides) > 1 else "".join(sides)
    return f"on the {words}" if beside else words


def sentence(lead: str, words: str) -> str:
    """One sentence, with a capital letter and a full stop."""
    text = f"{lead}{words}."
    return text[:1].upper() + text[1:]


def percent(share: float) -> str:
    """0.463 -> "46 %"; what is not quite nothing is "1 %"."""
    return f"{max(round(100 * share), 1 if share > 0 else 0)} %"


def _side(cut: float, stretch: float) -> str:
    return f"{percent(cut)} of the {'height' if stretch > 1 else 'width'}"


__all__ = ["against_crop", "beyond", "crop_words", "percent", "sentence"]
