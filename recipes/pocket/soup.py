"""After step 5: the mean of what training has made and of older weights, to ship or to train on from once more.

Training on at a high rate learns what is new and forgets fine detail. Weights that lie on the way between the two have a lower
loss than both ends (WiSE-FT, Wortsman et al., 2022). Writes `soup.pt` for assemble.py; and `soup/unet` and `text_encoder` for
`train.py --start <work>/soup/unet`, for which it sets `train.pt` aside as `train-before.pt`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from common import SHIPPED, load_state, parser, save_state
from diffusers import UNet2DConditionModel
from train import build_unet
from transformers import CLIPTextModel

Weights = dict[str, torch.Tensor]


def between(old: Weights, new: Weights, share: float) -> Weights:
    """Weights that are `share` (0..1) of the way from old to new; whole numbers are the new ones."""
    return {k: torch.lerp(old[k].float(), v.float(), share) if v.is_floating_point() else v for k, v in new.items()}


def weights_of(path: Path) -> tuple[Weights, int]:
    """UNet and text encoder of a checkpoint of train.py, or of a pipeline's folder; and the steps of the checkpoint."""
    if path.is_dir():
        unet = UNet2DConditionModel.from_pretrained(path / "unet")
        encoder = CLIPTextModel.from_pretrained(path / "text_encoder", dtype=torch.float32)
        return torch.nn.ModuleDict({"unet": unet, "encoder": encoder}).state_dict(), 0
    state = load_state(path)
    if state is None:
        sys.exit(f"{path} is not there: run train.py first")
    return state["average"], state["step"]


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--old", type=Path, default=SHIPPED, help="a pipeline's folder or a checkpoint (default: what ships)")
    options.add_argument("--new", type=Path, help="likewise (default: train.pt of the working folder)")
    options.add_argument("--share", type=float, default=0.5, help="of the way from the old weights to the new")
    o = options.parse_args()
    (old, before), (new, after) = weights_of(o.old), weights_of(o.new or o.work / "train.pt")
    mixed = between(old, new, o.share)
    save_state(o.work / "soup.pt", average=mixed, step=before + after)
    encoder = CLIPTextModel.from_pretrained(SHIPPED / "text_encoder", dtype=torch.float32)
    model = torch.nn.ModuleDict({"unet": build_unet(), "encoder": encoder})
    model.load_state_dict(mixed)
    model["unet"].save_pretrained(o.work / "soup" / "unet")
    model["encoder"].save_pretrained(o.work / "text_encoder")
    if (o.work / "train.pt").exists():
        (o.work / "train.pt").rename(o.work / "train-before.pt")
    print(f"{o.share:.0%} of the way, {before + after} steps in all: {o.work / 'soup.pt'} and {o.work / 'soup' / 'unet'}")


if __name__ == "__main__":
    main()
