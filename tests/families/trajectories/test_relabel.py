"""Labels of draws that were shuffled are found again."""

from __future__ import annotations

import numpy as np

from bayespanel.families.trajectories.relabel import relabel


def shuffled(sets: list[np.ndarray], draws: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    classes = sum(map(len, sets))
    base = np.zeros((40, classes))
    for r in range(40):
        own = sets[r % len(sets)]
        base[r, own] = rng.dirichlet(0.3 * np.ones(len(own)))
    membership, orders = np.empty((draws, 40, classes)), np.empty((draws, classes), dtype=int)
    for d in range(draws):
        noisy = np.where(base > 0, base * rng.uniform(0.8, 1.2, base.shape), 0.0)
        noisy /= noisy.sum(axis=1, keepdims=True)
        order = np.arange(classes)
        if d % 4 == 0:
            for own in sets:
                order[own] = rng.permutation(own)
        membership[d], orders[d] = noisy[:, order], order
    return membership, orders


def test_shuffled_labels_are_found_again() -> None:
    for sets in ([np.arange(3)], [np.arange(2), np.arange(2, 5)]):
        membership, orders = shuffled(sets)
        found = relabel(membership, sets)
        back = np.take_along_axis(orders, found, axis=1)
        assert (back == back[1]).all()
        for own in sets:
            assert set(found[0, own]) == set(own)


def test_labels_that_agree_stay() -> None:
    membership, _ = shuffled([np.arange(3)])
    calm = membership[1::4][:, :, :]
    assert (relabel(calm, [np.arange(3)]) == np.arange(3)).all()
