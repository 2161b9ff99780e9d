"""What visitors like of whom no more than the age is known: popularity, alone or by age.

The affinity of an age to an item is the share of likes among users of about this age, each
weighted by a Gaussian of the difference in log years, as if `people` more users of mean taste
stood there too: where few of an age are known, the mean decides (Nadaraya 1964 and Watson 1964 for
the kernel, James and Stein 1961 for the shrinkage).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.values import AGE_BAND_STARTS

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kernel:
    """width: standard deviation in log years. people: strength of the mean, in users.
    other_gender: weight of users of the other gender; 1 leaves gender out."""

    width: float
    people: float
    other_gender: float = 1.0


def shrunk_share(weights: Matrix, likes: Matrix, people: float) -> Matrix:
    """(N, I) the weighted share of likes, shrunk to the plain one by so many users of the mean.

    weights: (N, U) of the users for each question. likes: (U, I).
    """
    mean = likes.mean(axis=0)
    return (weights @ likes + people * mean) / (weights.sum(axis=1, keepdims=True) + people)


def by_age(
    asked: tuple[Matrix, NDArray[np.bool_]],
    known: tuple[Matrix, NDArray[np.bool_]],
    likes: Matrix,
    kernel: Kernel,
) -> Matrix:
    """(N, I) affinities of N visitors. asked, known: ages and genders of the visitors and of the
    (U,) users whose (U, I) likes are known."""
    (age, female), (ages, females) = asked, known
    gap = np.log(age)[:, None] - np.log(ages)[None]
    weights = np.exp(-0.5 * (gap / kernel.width) ** 2)
    weights[female[:, None] != females[None]] *= kernel.other_gender
    return shrunk_share(weights, likes, kernel.people)


def by_age_group(age: Matrix, ages: Matrix, likes: Matrix, people: float) -> Matrix:
    """(N, I) affinities by the kiosk's age bands instead of a kernel."""
    group, groups = np.digitize(age, AGE_BAND_STARTS), np.digitize(ages, AGE_BAND_STARTS)
    return shrunk_share((group[:, None] == groups[None]).astype(float), likes, people)
