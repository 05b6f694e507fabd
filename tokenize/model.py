"""A small GPT, just enough to learn from shards: RMS norms, rotary positions, attention within documents only.

Only `pretrain` imports this module, and only when it runs: it needs torch, which is an extra.
Shapes: B sequences, L tokens, D width, H heads, V ids.
"""

from typing import cast

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own abbreviation

from gristmill.core.params import Params
from gristmill.tokenize.packing import IGNORED

_ROTARY_BASE = 10_000.0  # Su et al. 2021, arXiv:2104.09864


class ModelParams(Params):
    """Shape of the model; the defaults train 30 steps on two CPU cores in seconds."""

    vocabulary_size: int = Field(ge=2)
    """Number of ids."""

    layers: int = Field(default=2, ge=1)
    """Transformer blocks."""

    width: int = Field(default=128, ge=2)
    """Values that stand for a token."""

    heads: int = Field(default=4, ge=1)
    """Attention heads; width / heads must be even."""


class GPT(nn.Module):
    """Token ids to the logits of the next ones."""

    def __init__(self, params: ModelParams) -> None:
        super().__init__()
        self.embedding = nn.Embedding(params.vocabulary_size, params.width)
        self.blocks = nn.ModuleList(Block(params.width, params.heads) for _ in range(params.layers))
        self.head = nn.Linear(params.width, params.vocabulary_size, bias=False)
        self._head_width = params.width // params.heads

    def initialise(self, seed: int) -> None:
        """Draw all weights from a seed: normal, 1/√fan-in; what is added to the residual stream starts at zero."""
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, weight in self.named_parameters():
                if name.endswith(("attention_out.weight", "mlp_out.weight", "head.weight")):
                    weight.zero_()
                else:
                    deviation = 1.0 if name.startswith("embedding") else weight.shape[1] ** -0.5
                    weight.normal_(0.0, deviation, generator=generator)

    def forward(self, inputs: Tensor, positions: Tensor, documents: Tensor) -> Tensor:
        """Logits [B, L, V] of the next tokens, from ids, positions in documents and document numbers, each [B, L]."""
        rotary = rotary_table(positions, self._head_width)
        mask = document_mask(documents)
        hidden = norm(self.embedding(inputs))
        for block in self.blocks:
            hidden = block(hidden, rotary, mask)
        return cast(Tensor, self.head(norm(hidden)))


class Block(nn.Module):
    """Attention, then a squared-ReLU MLP, each added to what came in (So et al. 2021, arXiv:2109.08668)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self._heads = heads
        self.attention_in = nn.Linear(width, 3 * width, bias=False)
        self.attention_out = nn.Linear(width, width, bias=False)
        self.mlp_in = nn.Linear(width, 4 * width, bias=False)
        self.mlp_out = nn.Linear(4 * width, width, bias=False)

    def forward(self, hidden: Tensor, rotary: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        """Map [B, L, D] to [B, L, D]."""
        batch, length, width = hidden.shape
        mixed = self.attention_in(norm(hidden)).view(batch, length, 3, self._heads, width // self._heads)
        query, key, value = (part.transpose(1, 2) for part in mixed.unbind(2))  # [B, H, L, D / H]
        query, key = (rotate(norm(heads), rotary).to(value.dtype) for heads in (query, key))
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        hidden = hidden + self.attention_out(seen.transpose(1, 2).reshape(batch, length, width))
        return cast(Tensor, hidden + self.mlp_out(F.relu(self.mlp_in(norm(hidden))).square()))


def norm(hidden: Tensor) -> Tensor:
    """RMS norm without weights over the last dimension."""
    return F.rms_norm(hidden, (hidden.size(-1),))


def document_mask(documents: Tensor) -> Tensor:
    """What each token sees: itself and the tokens before it in its document; bool [B, 1, L, L] from numbers [B, L]."""
    same = documents[:, :, None] == documents[:, None, :]
    return same.tril()[:, None]


def rotary_table(positions: Tensor, head_width: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines [B, 1, L, head_width / 2] of positions [B, L]."""
    places = torch.arange(0, head_width, 2, device=positions.device, dtype=torch.float32)
    angles = positions[:, None, :, None].float() * _ROTARY_BASE ** (-places / head_width)
    return angles.cos(), angles.sin()


def rotate(heads: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
    """Turn pairs (i, i + half) of [B, H, L, D / H] by their positions' angles; float32 comes out."""
    cosine, sine = rotary
    first, second = heads.float().chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


def loss_of(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy in nats over the labels that are not ignored; 0 where all are."""
    total = F.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum")
    return total / (labels != IGNORED).sum().clamp(min=1)
