"""Placed parts -> SVG text -> pixels. Everything is written anew and escaped; resvg gets no file but the fonts."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from PIL import Image

from ..codecs import data_url
from ..errors import LayoutError
from .flow import Put, Rect
from .fonts import Face
from .runs import Run
from .template import Behind, Mark

# Opacities of a scrim beyond the words, from their edge to nothing: eased, because a straight ramp shows its end.
_EASE = ((0.0, 1.0), (0.2, 0.9), (0.4, 0.68), (0.6, 0.4), (0.8, 0.15), (1.0, 0.0))


def n(value: float) -> str:
    """A number as SVG has it, to a hundredth of a pixel."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def page(size: tuple[int, int], body: Iterable[str], corner: tuple[int, int] = (0, 0)) -> str:
    """A whole SVG of `size` pixels, or so much of one from `corner` on."""
    (wide, high), (x, y) = size, corner
    lines, view = "\n".join(body), f"{x} {y} {wide} {high}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="{view}">\n{lines}\n</svg>\n'


def rect(box: Rect, fill: str, radius: float = 0.0, opacity: float = 1.0) -> str:
    """A filled rectangle."""
    round_ = f' rx="{n(radius)}"' if radius else ""
    clear = f' fill-opacity="{n(opacity)}"' if opacity < 1 else ""
    left, top, right, bottom = box
    return (
        f'<rect x="{n(left)}" y="{n(top)}" width="{n(right - left)}" height="{n(bottom - top)}"{round_} fill="{fill}"{clear}/>'
    )


def scrim(size: tuple[int, int], box: Rect, side: str, colour: str, opacity: float, name: str) -> list[str]:
    """A veil from a side of the picture that is even behind `box` and fades beyond it; over all, where there is no side."""
    wide, high = size
    if side not in ("left", "right", "top", "bottom"):
        return [rect((0, 0, wide, high), colour, opacity=opacity)]
    length = wide if side in ("left", "right") else high
    far = {"left": box[2], "right": wide - box[0], "top": box[3], "bottom": high - box[1]}[side]
    full = min(1.0, far / length)
    end = min(1.0, full + max(0.22, 0.45 * full))
    stops = [f'<stop offset="0" stop-color="{colour}" stop-opacity="{opacity:.3f}"/>']
    stops += [
        f'<stop offset="{full + (end - full) * at:.4f}" stop-color="{colour}" stop-opacity="{opacity * share:.3f}"/>'
        for at, share in _EASE
    ]
    x1, y1, x2, y2 = {"left": (0, 0, wide, 0), "right": (wide, 0, 0, 0), "top": (0, 0, 0, high), "bottom": (0, high, 0, 0)}[
        side
    ]
    line = f'gradientUnits="userSpaceOnUse" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"'
    return [
        f'<linearGradient id="{name}" {line}>{"".join(stops)}</linearGradient>',
        f'<rect width="{wide}" height="{high}" fill="url(#{name})"/>',
    ]


def shape(behind: Behind, box: Rect, fill: str, radius: float) -> str:
    """What stands behind a group."""
    left, top, right, bottom = box
    if behind.kind == "rect":
        return rect(box, fill, radius)
    x, y = (left + right) / 2, (top + bottom) / 2
    if behind.kind == "circle":
        return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n((right - left) / 2)}" fill="{fill}"/>'
    return _path(behind.path, behind.box, box, fill, behind.turn)


def mark(part: Mark, box: Rect, fill: str, unit: float) -> str:
    """A drawing of the template's own."""
    return _path(part.path, part.box, box, fill, 0) if part.path else rect(box, fill, part.rx * unit)


def _path(d: str, drawn: Rect, box: Rect, fill: str, turn: float) -> str:
    left, top, wide, high = drawn
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    scale = min((box[2] - box[0]) / wide, (box[3] - box[1]) / high)
    moved = (
        f"translate({n(x)} {n(y)}) rotate({n(turn)}) scale({scale:.5f}) translate({n(-left - wide / 2)} {n(-top - high / 2)})"
    )
    return f'<path transform="{moved}" d={quoteattr(d)} fill="{fill}"/>'


def words(put: Put, slot: str, colour: str, rtl: bool, tracking: float) -> list[str]:
    """The lines of a text."""
    size = put.sized.size
    out = [f"<g data-slot={quoteattr(slot)}>"]
    for (x, y), line in zip(_starts(put, rtl), put.sized.lines, strict=True):
        out += [_run(run, x + run.x * size, y, size, colour, tracking) for run in line.runs]
    return [*out, "</g>"]


def ink(put: Put, rtl: bool) -> list[Rect]:
    """The box of each line's ink, in pixels."""
    size, starts = put.sized.size, _starts(put, rtl)
    return [
        (x + line.left * size, y + line.top * size, x + max(line.right, line.width) * size, y + line.bottom * size)
        for (x, y), line in zip(starts, put.sized.lines, strict=True)
    ]


def _starts(put: Put, rtl: bool) -> list[tuple[float, float]]:
    """Where the baseline of each line starts."""
    size, (left, top, right, _) = put.sized.size, put.box
    align = put.align if not rtl or put.align == "middle" else {"start": "end", "end": "start"}[put.align]
    found = []
    for i, line in enumerate(put.sized.lines):
        wide, before = max(line.width, line.right) * size, min(0.0, line.left) * size
        x = {"start": left - before, "middle": (left + right - wide - before) / 2, "end": right - wide}[align]
        found.append((x, top + put.sized.first + i * put.sized.pitch))
    return found


def _run(run: Run, x: float, y: float, size: float, colour: str, tracking: float) -> str:
    # The isolate makes resvg lay a run of punctuation, which has no direction of its own, from right to left.
    text = f"\u2067{run.text}\u2069" if run.rtl else run.text
    style = ' font-style="italic"' if run.face.italic else ""
    wide = f' letter-spacing="{n(tracking * size)}"' if tracking and not run.rtl else ""
    return (
        f'<text x="{n(x)}" y="{n(y)}" font-family={quoteattr(run.face.family)} font-weight="{run.face.weight}"{style} '
        f'font-size="{n(size)}"{wide} fill="{colour}" xml:space="preserve">{escape(text)}</text>'
    )


def picture(image: Image.Image, box: Rect) -> str:
    """An image inside the SVG itself."""
    left, top, right, bottom = box
    place = f'x="{n(left)}" y="{n(top)}" width="{n(right - left)}" height="{n(bottom - top)}"'
    return f'<image {place} href="{data_url(image)}"/>'


def over(base: Image.Image, laid: Sequence[str], faces: Sequence[Face] = (), box: Rect | None = None) -> Image.Image:
    """`base` with some drawings of ours laid over it, RGB.

    box   outside which nothing is drawn, where that is known: the most of a banner is picture, and drawing takes its time.
    """
    left, top, right, bottom = (0.0, 0.0, *map(float, base.size)) if box is None else box
    x, y = max(0, math.floor(left)), max(0, math.floor(top))
    wide, high = min(base.width, math.ceil(right)) - x, min(base.height, math.ceil(bottom)) - y
    out = base.convert("RGB") if base.mode != "RGB" else base.copy()
    if laid and wide > 0 and high > 0:
        part = base.crop((x, y, x + wide, y + high)).convert("RGBA")
        out.paste(Image.alpha_composite(part, pixels(page((wide, high), laid, (x, y)), faces)).convert("RGB"), (x, y))
    return out


def veiled(base: Image.Image, laid: Sequence[str], side: str) -> Image.Image:
    """`base` under a scrim. Along its side a scrim is the same everywhere, so that one line of it is drawn and pulled out."""
    line = base.width if side in ("left", "right") else 1, base.height if side in ("top", "bottom") else 1
    veil = pixels(page(line, laid)).resize(base.size, Image.Resampling.NEAREST)
    return Image.alpha_composite(base.convert("RGBA"), veil).convert("RGB")


def reach_of(box: Rect, letters: float = 0.0) -> Rect:
    """A box that holds all that is drawn of a part: letters (their em in pixels), turned bursts and plates reach over their own."""
    left, top, right, bottom = box
    more = 2 + (0.6 * letters or max(0.15 * (right - left), 0.5 * (bottom - top)))
    return left - more, top - more, right + more, bottom + more


def pixels(svg: str, faces: Sequence[Face] = ()) -> Image.Image:
    """An SVG of ours as an RGBA picture. No font of the system is loaded, and no file but those of the faces."""
    import resvg_py

    files = sorted({f.path for f in faces})
    try:
        data = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=files or None)
    except Exception as error:
        raise LayoutError("layout", "its drawing", "what resvg can draw", f"({error})") from error
    except BaseException as error:  # a panic of the renderer is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise LayoutError("layout", "its drawing", "what resvg can draw", "The renderer gave up on these words.") from None
    return Image.open(io.BytesIO(bytes(data))).convert("RGBA")
