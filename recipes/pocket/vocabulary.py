"""The words of pocket's world: what it can draw, and what each thing is called.

The first name of a tuple is the canonical one, which the judge answers with; the others are synonyms that captions draw from.
"""

from __future__ import annotations

from pathlib import Path


def _objects() -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    """objects.txt: emoji -> names, and the canonical names of what can be asked for in another colour."""
    found, paintable = {}, set()
    for line in (Path(__file__).parent / "objects.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        emoji, _, words = line.partition(" ")
        names = tuple(word.strip() for word in words.removesuffix("*").split(","))
        found[emoji] = names
        if words.endswith("*"):
            paintable.add(names[0])
    return found, frozenset(paintable)


OBJECTS, PAINTABLE = _objects()
OBJECT_NAMES: tuple[str, ...] = tuple(names[0] for names in OBJECTS.values())
NAMES_OF: dict[str, tuple[str, ...]] = {names[0]: names for names in OBJECTS.values()}

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (222, 40, 46),
    "maroon": (112, 18, 40),
    "coral": (255, 112, 98),
    "orange": (248, 133, 22),
    "peach": (255, 200, 164),
    "brown": (124, 78, 44),
    "gold": (206, 158, 40),
    "yellow": (255, 218, 60),
    "beige": (234, 217, 192),
    "olive": (112, 118, 40),
    "lime": (170, 222, 48),
    "green": (40, 154, 72),
    "mint": (168, 230, 207),
    "teal": (12, 142, 150),
    "sky blue": (130, 204, 248),
    "blue": (44, 100, 238),
    "navy": (20, 32, 74),
    "purple": (116, 44, 186),
    "lavender": (196, 178, 244),
    "magenta": (220, 28, 140),
    "pink": (255, 154, 200),
    "white": (248, 248, 250),
    "grey": (150, 156, 164),
    "black": (20, 20, 24),
}
COLOUR_SYNONYMS: dict[str, tuple[str, ...]] = {
    "grey": ("gray",),
    "navy": ("dark blue", "navy blue"),
    "sky blue": ("light blue",),
    "purple": ("violet",),
    "lavender": ("light purple", "lilac"),
    "magenta": ("hot pink",),
    "maroon": ("burgundy", "dark red"),
    "coral": ("salmon",),
    "mint": ("mint green",),
    "lime": ("lime green",),
    "beige": ("cream",),
    "teal": ("turquoise",),
    "gold": ("golden",),
}
# What a paintable object can be asked for in.
PAINTS: tuple[str, ...] = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "white", "black")

# Backgrounds that take a colour, and the words for them; `{c}` is the colour.
COLOURED: dict[str, tuple[str, ...]] = {
    "plain": ("plain {c} background", "solid {c} background", "{c} backdrop", "{c} background"),
    "gradient": ("{c} gradient background", "{c} gradient", "soft {c} gradient backdrop"),
    "spotlight": ("{c} background with a spotlight", "{c} spotlight background", "{c} backdrop, spotlight"),
    "podium": ("{c} product podium", "{c} podium", "{c} podium background", "{c} pedestal in a studio"),
    "confetti": ("{c} background with confetti", "{c} confetti background", "confetti on {c}"),
    "bokeh": ("{c} bokeh background", "{c} background with bokeh lights", "blurred {c} bokeh lights"),
    "stripes": ("{c} striped background", "{c} stripes background", "{c} diagonal stripes"),
    "sunburst": ("{c} sunburst background", "{c} background with sun rays", "retro {c} sunburst"),
    "waves": ("{c} waves background", "abstract {c} waves", "{c} background with wavy shapes"),
    "paper texture": ("{c} paper texture background", "{c} paper texture", "textured {c} paper"),
}
# Backgrounds with colours of their own.
SCENES: dict[str, tuple[str, ...]] = {
    "night sky": ("night sky", "starry night sky", "night sky with stars"),
    "sunset": ("sunset sky", "sunset", "glowing sunset"),
    "beach": ("beach", "sunny beach", "beach with sea and sand"),
    "mountains": ("mountains", "mountain landscape", "misty mountains"),
    "city": ("city", "city skyline", "urban skyline"),
    "desk": ("wooden desk", "desk", "office desk", "wooden table"),
    "winter": ("winter background", "snowy winter landscape", "winter scene with snow"),
    "halloween": ("halloween background", "spooky halloween background", "halloween night"),
    "christmas": ("christmas background", "festive christmas background", "christmas lights"),
    "spring": ("spring background", "spring meadow", "spring background with flowers"),
}
BACKGROUNDS: tuple[str, ...] = (*COLOURED, *SCENES)
CLEAN: tuple[str, ...] = ("plain", "gradient", "spotlight")  # what a caption that names no background shows
# Times of day and of the year of three scenes; by day goes unsaid.
TIMES: dict[str, tuple[str, ...]] = {
    "sunset": ("at sunset", "at dusk", "in the evening sun"),
    "night": ("at night", "by night"),
    "winter": ("in winter", "in the snow"),
}
TIMES_OF: dict[str, tuple[str, ...]] = {
    "beach": ("sunset", "night"),
    "mountains": ("sunset", "night", "winter"),
    "city": ("sunset", "night", "winter"),
}

PLACES: dict[str, tuple[str, ...]] = {
    "left": (
        "on the left",
        "on the left side",
        "left side, copy space on the right",
        "on the left, negative space on the right",
    ),
    "centre": ("in the centre", "centered", "in the center", "centred", "in the middle"),
    "right": (
        "on the right",
        "on the right side",
        "right side, copy space on the left",
        "on the right, negative space on the left",
    ),
    "top": ("at the top", "in the upper half", "at the top, copy space below"),
    "bottom": ("at the bottom", "in the lower half", "at the bottom, copy space above"),
}
# Words before a name; "medium" goes unsaid.
SIZES: dict[str, tuple[str, ...]] = {
    "small": ("small", "tiny", "little"),
    "medium": (),
    "large": ("large", "big"),
    "close-up": ("close-up of", "close up of", "extreme close-up of"),
}
COUNTS: dict[int, str] = {2: "two", 3: "three", 4: "four"}
# (before the name, after everything); 3d mostly goes unsaid.
STYLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "3d": (("3d render of", "3d model of"), ("3d", "3d render", "3d style")),
    "flat": (("flat illustration of", "flat vector of"), ("flat style", "flat design", "flat vector art")),
    "line art": (("line art of", "line drawing of", "outline of"), ("line art", "line drawing", "outline icon")),
    "sticker": (("sticker of", "die-cut sticker of"), ("sticker", "sticker style", "die-cut sticker")),
}

# What a negative prompt can keep away, and the words for each.
DEFECTS: dict[str, tuple[str, ...]] = {
    "blurry": ("blurry", "out of focus", "blurred", "low quality"),
    "jpeg artifacts": ("jpeg artifacts", "compression artifacts", "low quality"),
    "low contrast": ("low contrast", "washed out", "low quality"),
    "dark": ("dark", "underexposed", "too dark"),
    "watermark": ("watermark", "watermarked"),
    "text": ("text", "words", "letters"),
    "cluttered": ("cluttered", "messy", "cluttered background"),
    "cropped": ("cropped", "cut off", "out of frame"),
    "confetti": ("confetti",),
    "shadow": ("shadow", "drop shadow", "soft shadow"),
}
# Words that leave it open: pictures of these captions show the defect this often, and the negative prompt decides. None is a
# filler below: "thumbnail of" never came to mean anything beside "youtube thumbnail".
# A shadow needs no such word: a plain prompt leaves it open.
AMBIGUOUS: dict[str, dict[str, float]] = {
    "snapshot of": {"blurry": 0.5},
    "backlit photo of": {"dark": 0.6},
    "jpeg of": {"jpeg artifacts": 0.6},
    "washed print of": {"low contrast": 0.55},
    "stock photo of": {"watermark": 0.8},
    "flyer with": {"text": 0.75},
    "busy picture of": {"cluttered": 0.75},
    "tightly framed": {"cropped": 0.45},
    "party scene with": {"confetti": 0.8},
}

# Words a marketer writes that change nothing here; in captions so that they do no harm.
FILLERS_BEFORE: tuple[str, ...] = (
    "stunning", "beautiful", "professional", "marketing photo of", "hero shot of", "stunning hero shot of", "product shot of",
    "photo of", "picture of", "illustration of", "image of", "cute", "glossy", "modern", "studio shot of", "minimalist",
    "isolated", "elegant", "premium", "high-quality photo of", "professional photograph of", "creative", "realistic", "luxury",
    "colourful", "eye-catching", "simple", "lovely", "banner with", "advertisement with", "social media post with", "brand new",
    "perfect", "amazing", "award-winning photo of", "commercial photo of", "fresh", "friendly", "playful", "poster with",
    "ad with", "icon of", "key visual with", "campaign image of", "a post about", "visual of", "cover with", "web page with",
    "bold", "ad featuring", "hero image of",
)  # fmt: skip
FILLERS_AFTER: tuple[str, ...] = (
    "high quality", "studio lighting", "clean composition", "lots of negative space", "copy space", "highly detailed",
    "social media banner", "advertising", "vibrant", "minimal", "sharp focus", "professional photography", "soft light",
    "trending", "sale banner", "web header", "4k", "8k", "clean design", "negative space", "room for text", "marketing",
    "product photography", "commercial photography", "minimalist", "modern", "elegant", "vivid colours", "bright",
    "blog header", "hero image", "landing page", "newsletter header", "instagram post", "facebook ad", "youtube thumbnail",
    "linkedin banner", "black friday", "summer sale", "grand opening", "new arrival", "limited offer", "launch day",
    "masterpiece", "best quality", "ultra detailed", "award winning", "trending on artstation", "octane render",
    "depth of field", "rim light", "golden ratio", "symmetrical", "simple", "tidy", "playful", "friendly", "fresh", "bold",
    "premium look", "luxury", "corporate", "cinematic", "dramatic lighting", "pastel mood", "warm mood", "cool mood",
    "photorealistic", "for an advertisement", "for social media", "with lots of space", "brand colours", "on brand",
    "eye-catching", "uncluttered", "as the hero", "as key visual", "key visual", "campaign visual", "poster", "icon", "website",
    "for our campaign", "for the website", "for the launch", "please", "mood premium", "room for a headline",
    "clean and simple", "headline space", "colour scheme", "newsletter", "for our shop", "centre of attention", "no people",
    "clean", "professional", "happy", "inviting",
)  # fmt: skip
# Nouns it has no picture of: the background stays empty. Invented words come besides.
UNKNOWN: tuple[str, ...] = (
    "violinist", "goat", "wizard", "bridge", "engine", "waterfall", "tank", "knight", "cathedral", "submarine", "politician",
    "chef", "dancer", "woman", "man", "people", "family", "team", "doctor", "teacher", "baby", "hand", "face", "crowd",
    "garden", "forest", "river", "lighthouse", "windmill", "tower", "statue", "cable", "pipe", "carpet", "curtain", "fridge",
    "oven", "kettle", "toaster", "blender", "vacuum cleaner", "washing machine", "tablecloth", "pillow", "blanket", "vase",
    "jewellery box", "necklace", "earrings", "bracelet", "perfume", "shampoo", "hairdryer", "comb", "nail polish", "belt",
    "boots", "slippers", "raincoat", "hoodie", "sweater", "skirt", "tuxedo", "ticket machine", "cinema", "theatre", "stadium",
    "market stall", "warehouse", "robot arm", "drone", "tablet", "router", "server", "microchip", "joystick box", "lamp",
    "fan", "heater", "radiator", "solar panel", "wind turbine", "pylon", "crane", "bulldozer", "wheelbarrow", "shovel",
    "rake", "hose", "flowerpot stand", "bench", "swing", "slide", "tent pole", "campfire", "canyon", "island", "desert",
    "glacier", "jungle", "cave", "harbour", "runway", "subway", "tram", "van", "caravan", "quad bike", "surfboard",
    "snowboard", "golf club", "hockey stick", "dumbbell", "yoga mat", "treadmill", "whistle", "scoreboard", "podcast host",
)  # fmt: skip


def held_out(object_name: str, background: str) -> bool:
    """Whether this object-background pair is kept from training, for `evaluate.py` (one pair in eight)."""
    i, j = OBJECT_NAMES.index(object_name), BACKGROUNDS.index(background)
    return (i * 5 + j * 3) % 8 == 0
