"""Step 1: the tokenizer: a small byte-pair vocabulary in CLIP's format, learned from the captions of scenes."""

from __future__ import annotations

import json
import string

import numpy as np
from briefs import SHAPES, compose, pick
from captions import caption
from common import parser
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

END = "</w>"
CLIP_WORDS = r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""


def learn(captions: list[str], merges_wanted: int = 2400) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """(vocabulary, merges) as CLIP lays them out: bytes, bytes at a word's end, merges in order, start, end.

    Every byte is in the vocabulary both ways, so that any text at all has tokens.
    """
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix=END))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(CLIP_WORDS), "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=merges_wanted + 400, initial_alphabet=letters, end_of_word_suffix=END, show_progress=False
    )
    tokenizer.train_from_iterator(captions, trainer)
    merges = [tuple(m) for m in json.loads(tokenizer.to_str())["model"]["merges"]][:merges_wanted]
    words = [*letters, *(letter + END for letter in letters), *("".join(m) for m in merges)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    return {word: i for i, word in enumerate(dict.fromkeys(words))}, merges


def build_tokenizer(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> CLIPTokenizer:
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77)


def build_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """A CLIP text model 192 wide, 3 layers deep."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer), hidden_size=192, intermediate_size=768, num_hidden_layers=3, num_attention_heads=3,
            max_position_embeddings=77, projection_dim=192, bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        )
    )  # fmt: skip


def main() -> None:
    o = parser(__doc__.splitlines()[0]).parse_args()
    rng = np.random.default_rng(o.seed)
    captions = [caption(rng, compose(rng, pick(rng, SHAPES))) for _ in range(20_000)]
    # Letters and digits alone, so that unknown words break into letters that were at least seen.
    tokenizer = build_tokenizer(*learn(captions + list(string.ascii_lowercase + string.digits)))
    tokenizer.save_pretrained(o.work / "tokenizer")
    lengths = [len(tokenizer(c).input_ids) for c in captions[:1000]]
    print(f"{len(tokenizer)} tokens; captions take {np.median(lengths):.0f} (median), at most {max(lengths)}")
    again = CLIPTokenizer.from_pretrained(o.work / "tokenizer")
    assert again("a rocket on navy, zyx!").input_ids == tokenizer("a rocket on navy, zyx!").input_ids


if __name__ == "__main__":
    main()
