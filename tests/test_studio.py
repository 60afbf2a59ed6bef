"""The Studio as a person uses it, on the embedded model. Two steps a picture: these tests look at files, not at art."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sdkit import InputError, Interrupted, ModelError, PromptError, PromptWarning, SdkitError, Studio

QUICK = {"steps": 2, "progress": False}


def test_variants_times_seeds_prompts_outermost(studio):
    shots = studio.generate("a {rocket|lemon} on {colour}", negative="@clean", seeds=2, colour="navy", experiment="e", **QUICK)
    assert [(str(s.request.prompt), s.request.seed) for s in shots] == [
        ("a rocket on navy", 0), ("a rocket on navy", 1), ("a lemon on navy", 0), ("a lemon on navy", 1),
    ]  # fmt: skip
    assert all("@" not in s.request.negative and "blurry" in s.request.negative for s in shots)
    frame = studio.experiments.frame()
    assert len(frame) == 4 and set(frame["colour"]) == {"navy"} and set(frame["experiment"]) == {"e"}
    assert len(list(studio.experiments.store.folder.rglob("*.png"))) == 4


def test_a_curated_prompt_in_a_style_with_a_slot(studio):
    shots = studio.generate(
        template="sale-banner", product="sneaker", style="render", colour="red", side="on the left", **QUICK
    )
    frame = studio.experiments.frame()
    assert len(shots) == 1 and set(frame["product"]) == {"sneaker"} and set(frame["style"]) == {"render"}
    assert "sneaker, red sunburst background" in shots[0].request.prompt.text and "blurry" in shots[0].request.negative


def test_flags_of_midjourney_are_followed_and_said(studio):
    with pytest.warns(PromptWarning) as said:
        shots = studio.generate("a rocket --ar 2:1 --no text --seed 41", seeds=2, **QUICK)
    assert [s.request.seed for s in shots] == [41, 42] and shots[0].request.negative == "text"
    assert shots[0].image.size[0] > 1.8 * shots[0].image.size[1] and shots[0].request.prompt.text == "a rocket"
    assert len(said) == 3
    with pytest.warns(PromptWarning):
        (own,) = studio.generate("a rocket --ar 2:1 --seed 41", seeds=[3], size=(128, 128), **QUICK)
    assert own.request.seed == 3 and own.image.size == (128, 128)


def test_what_works_against_itself_is_said_once_and_drawn(studio, pocket, tmp_path):
    with pytest.warns(PromptWarning) as said:
        studio.generate("a {rocket|lemon}, blurry", negative="blurry", **QUICK)
    assert len(said) == 1 and "negative" in str(said[0].message)
    with pytest.warns(PromptWarning, match="banned"):
        Studio(store=tmp_path / "b", backend=pocket, banned=["Acme"]).generate("an acme rocket", **QUICK)


def test_a_plain_prompt_says_nothing(studio, recwarn):
    studio.generate("a {rocket|lemon} on a mint gradient background", negative="@clean", **QUICK)
    assert not [w for w in recwarn if issubclass(w.category, PromptWarning)]


def test_samples_rows_weights_and_long_prompts_draw(studio):
    assert len(studio.generate("a {9::rocket|lemon|star} on __pocket/colours__", sample=2, sample_seed=3, **QUICK)) == 2
    rows = [{"product": "lemon", "price": 3}, {"product": "star", "price": 4}]
    assert [str(s.request.prompt) for s in studio.generate("a {product}", rows=rows, **QUICK)] == ["a lemon", "a star"]
    plain, heavy, long = studio.generate(
        ["a lemon on mint", "a (lemon:1.4) on mint", "a lemon on mint" + "".join(f", soft light {i}" for i in range(40))],
        **QUICK,
    )
    assert len({shot.image.tobytes() for shot in (plain, heavy, long)}) == 3
    again = studio.reproduce(heavy.path)
    assert again.image.tobytes() == heavy.image.tobytes()


def test_tokens_are_counted_and_nothing_is_cut(studio):
    tokens = studio.tokens("a {lemon|very, very long lemon} on mint")
    assert tokens.text == "a very, very long lemon on mint" and tokens.counts[0].limit == 75 and not tokens.cut
    assert "of 75 tokens, nothing cut" in repr(tokens)
    assert studio.tokens("soft light, " * 60).counts[0].parts > 1


def test_ones_own_templates_folder(pocket, tmp_path):
    (tmp_path / "mine" / "wildcards").mkdir(parents=True)
    (tmp_path / "mine" / "wildcards" / "heroes.txt").write_text("lemon\nstar")
    studio = Studio(store=tmp_path / "store", backend=pocket, templates=tmp_path / "mine")
    assert [str(s.request.prompt) for s in studio.generate("a __heroes__", **QUICK)] == ["a lemon", "a star"]


def test_a_picture_depends_on_its_own_seed_alone(studio):
    """Not on what was drawn before it in the same call."""
    together = studio.generate("a lemon on mint", seeds=[3, 4], **QUICK)
    alone = studio.generate("a lemon on mint", seeds=[4], **QUICK)
    assert together[1].image.tobytes() == alone[0].image.tobytes()
    assert together[0].image.tobytes() != together[1].image.tobytes()


def test_the_picture_is_what_plain_diffusers_draws(studio, pocket):
    import torch
    from diffusers import StableDiffusionPipeline

    from sdkit.backends.models import resolve

    shot = studio.generate("a rocket on a navy background", negative="blurry", seeds=[5], **QUICK)[0]
    pipe = StableDiffusionPipeline.from_pretrained(resolve("pocket").path)
    pipe.set_progress_bar_config(disable=True)
    bare = pipe(
        "a rocket on a navy background", negative_prompt="blurry", num_inference_steps=2, guidance_scale=pocket.can.guidance,
        generator=torch.Generator("cpu").manual_seed(5),
    ).images[0]  # fmt: skip
    assert bare.tobytes() == shot.image.tobytes()


@pytest.mark.parametrize("size", [(256, 256), (384, 192), (192, 384)])
def test_sizes(studio, size):
    assert studio.generate("a rocket", size=size, **QUICK)[0].image.size == size


def test_progress_counts_every_step_to_the_end(studio):
    seen = []
    studio.generate("a {lemon|rocket}", steps=3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i, 6) for i in range(1, 7)]


def test_stopping_keeps_what_is_finished(studio):
    stop = threading.Event()

    def progress(done, total):
        if done == 3:  # in the middle of the second picture
            stop.set()

    with pytest.raises(Interrupted):
        studio.generate("a rocket", seeds=3, steps=2, progress=progress, stop=stop)
    frame = studio.experiments.frame()
    assert list(frame["seed"]) == [0]
    again = studio.generate("a rocket", seeds=[1], **QUICK)  # and the model still works
    assert len(again) == 1


def test_ctrl_c_keeps_what_is_finished(studio):
    def progress(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        studio.generate("a rocket", seeds=3, steps=2, progress=progress)
    assert len(studio.experiments) == 1


def test_ctrl_c_while_a_picture_is_being_recorded_waits_for_it(pocket, tmp_path):
    class Disturbed(Studio):
        def _keep(self, *given):
            os.kill(os.getpid(), signal.SIGINT)
            return super()._keep(*given)

    studio = Disturbed(store=tmp_path / "store", backend=pocket)
    with pytest.raises(KeyboardInterrupt):
        studio.generate("a rocket", seeds=3, **QUICK)
    assert list(studio.experiments.frame()["seed"]) == [0]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_reproduce_from_row_id_and_png_alone(studio, tmp_path, pocket):
    shot = studio.generate("a {trophy|lemon} on mint", negative="@clean", seeds=[9], guidance=3, **QUICK)[1]
    row = studio.experiments.frame().iloc[1]
    png = tmp_path / "mailed.png"
    png.write_bytes(Path(shot.path).read_bytes())
    elsewhere = Studio(store=tmp_path / "elsewhere", backend=pocket)
    for again in (
        studio.reproduce(row, progress=False),
        studio.reproduce(shot.id, progress=False),
        elsewhere.reproduce(png, progress=False),
        elsewhere.reproduce(str(png), progress=False),
    ):
        assert again.image.tobytes() == shot.image.tobytes()
        assert again.request.key == shot.request.key


def test_outpaint_is_exact_keeps_the_picture_and_can_be_made_again(studio):
    shot = studio.generate("a rocket on a navy gradient background", **QUICK)[0]
    wide = studio.outpaint(shot, (640, 256), anchor="right", **QUICK)
    assert wide.image.size == (640, 256)
    assert wide.image.crop((384, 0, 640, 256)).tobytes() == shot.image.tobytes()
    assert "rocket" not in str(wide.request.prompt) and "rocket" in wide.request.negative
    assert studio.reproduce(wide.id, progress=False).image.tobytes() == wide.image.tobytes()
    assert studio.outpaint(shot.path, (300, 77), progress=False, steps=2).image.size == (300, 77)  # no multiple of anything


def test_inpaint_changes_nothing_under_black(studio):
    shot = studio.generate("a rocket on a navy gradient background", **QUICK)[0]
    mask = Image.new("L", shot.image.size, 0)
    mask.paste(255, (0, 0, 100, 256))
    painted = studio.generate("a lemon", image=shot, mask=mask, **QUICK)[0]
    before, after, keep = np.asarray(shot.image), np.asarray(painted.image), np.asarray(mask) == 0
    assert np.array_equal(before[keep], after[keep])
    assert not np.array_equal(before[~keep], after[~keep])


def test_img2img_takes_a_photo_of_any_size(studio, tmp_path):
    Image.effect_noise((301, 199), 90).convert("RGB").save(tmp_path / "photo.jpg")
    shot = studio.generate("a lemon", image=tmp_path / "photo.jpg", strength=0.5, steps=4, progress=False)[0]
    assert shot.image.size == (304, 200)
    assert studio.reproduce(shot.path, progress=False).image.tobytes() == shot.image.tobytes()


def test_so_little_strength_that_no_step_is_left_takes_one(studio):
    start = Image.new("RGB", (256, 256), "orange")
    seen = []
    studio.generate("a lemon", image=start, strength=0.01, steps=3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1)]


def test_a_sheet_in_a_notebook_a_summary_in_a_terminal(studio):
    shots = studio.generate("a {lemon|<b>rocket</b>}", seeds=2, **QUICK)
    html = shots._repr_html_()
    assert html.count("<img ") == 4 and "<b>rocket" not in html and "seed 1" in html
    assert "4 pictures of 256 x 256 by pocket: 2 prompts x 2 seeds" in repr(shots)
    assert shots.sheet().size[0] > 512


def test_export_end_to_end(studio, tmp_path):
    shot = studio.generate("a rocket on a navy gradient background", **QUICK)[0]
    kit = studio.export(
        shot, ["instagram-square", "linkedin-page-cover", "instagram-story"], to=tmp_path / "kit", progress=False
    )
    manifest = json.loads((tmp_path / "kit" / "manifest.json").read_text())
    assert {m["placement"] for m in manifest} == {"instagram-square", "linkedin-page-cover", "instagram-story"}
    for entry in manifest:
        path = tmp_path / "kit" / entry["path"]
        assert Image.open(path).size == (entry["width"], entry["height"])
        assert path.stat().st_size == entry["bytes"] <= entry["byte_limit"]
        assert entry["seed"] == shot.request.seed and entry["prompt"] == str(shot.request.prompt) and entry["reason"]
    assert next(m for m in manifest if m["placement"] == "linkedin-page-cover")["method"] == "outpaint"
    assert kit.page.exists()


def test_a_picture_from_elsewhere_can_be_exported(studio, tmp_path):
    Image.effect_noise((640, 400), 60).convert("RGB").save(tmp_path / "photo.png")
    kit = studio.export(tmp_path / "photo.png", "open-graph", to=tmp_path / "kit", progress=False)
    assert len(kit.entries) == 1


BAD = [
    ({"prompt": ""}, PromptError, "prompt"),
    ({"prompt": None}, PromptError, "prompt"),
    ({"prompt": 7}, PromptError, "prompt"),
    ({"prompt": "a {rocket"}, PromptError, "prompt"),
    ({"prompt": "{a|b|c|d|e|f|g|h}" * 4}, PromptError, "4,?096.*limit"),
    ({"negative": "@no-such-list"}, PromptError, "negative"),
    ({"seeds": 0}, InputError, "seeds"),
    ({"seeds": []}, InputError, "seeds"),
    ({"seeds": "12"}, InputError, "seeds"),
    ({"seeds": [-1]}, InputError, "seeds"),
    ({"size": (0, 256)}, InputError, "size"),
    ({"size": (256, 5000)}, InputError, "size.*4096"),
    ({"size": (250, 256)}, InputError, r"size.*nearest it can do is \(248, 256\)"),
    ({"size": 256}, InputError, "size"),
    ({"steps": 0}, InputError, "steps"),
    ({"steps": 2.5}, InputError, "steps"),
    ({"guidance": -1}, InputError, "guidance"),
    ({"guidance": float("nan")}, InputError, "guidance"),
    ({"scheduler": "Euler"}, InputError, "scheduler.*EulerDiscreteScheduler"),
    ({"image": "no-such-file.png"}, SdkitError, "image.*no-such-file"),
    ({"image": __file__ + ".png"}, SdkitError, "image"),
    ({"strength": 0, "image": Image.new("RGB", (64, 64))}, InputError, "strength"),
    ({"mask": Image.new("L", (64, 64))}, InputError, "mask"),
    ({"image": Image.new("RGB", (64, 64)), "mask": Image.new("L", (65, 64))}, InputError, "mask"),
]


@pytest.mark.parametrize(("given", "error", "message"), BAD, ids=lambda v: "" if isinstance(v, type) else str(v)[:40])
def test_bad_input_is_named_and_changes_nothing(studio, given, error, message):
    with pytest.raises(error, match=f"(?s){message}") as caught:
        studio.generate(**{"prompt": "a rocket", **QUICK, **given})
    assert isinstance(caught.value, SdkitError)
    assert len(studio.experiments) == 0


def test_bad_outpaints_and_exports(studio, tmp_path):
    picture = Image.new("RGB", (64, 64))
    for call in (
        lambda: studio.outpaint(picture, (64, -1)),
        lambda: studio.outpaint(picture, (128, 64), anchor="up"),
        lambda: studio.outpaint(tmp_path / "none.png", (128, 64)),
        lambda: studio.reproduce("i999999"),
        lambda: studio.reproduce(tmp_path / "none.png"),
        lambda: studio.export(picture, "instagram-sqare", to=tmp_path / "kit"),
        lambda: studio.export(picture, "all", to=tmp_path / "kit", focus=(2, 0)),
        lambda: studio.export(picture, "instagram-square", to=tmp_path / "kit", fit={"instagram-square": "squash"}),
    ):
        with pytest.raises(InputError):
            call()
    with pytest.raises(InputError, match=r"Did you mean.*instagram-square"):
        studio.export(picture, "instagram-sqare", to=tmp_path / "kit")
    assert len(studio.experiments) == 0 and not (tmp_path / "kit").exists()


def test_models_that_are_not_there(tmp_path):
    for model in (tmp_path / "none.safetensors", tmp_path, "../x", "a b c"):
        with pytest.raises(ModelError):
            Studio(model, store=tmp_path / "store").generate("a rocket")


def test_a_store_that_cannot_be_written_is_said_at_once(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SdkitError, match="file"):
        Studio(store=tmp_path / "file" / "store")


FULL_DISK = """
import resource, sys
from sdkit import SdkitError, Studio
studio = Studio(store=sys.argv[1])
studio.generate("a rocket", steps=1, progress=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))  # from here no file grows past 4 kB
try:
    studio.generate("a lemon", steps=1, progress=False)
except SdkitError as error:
    print(type(error).__name__)
"""


@pytest.mark.slow
def test_a_full_disk_is_an_error_and_costs_nothing(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL_DISK, tmp_path / "s"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "StoreError", done.stderr
    frame = Studio(store=tmp_path / "s").experiments.frame()
    assert list(frame["prompt"]) == ["a rocket"]


KILLED = """
import os, signal, sys
from sdkit import Studio
def progress(done, total):
    if done == 3:
        os.kill(os.getpid(), signal.SIGKILL)
Studio(store=sys.argv[1]).generate("a rocket", seeds=3, steps=2, progress=progress)
"""


@pytest.mark.slow
def test_a_kill_in_the_middle_keeps_what_is_finished(tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path / "s"], env={**os.environ})
    assert done.returncode == -signal.SIGKILL
    studio = Studio(store=tmp_path / "s")
    frame = studio.experiments.frame()
    assert list(frame["seed"]) == [0] and Image.open(frame["path"][0]).size == (256, 256)
