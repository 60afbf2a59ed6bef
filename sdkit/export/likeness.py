"""How like its original a compressed picture is: structural similarity (SSIM), on brightness and colour."""

from __future__ import annotations

import numpy as np
from PIL import Image

_WINDOW = 7  # pixels
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_WEIGHTS = (0.8, 0.1, 0.1)  # of Y, Cb and Cr: the eye sees edges of brightness far more sharply than those of colour


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Mean structural similarity of two grey pictures (height, width), 0 to 255: 1.0 for equal ones, near 0 for unlike ones.

    Wang et al. 2004 with a plain window of 7 pixels, as `skimage.metrics.structural_similarity` has it by default; that
    library is the larger by far, and this its one formula. Each side at least 7 pixels.
    """
    from scipy.ndimage import uniform_filter

    x, y = a.astype(np.float32), b.astype(np.float32)
    mean_x, mean_y = uniform_filter(x, _WINDOW), uniform_filter(y, _WINDOW)
    of_sample = _WINDOW**2 / (_WINDOW**2 - 1)
    var_x = of_sample * (uniform_filter(x * x, _WINDOW) - mean_x * mean_x)
    var_y = of_sample * (uniform_filter(y * y, _WINDOW) - mean_y * mean_y)
    both = of_sample * (uniform_filter(x * y, _WINDOW) - mean_x * mean_y)
    top = (2 * mean_x * mean_y + _C1) * (2 * both + _C2)
    bottom = (mean_x * mean_x + mean_y * mean_y + _C1) * (var_x + var_y + _C2)
    edge = _WINDOW // 2
    return float((top / bottom)[edge:-edge, edge:-edge].mean(dtype=np.float64))


def likeness(original: Image.Image, copy: Image.Image) -> float:
    """0.8 of the SSIM of the brightness and 0.1 of that of each colour difference (YCbCr), so that lost colour counts too.

    Two pictures of one size, each side at least 7 pixels; 1.0 where they are equal.
    """
    planes = (np.asarray(image.convert("RGB").convert("YCbCr")) for image in (original, copy))
    a, b = planes
    return sum(weight * ssim(a[..., i], b[..., i]) for i, weight in enumerate(_WEIGHTS))


__all__ = ["likeness", "ssim"]
