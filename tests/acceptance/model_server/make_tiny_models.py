# pyright: basic, reportMissingImports=false
"""Makes two tiny models with random weights, in InvokeAI's own environment: `make_tiny_models.py FOLDER`.

`tiny-sd15` and `tiny-sdxl` are diffusers folders as InvokeAI recognises them. Their text encoders are as wide
as the real ones, which InvokeAI asks for; all else is as small as can be, so that a CPU draws within seconds.
"""

import json
import sys
from pathlib import Path

import cpu_only  # noqa: F401 - imported for what it does
import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

START, END = "<|startoftext|>", "<|endoftext|>"
SD1_WIDTH, SDXL_WIDTH, SDXL_SECOND_WIDTH = 768, 2048, 1280
SIZE_FIGURES = 6
"""How many numbers SDXL is told of size and crop."""
TIME_WIDTH = 8


def tokenizer(folder: Path) -> CLIPTokenizer:
    """Of single bytes: it knows no word, and needs none."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = [chr(byte) for byte in plain] + [chr(256 + place) for place in range(len(others))]
    words = [*letters, *(f"{letter}</w>" for letter in letters), START, END]
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({word: place for place, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77, pad_token=END
    )


def text_encoder(width: int, *, projecting: bool = False) -> torch.nn.Module:
    config = CLIPTextConfig(
        vocab_size=514,
        hidden_size=width,
        intermediate_size=width,
        num_hidden_layers=3,
        num_attention_heads=4,
        bos_token_id=512,
        eos_token_id=513,
        pad_token_id=513,
        projection_dim=width,
    )
    return (CLIPTextModelWithProjection if projecting else CLIPTextModel)(config).eval()


def vae() -> AutoencoderKL:
    """Four levels, as InvokeAI counts eight pixels to a latent one; its colours are strengthened."""
    made = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        norm_num_groups=4,
        sample_size=512,
    ).eval()
    with torch.no_grad():
        made.decoder.conv_out.weight.mul_(8)
    return made


def unet(width: int, **more: object) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=64,
        layers_per_block=1,
        block_out_channels=(16, 32),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=width,
        attention_head_dim=4,
        norm_num_groups=4,
        **more,
    ).eval()


def main(folder: Path) -> None:
    torch.manual_seed(0)
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
    )
    sd15 = StableDiffusionPipeline(
        vae=vae(),
        text_encoder=text_encoder(SD1_WIDTH),
        tokenizer=tokenizer(folder / "tokenizer-1"),
        unet=unet(SD1_WIDTH),
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    sd15.save_pretrained(folder / "tiny-sd15")
    sdxl = StableDiffusionXLPipeline(
        vae=vae(),
        text_encoder=text_encoder(SDXL_WIDTH - SDXL_SECOND_WIDTH),
        text_encoder_2=text_encoder(SDXL_SECOND_WIDTH, projecting=True),
        tokenizer=tokenizer(folder / "tokenizer-2"),
        tokenizer_2=tokenizer(folder / "tokenizer-3"),
        unet=unet(
            SDXL_WIDTH,
            addition_embed_type="text_time",
            addition_time_embed_dim=TIME_WIDTH,
            projection_class_embeddings_input_dim=SDXL_SECOND_WIDTH + SIZE_FIGURES * TIME_WIDTH,
        ),
        scheduler=scheduler,
    )
    sdxl.save_pretrained(folder / "tiny-sdxl")


main(Path(sys.argv[1]))
