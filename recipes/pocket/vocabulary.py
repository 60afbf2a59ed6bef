"""The words of pocket's world: what it can draw, and what each thing is called.

Object sprites are Microsoft's Fluent Emoji 3D renders (MIT), named by code point. The first name of a tuple is the
canonical one, used by the judge; the others are synonyms that captions draw from.
"""

OBJECTS: dict[str, tuple[str, ...]] = {
    "1f680": ("rocket", "spaceship", "space rocket"),
    "1f381": ("gift box", "gift", "present", "wrapped gift"),
    "2615": ("coffee cup", "coffee", "cup of coffee", "mug"),
    "1f388": ("balloon", "party balloon"),
    "1f4a1": ("light bulb", "lightbulb", "bulb"),
    "1f3c6": ("trophy", "golden trophy", "award cup"),
    "1f3af": ("target", "dartboard", "bullseye"),
    "1f4e3": ("megaphone", "bullhorn"),
    "1f6cd": ("shopping bags", "shopping bag"),
    "1f6d2": ("shopping cart", "cart", "trolley"),
    "1f4f1": ("phone", "smartphone", "mobile phone"),
    "1f4bb": ("laptop", "computer", "notebook computer"),
    "1f4f7": ("camera", "photo camera"),
    "1f3a7": ("headphones", "headset"),
    "231a": ("wristwatch", "watch"),
    "1f45f": ("sneaker", "running shoe", "shoe", "trainer"),
    "1f455": ("t-shirt", "shirt", "tee"),
    "1f457": ("dress", "summer dress"),
    "1f460": ("high heel", "heel", "stiletto"),
    "1f45c": ("handbag", "purse"),
    "1f392": ("backpack", "rucksack", "school bag"),
    "1f576": ("sunglasses", "shades"),
    "1f484": ("lipstick",),
    "1f48d": ("ring", "diamond ring", "engagement ring"),
    "1f48e": ("diamond", "gem", "gemstone"),
    "1f451": ("crown", "golden crown"),
    "2b50": ("star", "golden star"),
    "2764": ("heart", "red heart", "love heart"),
    "2601": ("cloud", "white cloud"),
    "1f335": ("cactus",),
    "1f33b": ("sunflower",),
    "1f337": ("tulip", "pink tulip"),
    "1fab4": ("potted plant", "plant", "house plant"),
    "1f384": ("christmas tree", "xmas tree"),
    "1f383": ("pumpkin", "halloween pumpkin", "jack-o-lantern"),
    "1f34e": ("apple", "red apple"),
    "1f34b": ("lemon",),
    "1f349": ("watermelon", "watermelon slice"),
    "1f353": ("strawberry",),
    "1f34d": ("pineapple",),
    "1f951": ("avocado",),
    "1f354": ("burger", "hamburger", "cheeseburger"),
    "1f355": ("pizza", "pizza slice", "slice of pizza"),
    "1f369": ("doughnut", "donut"),
    "1f382": ("birthday cake", "cake"),
    "1f9c1": ("cupcake", "muffin"),
    "1f366": ("ice cream", "ice cream cone"),
    "1f37f": ("popcorn",),
    "1f379": ("cocktail", "tropical drink", "drink"),
    "1f4da": ("books", "stack of books"),
    "1f4c5": ("calendar",),
    "2709": ("envelope", "letter", "mail"),
    "1f4e6": ("parcel", "package", "cardboard box"),
    "1f512": ("padlock", "lock"),
    "1f697": ("car", "red car", "automobile"),
    "1f6b2": ("bicycle", "bike"),
    "2708": ("airplane", "plane"),
    "1f3e0": ("house", "home"),
    "1f3b8": ("guitar", "electric guitar"),
    "1f3ae": ("game controller", "gamepad", "controller"),
    "26bd": ("football", "soccer ball"),
    "1f43c": ("panda", "panda bear"),
    "2602": ("umbrella", "purple umbrella"),
    "23f0": ("alarm clock", "clock"),
}
OBJECT_NAMES: tuple[str, ...] = tuple(names[0] for names in OBJECTS.values())

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (226, 52, 56),
    "orange": (248, 133, 22),
    "yellow": (255, 212, 64),
    "green": (46, 160, 78),
    "mint": (168, 230, 207),
    "teal": (15, 148, 160),
    "blue": (52, 112, 238),
    "navy": (22, 34, 72),
    "purple": (124, 50, 192),
    "pink": (255, 150, 200),
    "beige": (234, 217, 192),
    "white": (248, 248, 250),
    "grey": (150, 156, 164),
    "black": (20, 20, 24),
}
COLOUR_SYNONYMS: dict[str, tuple[str, ...]] = {
    "grey": ("gray",),
    "navy": ("dark blue", "navy blue"),
    "purple": ("violet",),
    "mint": ("mint green",),
    "beige": ("cream",),
    "teal": ("turquoise",),
}

# Backgrounds that take a colour, and the words for them; `{c}` is the colour.
COLOURED: dict[str, tuple[str, ...]] = {
    "plain": ("plain {c} background", "solid {c} background", "flat {c} backdrop", "{c} background"),
    "gradient": ("{c} gradient background", "{c} gradient", "soft {c} gradient backdrop"),
    "spotlight": ("{c} background with a spotlight", "{c} spotlight background", "{c} backdrop, spotlight"),
    "podium": ("{c} product podium", "{c} podium", "{c} podium background", "{c} pedestal in a studio"),
    "confetti": ("{c} background with confetti", "{c} confetti background", "confetti on {c}"),
    "bokeh": ("{c} bokeh background", "{c} background with bokeh lights", "blurred {c} bokeh lights"),
    "stripes": ("{c} striped background", "{c} stripes background", "{c} diagonal stripes"),
    "sunburst": ("{c} sunburst background", "{c} background with sun rays", "retro {c} sunburst"),
    "waves": ("{c} waves background", "abstract {c} waves", "{c} background with wavy shapes"),
}
# Backgrounds with colours of their own.
SCENES: dict[str, tuple[str, ...]] = {
    "night sky": ("night sky", "starry night sky", "night sky with stars"),
    "beach": ("beach", "sunny beach", "beach with sea and sand"),
    "mountains": ("mountains", "mountain landscape", "misty mountains"),
}
BACKGROUNDS: tuple[str, ...] = (*COLOURED, *SCENES)

SIDES: dict[str, tuple[str, ...]] = {
    "left": (
        "on the left",
        "on the left side",
        "left side, copy space on the right",
        "on the left, negative space on the right",
    ),
    "centre": ("in the centre", "centered", "in the center", "centred"),
    "right": (
        "on the right",
        "on the right side",
        "right side, copy space on the left",
        "on the right, negative space on the left",
    ),
}

# Defects a negative prompt can name. Taught with and without the word, so that a plain prompt sometimes shows one.
DEFECTS: dict[str, tuple[str, ...]] = {
    "blurry": ("blurry", "out of focus", "blurred", "low quality"),
    "low contrast": ("low contrast", "washed out", "low quality"),
    "dark": ("dark", "underexposed", "low quality"),
    "watermark": ("watermark", "text", "low quality"),
    "jpeg artifacts": ("jpeg artifacts", "compression artifacts", "low quality"),
}

# Words a marketer writes that change nothing here; in captions so that they do no harm.
FILLERS_BEFORE: tuple[str, ...] = (
    "stunning",
    "beautiful",
    "professional",
    "marketing photo of",
    "hero shot of",
    "product shot of",
    "3d render of",
    "photo of",
    "picture of",
    "illustration of",
    "cute",
    "glossy",
    "modern",
    "studio shot of",
    "minimalist",
    "isolated",
)
FILLERS_AFTER: tuple[str, ...] = (
    "high quality",
    "3d render",
    "soft shadow",
    "studio lighting",
    "clean composition",
    "lots of negative space",
    "copy space",
    "highly detailed",
    "social media banner",
    "advertising",
    "vibrant",
    "minimal",
    "sharp focus",
    "professional photography",
    "soft light",
    "trending",
    "sale banner",
    "web header",
    "4k",
    "clean design",
)


def held_out(object_name: str, background: str) -> bool:
    """Whether this object-background pair is kept from training, for `evaluate.py` (one pair in eight)."""
    i, j = OBJECT_NAMES.index(object_name), BACKGROUNDS.index(background)
    return (i * 5 + j * 3) % 8 == 0
