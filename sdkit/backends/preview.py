"""What a picture looks like while it is denoised, for next to nothing."""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image

_SIDE = 256  # pixels, the longest side of a preview
_DECODED = 16  # latents a side that a tiny autoencoder is given: half the picture's detail at a quarter of the time
_TAUGHT_ON = (8, 16)  # fields of latents, and their side, from which the matrix is learnt


class Previews:
    """Previews of one pipeline's latents.

    A tiny autoencoder decodes them, made smaller. For any other its decoder is stood in for by one small matrix, latents to
    colours: the linear map that explains it best, fitted by least squares when the first preview is asked for, on what the
    decoder makes of smooth fields of noise. So it holds for models that no one listed.
    """

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._map: torch.Tensor | None = None

    def picture(self, latents: Any) -> Image.Image | None:
        """The first of `latents` (batch, channels, height, width) as RGB, at most 256 pixels a side.

        None where they are of another shape, as FLUX packs them.
        """
        if not isinstance(latents, torch.Tensor) or latents.ndim != 4 or latents.shape[1] != self._channels:
            return None
        with torch.no_grad():
            z = latents[:1].detach()
            z = z / max(1.0, float(z.float().std()))  # some schedulers carry their noise at many times the picture's scale
            rgb = self._decoded(z) if self._tiny else self._mapped(z)
            image = Image.fromarray((rgb.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy())
        scale = min(8.0, _SIDE / max(image.size))
        return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)

    @property
    def _tiny(self) -> bool:
        return type(self._pipe.vae).__name__ == "AutoencoderTiny"

    @property
    def _channels(self) -> int:
        return int(getattr(self._pipe.vae.config, "latent_channels", 0))

    def _decoded(self, z: torch.Tensor) -> torch.Tensor:
        """(3, height, width), 0 to 1: by the decoder."""
        shrink = max(1, max(z.shape[2:]) // _DECODED)
        return self._decode(torch.nn.functional.avg_pool2d(z, shrink))[0]

    def _mapped(self, z: torch.Tensor) -> torch.Tensor:
        """(3, height, width), 0 to 1: by the matrix."""
        if self._map is None:
            self._map = self._fitted()
        z = z[0].float().cpu()
        return (self._map[:-1].T @ z.flatten(1) + self._map[-1][:, None]).view(3, *z.shape[1:])

    def _decode(self, z: torch.Tensor) -> torch.Tensor:
        vae = self._pipe.vae
        first = next(vae.parameters())
        z = z / vae.config.scaling_factor + (getattr(vae.config, "shift_factor", None) or 0.0)
        return (vae.decode(z.to(first.device, first.dtype)).sample.float() + 1) / 2

    def _fitted(self) -> torch.Tensor:
        """(channels + 1, 3): what each channel adds to red, green and blue, 0 to 1; and last, what zeros look like."""
        chance, (many, side) = torch.Generator().manual_seed(0), _TAUGHT_ON
        fields = [
            torch.nn.functional.interpolate(
                torch.randn(many, self._channels, n, n, generator=chance), size=(side, side), mode="bilinear"
            )
            for n in (2, 4, side)
        ]
        z = fields[0] + 0.7 * fields[1] + 0.2 * fields[2]
        z = z / z.std()
        colours = torch.nn.functional.adaptive_avg_pool2d(self._decode(z).clamp(0, 1).cpu(), (side, side))
        rows = z.permute(0, 2, 3, 1).reshape(-1, self._channels)
        rows = torch.cat([rows, torch.ones(len(rows), 1)], 1)
        return torch.linalg.lstsq(rows, colours.permute(0, 2, 3, 1).reshape(-1, 3)).solution
