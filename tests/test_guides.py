"""control= and style_image= of a Studio: what a Request carries of them, and that a picture can be made again from its file."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sdkit import InputError, Studio, canvas, receipts
from sdkit.backends.base import Can
from sdkit.errors import ImageError, MissingExtraError
from sdkit.guides import Guide, named
from sdkit.request import Control, Request
from sdkit.result import Made, Result

sys.path.insert(0, str(Path(__file__).parent / "backends"))

CAN = Can(frozenset({"text2img", "img2img"}), native=(64, 64), controls=frozenset({"canny", "depth"}), style=True)
QUICK = {"steps": 2, "progress": False}


def photo(size=(96, 64), seed=0):
    """A bright box on a dark, slightly noisy ground."""
    grain = np.random.default_rng(seed).integers(0, 12, (size[1], size[0], 3), dtype=np.uint8)
    image = Image.fromarray(grain)
    image.paste((220, 200, 40), (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2))
    return image


def guide(**given):
    return Guide.of(given, CAN, lambda picture: picture)


def test_edges_are_opencvs_canny_at_the_thresholds_that_controlnets_learned():
    import cv2

    found = canvas.edges(photo())
    assert (found.mode, found.size) == ("1", (96, 64))
    white = np.asarray(found)
    assert (white == (cv2.Canny(np.array(photo().convert("L")), 100, 200) > 0)).all()
    assert white[24, 24] or white[24, 23]  # the box's left side
    assert not white[:10].any() and not white[20:28, 28:44].any()  # neither noise nor the box's inside
    assert canvas.edges(found) is found


def test_without_opencv_the_pip_command_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r'opencv-python-headless.*pip install "sdkit\[control\]"'):
        canvas.edges(photo())
    assert canvas.edges(Image.new("1", (8, 8))).size == (8, 8)  # edges that are there need none


def test_a_map_is_laid_over_the_picture():
    depth = photo().convert("L")
    wide = guide(control=("depth", depth, 0.5))
    assert wide.size == (80, 64)  # near the map's proportions and the model's area; no side under 64
    (kept,) = wide.values((96, 64), None)["control"]
    assert (kept.kind, kept.weight) == ("depth", 0.5) and kept.image.tobytes() == depth.tobytes()
    (cropped,) = wide.values((64, 64), None)["control"]
    assert cropped.image.tobytes() == depth.crop((16, 0, 80, 64)).tobytes()  # about its middle, not stretched
    (stretched,) = wide.values((64, 64), photo())["control"]  # already made for this size
    assert stretched is cropped
    (stretched,) = guide(control=("depth", depth)).values((64, 64), photo())["control"]
    assert stretched.image.tobytes() == depth.resize((64, 64)).tobytes()  # as the picture under it is
    (lines,) = guide(control=("canny", photo())).values((96, 64), None)["control"]
    assert lines.image.tobytes() == canvas.edges(photo()).tobytes()


def test_a_style_image_is_kept_small():
    made = guide(style_image=photo((2000, 1000)).convert("RGBA"), style_weight=0.9).values((64, 64), None)
    assert (made["style_image"].mode, made["style_image"].size, made["style_weight"]) == ("RGB", (512, 256), 0.9)
    assert guide().values((64, 64), None) == {"control": ()}


def test_what_control_takes():
    image = photo()
    assert named(None) == []
    assert named(("canny", image)) == named([("canny", image)]) == named(Control("canny", image)) == [("canny", image, 1.0)]
    assert named([("canny", image), ("depth", image, 0.2)])[1] == ("depth", image, 0.2)
    for wrong in ("canny", image, {"canny": image}, 3, ("canny",), [image], [("canny", image, 1, 2)], [(image, "canny")]):
        with pytest.raises(InputError, match="control: got"):
            named(wrong)
    for wrong in (("canny", image, 3), ("canny", image, "much")):
        with pytest.raises(InputError, match=r"control: got .*a number from 0 to 2"):
            guide(control=wrong).values((64, 64), None)
    with pytest.raises(InputError, match=r"control: got 'pose'; allowed: .canny., .depth."):
        guide(control=("pose", "no picture is opened"))
    with pytest.raises(InputError, match="at most 8"):
        Request(prompt="x", control=[("canny", image)] * 9)


def test_a_request_without_guides_is_keyed_as_it_always_was():
    plain = Request(prompt="x")
    assert not {"control", "style_image", "style_weight"} & set(plain.to_dict())
    assert plain.replace(style_weight=1.5).key == plain.key
    keys = {
        plain.replace(**more).key
        for more in (
            {},
            {"control": [("canny", photo())]},
            {"control": [("depth", photo())]},
            {"control": [("canny", photo(), 0.5)]},
            {"control": [("canny", photo(seed=1))]},
            {"style_image": photo()},
            {"style_image": photo(), "style_weight": 1},
        )
    }
    assert len(keys) == 7


def test_a_file_carries_its_maps_and_its_style(monkeypatch):
    request = Request(
        prompt="x", control=[("canny", canvas.edges(photo())), ("depth", photo().convert("L"), 0.4)], style_image=photo(seed=3)
    )
    made = Made("m", guides={"canny": "ab", "depth": "cd", "style": "ef"})
    result = Result(Image.new("RGB", (8, 8)), request, made, 1.0)
    again = receipts.read(receipts.write(result))
    assert (again.request.key, again.made) == (request.key, made)
    assert [c.image.tobytes() for c in again.request.control] == [c.image.tobytes() for c in request.control]
    assert again.request.control[0].image.mode == "1"

    from sdkit.receipts import own

    monkeypatch.setattr(own, "MAX_SOURCES", 10)
    small = receipts.write(result)
    maps, style = [c.image for c in request.control], request.style_image
    with pytest.raises(ImageError, match=r"style_image: .*too large to travel in these bytes: hand it in with style_image="):
        receipts.read(small)
    with pytest.raises(ImageError, match=r"control-1: .*hand it in with control="):
        receipts.read(small, style_image=style, control=maps[:1])
    assert receipts.read(small, style_image=style, control=maps).request.key == request.key
    with pytest.raises(InputError, match=r"control: got .* the image with pixel hash"):
        receipts.read(small, style_image=style, control=maps[::-1])


@pytest.fixture(scope="module")
def guided(tmp_path_factory):
    """(tiny model, its ControlNet, its style adapter, a second ControlNet)"""
    import tiny

    root = tmp_path_factory.mktemp("guided")
    return (
        tiny.tiny_sd1(root / "model"), tiny.tiny_controlnet(root / "net"), tiny.tiny_ip_adapter(root / "adapter"),
        tiny.tiny_controlnet(root / "other", seed=6),
    )  # fmt: skip


def test_a_guided_picture_is_made_again_from_its_file_alone(guided, tmp_path):
    model, net, adapter, other = guided
    studio = Studio(model, controls={"canny": net}, style_adapter=adapter, store=tmp_path / "store")
    photo().save(tmp_path / "photo.png")
    shots = studio.generate(
        "a {rocket|mug}", control=("canny", tmp_path / "photo.png", 0.8), style_image=photo(seed=4), **QUICK
    )
    assert [shot.image.size for shot in shots] == [(80, 64)] * 2
    assert studio.reproduce(shots[0].id, progress=False).image.tobytes() == shots[0].image.tobytes()
    shutil.copy(shots[1].path, tmp_path / "shot.png")
    (tmp_path / "photo.png").unlink()
    assert studio.reproduce(tmp_path / "shot.png", progress=False).image.tobytes() == shots[1].image.tobytes()
    assert set(studio.experiments.open(shots[0].id).made.guides) == {"canny", "style"}
    for wrong, words in (
        ({}, r"control: got 'canny'; allowed: none: no ControlNet.*Studio\(model, controls="),
        ({"controls": {"canny": net}}, "style_image: .*no style adapter"),
        ({"controls": {"canny": other}, "style_adapter": adapter}, "what: got 'a picture with canny weights .*same controls"),
    ):
        with pytest.raises(InputError, match=words):
            Studio(model, store=tmp_path / "store", **wrong).reproduce(shots[0].id, progress=False)


def test_a_model_without_a_control_says_how_to_give_one(studio):
    with pytest.raises(InputError, match=r"control: got 'canny'; allowed: none: no ControlNet was given.*folder or hub id"):
        studio.generate("a lemon", control=("canny", photo()), **QUICK)
    with pytest.raises(InputError, match=r"style_image: .*no style adapter"):
        studio.generate("a lemon", style_image=photo(), **QUICK)
