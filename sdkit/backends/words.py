"""Words into a pipeline: weights and long prompts by compel where the encoders are CLIP; counts; what is stripped or cut.

A plain prompt that fits goes to the pipeline as it is, so that its picture is what diffusers alone would draw. compel is
asked for embeddings of our own spans: its prompt syntax, which differs from that of AUTOMATIC1111, is never read.
"""

from __future__ import annotations

from typing import Any

import torch

from ..prompt.tokens import Count, Tokens
from ..prompt.weights import Span, parse_weights, plain, weighted
from .models import quiet

CLIP_FAMILIES = ("sd1", "sd2", "sdxl")
T5_LIMIT = {"sd3": 256, "flux": 512}  # max_sequence_length as the pipelines have it by default
_ENCODERS = ("", "_2", "_3")


class Words:
    """The words of one loaded pipeline of a `family`."""

    def __init__(self, pipe: Any, family: str) -> None:
        self._pipe, self._family = pipe, family
        self._providers: list[Any] = []

    def count(self, text: str) -> Tokens:
        """The tokens of a prompt for each text encoder."""
        words = plain(text)
        return Tokens(text, tuple(self._count(f"tokenizer{n}", words, text) for n in _ENCODERS if self._has(n)))

    def given(self, prompt: str, negative: str) -> tuple[dict[str, Any], list[str]]:
        """(keywords for the pipeline, what a person should know): the prompts as text, or as embeddings."""
        if self._family not in CLIP_FAMILIES:
            said = {"prompt": plain(prompt) if weighted(prompt) else prompt, "negative_prompt": negative or None}
            notes = []
            for name, text in (("prompt", prompt), ("negative", negative)):
                if weighted(text):
                    notes.append(f"{name}: {self._family} reads no weights; the brackets of {text!r} are left out.")
                    if name == "negative":
                        said["negative_prompt"] = plain(text)
                if text and (cut := self.count(text).cut):
                    notes.append(f"{name}: over the limit of {self._family}, and not read: {cut!r}.")
            return said, notes
        if not any(weighted(text) or self._long(text) for text in (prompt, negative)):
            return {"prompt": plain(prompt), "negative_prompt": plain(negative) or None}, []
        return self._embedded(prompt, negative), []

    # -- counting ------------------------------------------------------------------------------------------------------

    def _has(self, number: str) -> bool:
        return all(getattr(self._pipe, part + number, None) is not None for part in ("tokenizer", "text_encoder"))

    def _long(self, text: str) -> bool:
        return any(count.parts > 1 for count in self.count(text).counts)

    def _count(self, name: str, words: str, text: str) -> Count:
        tokenizer = getattr(self._pipe, name)
        number = name[-1] if name[-1].isdigit() else ""
        clip = "CLIP" in type(tokenizer).__name__
        limit = (tokenizer.model_max_length if clip else T5_LIMIT.get(self._family, 512)) - (2 if clip else 1)
        ids = _ids(tokenizer, words)
        label = f"CLIP {number}".strip() if clip else "T5"
        if clip and self._family in CLIP_FAMILIES:
            return Count(
                label, len(ids), limit, parts=sum(_parts(len(_ids(tokenizer, p)), limit) for p in _between_breaks(text))
            )
        return Count(label, len(ids), limit, cut=tokenizer.decode(ids[limit:]).strip() if len(ids) > limit else "")

    # -- compel --------------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def _embedded(self, prompt: str, negative: str) -> dict[str, Any]:
        """The prompts as embeddings of one length, so that guidance can compare them."""
        with quiet():  # the tokenizer would say that the prompt is too long, which is what we are here for
            return self._joined(prompt, negative)

    def _joined(self, prompt: str, negative: str) -> dict[str, Any]:
        providers = self._compel()
        sides = [[self._side(provider, text) for provider in providers] for text in (prompt, negative)]
        length = max(one.shape[1] for side in sides for one in side)
        positive, unwanted = (
            torch.cat([_padded(one, length, provider) for one, provider in zip(side, providers, strict=True)], dim=-1)
            for side in sides
        )
        out = {"prompt_embeds": positive, "negative_prompt_embeds": unwanted}
        if self._family == "sdxl":
            # The pooled text is one vector a prompt, and CLIP's own: of the first 75 tokens, without weights.
            pooled = [providers[-1].get_pooled_embeddings([plain(text)]).to(positive.dtype) for text in (prompt, negative)]
            out |= {"pooled_prompt_embeds": pooled[0], "negative_pooled_prompt_embeds": pooled[1]}
            if not negative and self._pipe.config.force_zeros_for_empty_prompt:  # as the pipeline does for no negative
                for name in ("negative_prompt_embeds", "negative_pooled_prompt_embeds"):
                    out[name] = torch.zeros_like(out[name])
        return out

    def _side(self, provider: Any, text: str) -> torch.Tensor:
        """One prompt's embeddings, its BREAK parts one after the other."""
        parts: list[list[Span]] = [[]]
        for span in parse_weights(text):
            if span.breaks:
                parts.append([])
            if _ids(provider.tokenizer, span.text):  # compel stumbles over spans of spaces alone
                parts[-1].append(span)
        return torch.cat([self._spans(provider, part) for part in [p for p in parts if p] or [[Span("")]]], dim=1)

    def _spans(self, provider: Any, spans: list[Span]) -> torch.Tensor:
        texts, weights = [span.text for span in spans], [span.weight for span in spans]
        try:
            return provider.get_embeddings_for_weighted_prompt_fragments([texts], [weights], device=provider.device)
        except RuntimeError:
            # compel looks each span up among the tokens, and loses it where a word unknown to the tokenizer meets the end of
            # a part. Then lighter words are scaled only, as heavier ones are.
            ids, scale, mask = provider.get_token_ids_and_expand_weights(texts, weights, device=provider.device)
            made = provider.build_weighted_embedding_tensor(ids, scale, mask, device=provider.device)
            return made.to(provider.text_encoder.dtype)

    def _compel(self) -> list[Any]:
        """compel's providers of embeddings, one an encoder."""
        if not self._providers:
            from compel import EmbeddingsProvider, ReturnedEmbeddingsType, SplitLongTextMode

            kind = ReturnedEmbeddingsType.LAST_HIDDEN_STATES_NORMALIZED
            if self._family == "sdxl":
                kind = ReturnedEmbeddingsType.PENULTIMATE_HIDDEN_STATES_NON_NORMALIZED
            device = self._pipe._execution_device
            self._providers = [
                EmbeddingsProvider(
                    tokenizer=getattr(self._pipe, f"tokenizer{n}"),
                    text_encoder=_Encoder(getattr(self._pipe, f"text_encoder{n}"), device),
                    truncate=False, returned_embeddings_type=kind, device=device, split_long_text_mode=SplitLongTextMode.PHRASES,
                )
                for n in _ENCODERS if self._has(n)
            ]  # fmt: skip
        return self._providers


class _Encoder:
    """A text encoder that says where it computes, not where it rests: offloading keeps it elsewhere between calls."""

    def __init__(self, encoder: Any, device: torch.device) -> None:
        self._encoder, self.device = encoder, device
        self.dtype = encoder.dtype

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._encoder(*given, **named)


def _ids(tokenizer: Any, words: str) -> list[int]:
    return tokenizer(words, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]


def _parts(tokens: int, limit: int) -> int:
    return max(1, -(-tokens // limit))


def _between_breaks(text: str) -> list[str]:
    parts = [""]
    for span in parse_weights(text):
        if span.breaks:
            parts.append("")
        parts[-1] += span.text
    return [part for part in parts if part.strip()] or [""]


def _padded(embeddings: torch.Tensor, length: int, provider: Any) -> torch.Tensor:
    """`embeddings` with those of the empty prompt after them, up to `length` tokens."""
    more = (length - embeddings.shape[1]) // provider.empty_z.shape[1]
    return torch.cat([embeddings, *[provider.empty_z.to(embeddings)] * more], dim=1)
