"""How networks are trained: the recipes of the shipped network and of its teachers.

A schedule is a sequence of recipes; each run starts from the best network of the one before (warm
restarts, as in Loshchilov and Hutter 2017).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tools.datasets.augment import Augmentation
from tools.training.architectures import VGG, Residual
from tools.training.networks import Architecture, Design
from tools.training.precision import fastest_policy
from tools.training.soft_targets import VIEW_AUGMENTATION, SoftTargets


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a run depends on except the data.

    rate: the highest learning rate of AdamW, reached after `warmup_epochs`, then cosine decay.
    decay: weight decay. average: momentum of the running average of the weights, per step.
    patience: epochs without a better one before the run ends. loss_weights: by head. votes_share:
    share of FER+ votes in the emotion target. rare: how often an epoch shows a face of a class with
    less than a tenth of the largest class's faces. mixup: alpha of the Beta distribution of Zhang
    et al. 2018; 0: none. policy: Keras dtype policy of the training step. variation: augmentation;
    with soft targets, views are drawn as those say, and lightly augmented. last_stage: only the
    last stage and what follows it are trained, at 0.4 times the cost; `start` gives the rest.

    soft_share: share of the soft targets in the target of a labelled head. soft_weight: weight of a
    head without a label, whose target is the soft one. external_share, external_unlabelled: share
    of the teacher of other data in the soft emotions of faces with and without a label. neutral:
    factor of that teacher's probability of neutral, which it predicts too rarely on the development
    set. rare_weight: the weight of an emotion without a label is 1, and this more for angry,
    disgust and fear.
    """

    epochs: int = 50
    batch: int = 128
    rate: float = 2e-3
    decay: float = 0.05
    warmup_epochs: int = 1
    votes_share: float = 0.2
    rare: int = 3
    mixup: float = 0.2
    soft_share: float = 0.5
    soft_weight: float = 0.5
    external_share: float = 0.3
    external_unlabelled: float = 0.5
    neutral: float = 2.7
    last_stage: bool = False
    rare_weight: float = 2.0
    average: float = 0.998
    patience: int = 12
    seed: int = 1
    loss_weights: dict[str, float] = field(
        default_factory=lambda: {"emotion": 1.0, "votes": 0.5, "age": 0.6, "female": 1.5}
    )
    design: Architecture = field(default_factory=Design)
    policy: str = field(default_factory=fastest_policy)
    variation: Augmentation = field(default_factory=Augmentation)


LABEL_SCHEDULE = (
    Recipe(),
    Recipe(
        epochs=45,
        rate=1.5e-3,
        mixup=0,
        variation=Augmentation(
            turn=7, zoom=0.07, shift=0.03, coarse=0.1, blurred=0.06, noisy=0.05, hidden=0.1
        ),
    ),
)
"""With labels alone: strongly augmented faces first, then faces as most visitors show them. At the
end of the first recipe the loss still falls: it is too much variation for so few epochs."""

_DISTILLATION = Recipe(epochs=66, votes_share=0, soft_share=0.7, patience=30)

DISTILLATION_SCHEDULE = (_DISTILLATION, replace(_DISTILLATION, epochs=50, rate=1.2e-3))
"""With soft targets: long (Beyer et al. 2022), and with mixup against overfitting; the views are
mild enough for both. The second recipe starts at a lower rate: at the first one's rate twenty
epochs brought no gain."""


def schedule_for(soft_targets: SoftTargets | None) -> tuple[Recipe, ...]:
    """The schedule of the shipped network."""
    return LABEL_SCHEDULE if soft_targets is None else DISTILLATION_SCHEDULE


@dataclass(frozen=True, slots=True)
class Teacher:
    """A network that is too large for a kiosk. dataset: "fer2013" or "utkface": it is trained on
    one alone, which needs no balance between tasks and makes an epoch shorter."""

    dataset: str
    schedule: tuple[Recipe, ...]


_FIRST = Recipe(
    epochs=34, rate=2e-3, votes_share=0.2, design=Residual(), variation=VIEW_AUGMENTATION
)
_SECOND = replace(_FIRST, epochs=16, rate=8e-4, mixup=0)
_THIRD = replace(_FIRST, epochs=30, rate=1.5e-3, votes_share=0)
# At the end of the third recipe it overfits; more mixup and augmentation go on from there.
_FOURTH = replace(_THIRD, epochs=40, mixup=0.4, variation=Augmentation())

# Another architecture and seed: its errors are on other faces.
_VGG = replace(_FOURTH, epochs=60, rate=2e-3, patience=30, design=VGG, seed=2)

TEACHERS = {
    "emotion": Teacher("fer2013", (_FIRST, _SECOND, _THIRD, _FOURTH)),
    "emotion-vgg": Teacher("fer2013", (_VGG,)),
    "age": Teacher("utkface", (replace(_FIRST, epochs=26), replace(_SECOND, epochs=12))),
}
"""By the names of their files of soft targets."""
