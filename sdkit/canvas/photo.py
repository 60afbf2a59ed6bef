"""A picture as its file has it (mode, profile, rotation), seen and painted a part at a time: never copied whole."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from PIL import Image, ImageCms

from ..errors import ImageError
from .blend import inward
from .geometry import Box

_ORIENTATION = 0x0112  # the EXIF tag
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}  # fmt: skip  # how a stored picture is turned to stand upright, by its EXIF orientation
_STORED = {**_UPRIGHT, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}  # and back
_SIXTEEN = ("I;16", "I;16L", "I;16B", "I;16N")
_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F", *_SIXTEEN)
_SCALED = ("L", "RGB", "RGBA", "CMYK")  # modes that Pillow scales smoothly
_BAND = 1 << 20  # pixels worked on at a time


@dataclass(frozen=True)
class Photo:
    """A picture as stored in `image`, worked on as a person sees it: boxes are in pixels of the upright picture.

    Raises ImageError for a mode that is not one of 1, L, LA, P, RGB, RGBA, CMYK, YCbCr, HSV, 16-bit grey, I and F.
    """

    image: Image.Image = field(repr=False)
    orientation: int = 1

    def __post_init__(self) -> None:
        if self.image.mode not in _MODES:
            raise ImageError("image", f"mode {self.image.mode}", "one of " + ", ".join(_MODES), 'Use .convert("RGB").')

    @classmethod
    def of(cls, image: Image.Image) -> Photo:
        """The picture with the rotation that its EXIF tag says."""
        found = image.getexif().get(_ORIENTATION, 1)
        return cls(image, found if found in _UPRIGHT else 1)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels, upright."""
        width, height = self.image.size
        return (height, width) if self.orientation >= 5 else (width, height)

    @property
    def box(self) -> Box:
        """All of it."""
        return 0, 0, *self.size

    def upright(self) -> Image.Image:
        """The whole picture as it is seen, in its own mode; the very image where that is how it is stored."""
        return self.crop(self.box) if self.orientation in _UPRIGHT else self.image

    def bands(self, box: Box) -> Iterator[Box]:
        """`box` in strips of whole rows, each of about a megapixel."""
        left, top, right, bottom = box
        rows = max(1, _BAND // max(1, right - left))
        for y in range(top, bottom, rows):
            yield left, y, right, min(y + rows, bottom)

    def stored(self, box: Box) -> Box:
        """Where the upright `box` lies in the stored picture."""
        w, h = self.size
        corners = []
        for x, y in ((box[0], box[1]), (box[2], box[3])):
            corners.append({
                2: (w - x, y), 3: (w - x, h - y), 4: (x, h - y), 5: (y, x), 6: (y, w - x), 7: (h - y, w - x), 8: (h - y, x),
            }.get(self.orientation, (x, y)))  # fmt: skip
        (ax, ay), (bx, by) = corners
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)

    def crop(self, box: Box) -> Image.Image:
        """That part, upright, in the picture's own mode."""
        part = self.image.crop(self.stored(box))
        return part.transpose(_UPRIGHT[self.orientation]) if self.orientation in _UPRIGHT else part

    def view(self, box: Box, size: tuple[int, int] | None = None) -> Image.Image:
        """That part, upright, as a person sees it: RGB, sRGB where the picture has a profile, transparency on white."""
        across = (box[2] - box[0], box[3] - box[1])
        if size is None or size == across:
            return self._seen(self.crop(box))
        if self.image.mode not in _SCALED:
            return self._seen(self.crop(box)).resize(size, Image.Resampling.LANCZOS)
        turned = self.orientation >= 5
        small = self.image.resize(
            size[::-1] if turned else size, Image.Resampling.LANCZOS, box=self.stored(box), reducing_gap=3.0
        )
        return self._seen(small.transpose(_UPRIGHT[self.orientation]) if self.orientation in _UPRIGHT else small)

    def alpha(self, box: Box) -> np.ndarray | None:
        """(height, width) 0 to 255 of that part, or None where the picture knows no transparency."""
        if "A" in self.image.getbands():
            return np.asarray(self.crop(box).getchannel("A"))
        if "transparency" in self.image.info and self.image.mode in ("P", "L", "RGB"):
            return np.asarray(self.crop(box).convert("RGBA").getchannel("A"))
        return None

    def put(self, box: Box, painted: Image.Image, white: np.ndarray, feather: int = 0) -> None:
        """Paint that part, in place, where `white` (height, width) is True; all else stays bit for bit.

        painted   RGB of any size up to the box's, to which it is enlarged.
        feather   pixels, inside the white, over which the painted fades in.

        Where it is painted, a picture with transparency becomes opaque; one with a palette keeps to its colours.
        """
        left, top, right, bottom = box
        across = (right - left, bottom - top)
        wide, high = painted.width / across[0], painted.height / across[1]
        for band in self.bands(box):
            low, end = band[1] - top, band[3] - top
            inside = white[low:end]
            if not inside.any():
                continue
            size = (across[0], end - low)
            if painted.size == across:
                new = painted.crop((0, low, across[0], end))
            else:  # not `resize` with a box: strips of it do not meet as the whole does
                affine = (wide, 0.0, 0.0, 0.0, high, low * high)
                new = painted.transform(size, Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)
            before = self.crop(band)
            if feather > 0:
                margin = max(0, low - feather - 1)
                share = inward(white[margin : end + feather + 1], feather)[low - margin : end - margin]
                if "A" in before.getbands():  # what was clear has nothing to fade from
                    share = np.where(np.asarray(before.getchannel("A")) < 255, 1.0, share)
                old = np.asarray(self._seen(before), np.float32)
                new = Image.fromarray(np.rint(old + (np.asarray(new) - old) * share[..., None]).astype(np.uint8))
            stored, coded = np.asarray(before), self._coded(new, before)
            mixed = np.where(inside[..., None] if stored.ndim == 3 else inside, coded, stored).astype(stored.dtype)
            patch = _as_image(mixed, before.mode)
            if self.orientation in _STORED:
                patch = patch.transpose(_STORED[self.orientation])
            self.image.paste(patch, self.stored(band))

    # -- colours -------------------------------------------------------------------------------------------------------

    @cached_property
    def _profile(self) -> ImageCms.ImageCmsProfile | None:
        data = self.image.info.get("icc_profile")
        if not data or self.image.mode not in ("RGB", "RGBA", "CMYK"):
            return None
        try:
            return ImageCms.ImageCmsProfile(io.BytesIO(data))
        except (OSError, TypeError, ImageCms.PyCMSError):
            return None  # a damaged profile is carried along, and not read

    @cached_property
    def _floor_and_range(self) -> tuple[float, float]:
        """What black is in a picture of 16 or 32 bits, and how far white is above it."""
        if self.image.mode in _SIXTEEN:
            return 0.0, 65535.0
        low, high = (float(v) for v in self.image.getextrema())  # type: ignore[arg-type]
        for limit in (1.0,) * (self.image.mode == "F") + (255.0, 65535.0):
            if low >= 0 and high <= limit:
                return 0.0, limit
        return low, max(high - low, 1e-6)

    def _seen(self, part: Image.Image) -> Image.Image:
        """`part`, in the picture's mode, as sRGB on white."""
        if part.mode in ("I", "F", *_SIXTEEN):
            floor, span = self._floor_and_range
            grey = (np.asarray(part, np.float32) - floor) * (255.0 / span)
            return Image.fromarray(np.clip(np.rint(grey), 0, 255).astype(np.uint8)).convert("RGB")
        clear = "A" in part.getbands() or "transparency" in self.image.info
        solid = None
        if clear and part.mode in ("LA", "P", "RGBA", "L", "RGB"):
            if "transparency" in self.image.info:
                part.info["transparency"] = self.image.info["transparency"]
            whole = part.convert("RGBA")
            solid = Image.new("RGB", part.size, "white")
            solid.paste(whole, mask=whole.getchannel("A"))
        if self._profile is None:
            return solid or part.convert("RGB")
        try:
            found = ImageCms.profileToProfile(solid or part, self._profile, _srgb(), outputMode="RGB")
            return found or part.convert("RGB")
        except ImageCms.PyCMSError:  # a profile of another mode, say
            return solid or part.convert("RGB")

    def _coded(self, painted: Image.Image, before: Image.Image) -> np.ndarray:
        """RGB pixels as the picture's mode stores them: an array like that of `before`."""
        mode = before.mode
        if mode in ("I", "F", *_SIXTEEN):
            floor, span = self._floor_and_range
            grey = np.asarray(painted.convert("L"), np.float64) * (span / 255.0) + floor
            return grey if mode == "F" else np.rint(grey)
        if mode == "P":
            return self._indices(np.asarray(painted))
        opaque = "RGBA" if mode == "RGBA" else mode
        if self._profile is not None:
            try:
                plain = "RGB" if mode == "RGBA" else mode
                turned = ImageCms.profileToProfile(painted, _srgb(), self._profile, outputMode=plain)
                return np.asarray((turned or painted).convert(opaque))
            except ImageCms.PyCMSError:
                pass
        return np.asarray(painted.convert(opaque))

    def _indices(self, pixels: np.ndarray) -> np.ndarray:
        """The palette's nearest colour to each, never the one that stands for transparency."""
        from scipy.spatial import cKDTree

        palette = np.array(self.image.getpalette("RGB") or [0, 0, 0], np.float32).reshape(-1, 3)
        clear = self.image.info.get("transparency")
        usable = np.ones(len(palette), bool)
        if isinstance(clear, int) and clear < len(palette) and len(palette) > 1:
            usable[clear] = False
        elif isinstance(clear, bytes):
            opacity = np.frombuffer(clear, np.uint8)[: len(palette)]
            usable[: len(opacity)] = opacity == 255
            usable |= not usable.any()
        names = np.flatnonzero(usable)
        return names[cKDTree(palette[names]).query(pixels.reshape(-1, 3))[1]].reshape(pixels.shape[:2])


def _as_image(pixels: np.ndarray, mode: str) -> Image.Image:
    """An image of `mode` from an array as numpy reads it."""
    if mode == "1":
        return Image.fromarray(pixels.astype(bool))
    return Image.frombytes(mode, (pixels.shape[1], pixels.shape[0]), np.ascontiguousarray(pixels).tobytes())


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
