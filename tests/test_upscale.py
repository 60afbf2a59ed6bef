"""studio.upscale, and exports whose pictures are enlarged: recorded, reproducible, and only where they should be."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from sdkit import InputError, ModelError, Studio
from sdkit.backends import checkpoints
from sdkit.backends.networks import Compact
from sdkit.cli import main
from sdkit.result import Made, Result

SQUARE, STORY, SMALL = "instagram-square", "instagram-story", "google-mobile-banner-320x50"


@pytest.fixture
def network(tmp_path):
    """Enlarges by repetition: easy to recognise."""
    network = Compact(8, 1, 4)
    torch.nn.init.zeros_(network.body[-1].weight)
    torch.nn.init.zeros_(network.body[-1].bias)
    save_file(network.state_dict(), tmp_path / "repeat.safetensors")
    return tmp_path / "repeat.safetensors"


@pytest.fixture
def quiet(tmp_path):
    """A Studio whose model is never needed."""
    return Studio(store=tmp_path / "quiet")


def checks(size=(64, 64)):
    """Single pixels of two colours: what Lanczos makes grey and repetition keeps."""
    y, x = np.mgrid[: size[1], : size[0]]
    return Image.fromarray(np.where(((x + y) % 2)[..., None], (250, 120, 20), (20, 60, 200)).astype(np.uint8))


def test_a_picture_is_enlarged_recorded_and_made_again(quiet, network):
    result = quiet.upscale(checks(), model=network, progress=False)
    assert result.image.size == (256, 256)
    assert (np.asarray(result.image) == np.asarray(checks()).repeat(4, 0).repeat(4, 1)).all()
    row = quiet.experiments.frame().iloc[0]
    assert row["model"] == str(network) and (row["width"], row["note"]) == (256, "upscale")
    again = quiet.reproduce(result.path, progress=False)
    assert again.image.tobytes() == result.image.tobytes()
    assert quiet._backend is None  # no diffusion model was loaded for any of it
    other = Compact(8, 1, 4)
    save_file(other.state_dict(), network)
    with pytest.raises(InputError, match="another one now"):
        quiet.reproduce(result.path, progress=False)


def test_any_scale_up_to_its_own_and_transparency_is_kept(quiet, network):
    image = checks((33, 20)).convert("RGBA")
    image.putalpha(Image.new("L", image.size, 128))
    large = quiet.upscale(image, 2.5, model=network, progress=False).image
    assert (large.mode, large.size) == ("RGBA", (82, 50))
    assert set(np.unique(np.asarray(large)[..., 3])) == {128}
    for scale in (1, 5):
        with pytest.raises(InputError, match="scale"):
            quiet.upscale(image, scale, model=network)
    with pytest.raises(InputError, match=r"4096 pixels.*Crop"):
        quiet.upscale(Image.new("RGB", (2000, 10)), model=network)


def test_without_an_embedded_upscaler_a_person_is_told(quiet, monkeypatch, tmp_path):
    monkeypatch.setattr("sdkit.backends.upscaler.embedded", lambda part: tmp_path / part)
    with pytest.raises(ModelError, match="not in this installation"):
        quiet.upscale(checks())


def manifest(kit):
    return {entry["placement"]: entry for entry in json.loads((kit.folder / "manifest.json").read_text())}


def test_an_export_is_cut_from_the_enlarged_picture_where_it_grows(quiet, network, tmp_path):
    photo, asked = checks((320, 320)), [SQUARE, SMALL]
    override = dict.fromkeys(asked, "crop")
    plain = quiet.export(photo, asked, to=tmp_path / "plain", fit=override, progress=False)
    sharp = quiet.export(photo, asked, to=tmp_path / "sharp", fit=override, upscaler=network, progress=False)
    assert {entry["upscaler"] for entry in manifest(plain).values()} == {""}
    assert manifest(sharp)[SQUARE]["upscaler"].startswith(f"{network} ")
    assert manifest(sharp)[SMALL]["upscaler"] == "" and sharp.path(SMALL).read_bytes() == plain.path(SMALL).read_bytes()
    spread = [np.asarray(Image.open(kit.path(SQUARE)).convert("RGB"), float).std() for kit in (plain, sharp)]
    assert spread[1] > 1.05 * spread[0]
    assert b"algorithmicallyEnhanced" in sharp.path(SQUARE).read_bytes()
    assert b"DigitalSourceType" not in plain.path(SQUARE).read_bytes()


@pytest.mark.parametrize("method", ["crop", "pad"])
def test_every_way_to_fill_shows_the_same_part_enlarged_or_not(quiet, network, tmp_path, method):
    soft = checks((4, 4)).resize((256, 256), Image.Resampling.BICUBIC)
    kits = [
        quiet.export(soft, [STORY], to=tmp_path / name, fit={STORY: method}, upscaler=by, progress=False)
        for name, by in (("plain", ""), ("sharp", network))
    ]
    before, after = (np.asarray(Image.open(kit.path(STORY)).convert("RGB").reduce(8), float) for kit in kits)
    assert np.abs(before - after).mean() < 3


def test_pocket_s_pictures_are_enlarged_by_its_own_upscaler_if_it_is_there(quiet, network, tmp_path, monkeypatch):
    request = quiet.upscale(checks(), model=network, progress=False).request
    drawn, other = (Result(checks(), request, Made(model, family="sd1")) for model in ("pocket", "org/name"))

    def upscaler_of(picture, name):
        kit = quiet.export(picture, [SQUARE], to=tmp_path / name, fit={SQUARE: "crop"}, progress=False)
        return manifest(kit)[SQUARE]["upscaler"]

    folder = tmp_path / "assets"
    for where in ("sdkit.upscale", "sdkit.backends.upscaler"):
        monkeypatch.setattr(f"{where}.embedded", lambda part="": folder / part)
    assert upscaler_of(drawn, "without") == ""
    (folder / "upscaler").mkdir(parents=True)
    network.rename(folder / "upscaler" / "model.safetensors")
    assert (
        upscaler_of(drawn, "with") == f"pocket/upscaler {checkpoints.content_hash([folder / 'upscaler' / 'model.safetensors'])}"
    )
    assert upscaler_of(other, "other") == "" and upscaler_of(checks(), "photo") == ""


def test_a_kit_from_before_there_were_upscalers_is_still_a_kit(quiet, tmp_path):
    kit = quiet.export(checks(), [SMALL], to=tmp_path / "kit", fit={SMALL: "crop"}, progress=False)
    entries = [{k: v for k, v in entry.items() if k != "upscaler"} for entry in manifest(kit).values()]
    (kit.folder / "manifest.json").write_text(json.dumps(entries))
    again = quiet.export(checks(), [SMALL], to=tmp_path / "kit", fit={SMALL: "crop"}, progress=False)
    assert manifest(again)[SMALL]["upscaler"] == ""


def test_the_command(network, tmp_path, capsys):
    checks().save(tmp_path / "photo.png")
    store = ["--store", str(tmp_path / "store"), "--quiet"]
    status = main(
        ["upscale", str(tmp_path / "photo.png"), "--upscaler", str(network), "-o", str(tmp_path / "large.png"), *store]
    )
    assert status == 0 and capsys.readouterr().out.strip() == str(tmp_path / "large.png")
    assert Image.open(tmp_path / "large.png").size == (256, 256)
