"""The random numbers that are hashed from an observation: the same by hand, and changed by the
last bit of any entry."""

import numpy as np
import pytest
import torch
from fastcore.test import test_close as assert_close
from fastcore.test import test_eq as assert_equal

from dogfight_nb.features import (
    _ODD_WEIGHTS,
    _ROUND_KEYS,
    HASHED_ENTRIES,
    SIGN_KEYS,
    torch_hashed_uniforms,
)
from dogfight_nb.onnx_pilot import sample_observations
from dogfight_nb.physics import OBSERVATION_SIZE


@pytest.fixture(scope="module")
def seen():
    "Observations of fights, float32 [n, 224]."
    return sample_observations(n=100, decisions=60)


def hashed(observations):
    return torch_hashed_uniforms(torch.from_numpy(observations)).numpy()


def slow_uniforms(row):
    "`hashed_uniforms` with Python's whole numbers, of one observation."
    entries = []
    for k, entry in enumerate(HASHED_ENTRIES):
        places = int(abs(float(row[entry])) * 2**36) % 2**36
        a, b, c = places >> 24, places >> 12 & 4095, places & 4095
        b = (a + b + int(SIGN_KEYS[int(row[entry] < 0)][k]) + c * c // 64) % 4096
        entries.append((b, (c + b * b // 64) % 4096))
    answer = []
    for head in range(3):
        upper, lower = (
            sum(e[part] * int(_ODD_WEIGHTS[part, head, k]) for k, e in enumerate(entries)) % 4096
            for part in (0, 1)
        )
        for key in _ROUND_KEYS:
            upper, lower = lower, (upper + int(key[head]) + lower * lower // 64) % 4096
        answer.append((upper * 4096 + lower) / 2**24)
    return answer


def test_hashed_uniforms_by_hand(seen):
    wild = np.random.default_rng(0).normal(0, 3, (100, OBSERVATION_SIZE))
    zeros, huge = np.zeros((1, OBSERVATION_SIZE)), np.full((1, OBSERVATION_SIZE), 3e38)
    rows = np.concatenate([seen[::60], wild, zeros, huge]).astype(np.float32)
    assert_equal(hashed(rows), np.array([slow_uniforms(row) for row in rows], np.float32))


def test_one_bit_changes_all_hashed_uniforms(seen):
    "The last bit of one entry, whichever it is, changes all three numbers by a third on average."
    rows, changes = seen[::5], []
    base = hashed(rows)
    for entry in HASHED_ENTRIES:
        other = rows.copy()
        other[:, entry] = np.nextafter(other[:, entry], np.float32(2))
        large = np.abs(rows[:, entry]) > 2**-12  # of smaller ones, the last bits are not hashed
        apart = np.abs(hashed(other) - base)[large]
        assert (apart > 0).all(), entry
        changes.append(apart)
        assert_close(apart.mean(0), [1 / 3] * 3, 1.2 / len(apart) ** 0.5)
    assert_close(np.concatenate(changes).mean(0), [1 / 3] * 3, 0.005)
