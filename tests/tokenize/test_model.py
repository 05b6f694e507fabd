from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gristmill.tokenize.model import GPT, ModelParams, document_mask, loss_of, rotary_table, rotate  # noqa: E402
from gristmill.tokenize.packing import IGNORED, pack  # noqa: E402
from tests.tokenize.shard_files import END  # noqa: E402

TOKENS = np.array([[1, 2, END, 3, 4, 5, END, 6, 7], [8, END, 1, 1, 1, 2, 2, 2, END]])


def small_model() -> GPT:
    model = GPT(ModelParams(vocabulary_size=10, layers=2, width=16, heads=2))
    model.initialise(3)
    with torch.no_grad():  # the last layers start at zero, which would hide everything
        for number, weight in enumerate(model.parameters()):
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(number)), alpha=0.1)
    return model


def logits_of(model: GPT, tokens: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> Any:
    batch = pack(tokens, END)
    with torch.no_grad():
        return model(*map(torch.from_numpy, (batch.inputs, batch.positions, batch.documents)))


def test_the_mask_is_that_of_the_loader() -> None:
    batch = pack(TOKENS, END)
    mask = document_mask(torch.from_numpy(batch.documents))
    assert np.array_equal(mask[:, 0].numpy(), batch.mask)


def test_a_document_gets_the_same_logits_beside_any_other() -> None:
    model = small_model()
    together = logits_of(model, TOKENS)
    alone = logits_of(model, np.array([[3, 4, 5, END, 0]]))
    torch.testing.assert_close(together[0, 3:7], alone[0], rtol=1e-4, atol=1e-5)
    changed = TOKENS.copy()
    changed[0, :2] = 9 - changed[0, :2]
    assert torch.equal(logits_of(model, changed)[0, 3:], together[0, 3:])
    assert not torch.allclose(logits_of(model, changed)[0, :3], together[0, :3])


def test_no_token_sees_a_later_one() -> None:
    model = small_model()
    changed = TOKENS.copy()
    changed[1, 5] = 7
    assert torch.equal(logits_of(model, changed)[1, :5], logits_of(model, TOKENS)[1, :5])
    assert not torch.allclose(logits_of(model, changed)[1, 5:], logits_of(model, TOKENS)[1, 5:])


def test_rotation_keeps_lengths_and_depends_on_distance_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    query, key = torch.randn((2, 1, 1, 1, 8), generator=generator)

    def score(first: int, second: int) -> float:
        turned = [rotate(h, rotary_table(torch.tensor([[p]]), 8)) for h, p in ((query, first), (key, second))]
        assert turned[0].norm().item() == pytest.approx(query.norm().item(), rel=1e-5)
        return float((turned[0] * turned[1]).sum())

    assert score(3, 1) == pytest.approx(score(9, 7), abs=1e-4)
    assert score(3, 1) != pytest.approx(score(3, 2), abs=1e-4)


def test_ignored_labels_cost_nothing() -> None:
    logits = torch.randn((1, 3, 5), generator=torch.Generator().manual_seed(0))
    one = loss_of(logits, torch.tensor([[4, IGNORED, IGNORED]]))
    assert one.item() == pytest.approx(-torch.log_softmax(logits[0, 0], 0)[4].item())
    assert loss_of(logits, torch.full((1, 3), IGNORED)).item() == 0.0


def test_an_untrained_model_knows_nothing() -> None:
    model = GPT(ModelParams(vocabulary_size=10))
    model.initialise(0)
    assert torch.equal(logits_of(model, TOKENS), torch.zeros((2, 8, 10)))
