"""After step 5: the mean of what training has made and of the weights it went on from, to train on from once more.

Training on at a high rate learns what is new and forgets fine detail. Weights that lie on the way between the two have a lower
loss than both ends (WiSE-FT, Wortsman et al., 2022), and a few minutes at a low rate from there bring back what is new. Writes
`soup/unet` and `text_encoder`, and sets `train.pt` aside; go on with `train.py --start <work>/soup/unet`.
"""

from __future__ import annotations

import torch
from common import SHIPPED, load_state, parser
from diffusers import UNet2DConditionModel
from train import build_unet
from transformers import CLIPTextModel


def between(old: dict[str, torch.Tensor], new: dict[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """Weights that are `share` (0..1) of the way from old to new; whole numbers are the new ones."""
    return {k: torch.lerp(old[k].float(), v, share) if v.is_floating_point() else v for k, v in new.items()}


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--share", type=float, default=0.5, help="of the way from the old weights to the new")
    o = options.parse_args()
    state = load_state(o.work / "train.pt")
    if state is None:
        raise SystemExit(f"{o.work / 'train.pt'} is not there: run train.py first")
    unet = UNet2DConditionModel.from_pretrained(SHIPPED / "unet")
    encoder = CLIPTextModel.from_pretrained(SHIPPED / "text_encoder", dtype=torch.float32)
    old = torch.nn.ModuleDict({"unet": unet, "encoder": encoder}).state_dict()
    model = torch.nn.ModuleDict({"unet": build_unet(), "encoder": encoder})
    model.load_state_dict(between(old, state["average"], o.share))
    model["unet"].save_pretrained(o.work / "soup" / "unet")
    model["encoder"].save_pretrained(o.work / "text_encoder")
    (o.work / "train.pt").rename(o.work / "train-before.pt")
    print(f"{o.share:.0%} of the way from {SHIPPED} to step {state['step']}: {o.work / 'soup' / 'unet'}")


if __name__ == "__main__":
    main()
