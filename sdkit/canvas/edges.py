"""Edges as white lines on black: what a "canny" ControlNet reads.

The published weights learned from OpenCV's Canny (3x3 Sobel, L1 norm, thresholds 100 and 200), so that one is used: other
implementations put their lines elsewhere. scipy and Pillow have Sobel only, without thinning and hysteresis.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..errors import MissingExtraError

LOW, HIGH = 100, 200  # as the published ControlNets were trained: https://huggingface.co/lllyasviel/sd-controlnet-canny


def edges(image: Image.Image, low: int = LOW, high: int = HIGH) -> Image.Image:
    """The edges of a picture: mode "1", of its size, white lines a pixel wide.

    image      any mode; one of mode "1" is taken for edges already and comes back as it is.
    low, high  changes of brightness between neighbours, 0 to 1020: over `high` is an edge, and over `low` goes one on.

    Raises MissingExtraError, which names the pip command, where OpenCV is not installed.
    """
    if image.mode == "1":
        return image
    try:
        import cv2
    except ImportError as error:
        raise MissingExtraError("opencv-python-headless", "control", 'control=("canny", ...)') from error
    grey = np.array(image.convert("RGB").convert("L"))
    return Image.fromarray(cv2.Canny(grey, low, high) > 0)
