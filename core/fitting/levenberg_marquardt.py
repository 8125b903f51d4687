"""Levenberg-Marquardt for unknowns that several photos share and unknowns that each photo has of its own.

The normal matrix of such a problem is an arrow: one block for the shared unknowns, one for each photo, and
none between two photos. Eliminating the photos first (Schur complement) makes the price linear in the photos
(Triggs et al., "Bundle Adjustment - A Modern Synthesis", 2000, section 6). Only numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """Gauss-Newton normal equations `H step = -gradient` of K shared unknowns and P x L local ones, float64.

    Attributes:
        shared: [K, K] block of the shared unknowns.
        cross: [P, K, L] blocks between the shared unknowns and those of each photo.
        local: [P, L, L] blocks of each photo.
        shared_gradient: [K] gradient of the cost.
        local_gradient: [P, L] gradient of the cost.
    """

    shared: np.ndarray
    cross: np.ndarray
    local: np.ndarray
    shared_gradient: np.ndarray
    local_gradient: np.ndarray


@dataclass(frozen=True, eq=False)
class Free:
    """Which unknowns may move: `shared` [K] and `local` [P, L], both bool."""

    shared: np.ndarray
    local: np.ndarray


State = TypeVar("State")


class Problem(Protocol[State]):
    """What `minimise` needs to know of a problem."""

    def prepared(self, state: State) -> Problem[State]:
        """The same problem with everything fixed that must not change within a step (visibility)."""
        ...

    def cost(self, state: State) -> float:
        """Value to minimise; infinite for a state that is not allowed."""
        ...

    def normal_equations(self, state: State) -> NormalEquations:
        """Gauss-Newton normal equations of `cost` at a state."""
        ...

    def blocked(self, state: State, equations: NormalEquations) -> Free:
        """True for unknowns that sit on a bound which the gradient pushes them over."""
        ...

    def moved(self, state: State, shared_step: np.ndarray, local_step: np.ndarray) -> State:
        """The state after a step, projected on the bounds."""
        ...


def solve(equations: NormalEquations, free: Free, damping: float) -> tuple[np.ndarray, np.ndarray]:
    """Damped step of all free unknowns: ([K], [P, L]); those that are not free stay exactly where they are.

    Args:
        equations: the normal equations.
        free: the unknowns that may move.
        damping: Marquardt's: the diagonal is multiplied by `1 + damping`.
    """
    shared = _restricted(equations.shared, free.shared, damping)
    gradient = np.where(free.shared, equations.shared_gradient, 0.0)
    eliminated = []
    for cross, local, local_gradient, local_free in zip(
        equations.cross, equations.local, equations.local_gradient, free.local
    ):
        cross = cross * np.outer(free.shared, local_free)
        local = _restricted(local, local_free, damping)
        right = np.column_stack([cross.T, np.where(local_free, local_gradient, 0.0)])
        solved = np.linalg.solve(local, right)
        shared = shared - cross @ solved[:, :-1]
        gradient = gradient - cross @ solved[:, -1]
        eliminated.append(solved)
    shared_step = -np.linalg.solve(shared, gradient)
    local_steps = [-(solved[:, :-1] @ shared_step + solved[:, -1]) for solved in eliminated]
    return shared_step, np.stack(local_steps)


def minimise(
    problem: Problem[State],
    state: State,
    free: Free,
    rounds: int,
    tolerance: float = 1e-4,
    damping: float = 1e-3,
    on_round: Callable[[], None] | None = None,
) -> tuple[State, int]:
    """Descend until `rounds` are used up or a round gains less than `tolerance` of the cost.

    A step that raises the cost is taken back and tried again with more damping. Unknowns with bounds are held
    at them for a round while the gradient points outwards (projected Newton; Bertsekas 1982).

    Args:
        problem: cost, derivatives and bounds.
        state: where to start.
        free: the unknowns of this stage.
        rounds: linearisations at most.
        tolerance: relative decrease of the cost that counts as standing still.
        damping: Marquardt's factor to start with.
        on_round: called before each round; may raise to stop.

    Returns:
        The best state and the number of rounds that were used.
    """
    for done in range(rounds):
        if on_round is not None:
            on_round()
        problem = problem.prepared(state)
        before = problem.cost(state)
        equations = problem.normal_equations(state)
        blocked = problem.blocked(state, equations)
        movable = Free(free.shared & ~blocked.shared, free.local & ~blocked.local)
        for _ in range(6):
            trial = problem.moved(state, *solve(equations, movable, damping))
            after = problem.cost(trial)
            if after < before:
                break
            damping *= 10.0
        else:
            return state, done + 1
        state, damping = trial, max(damping / 5.0, 1e-7)
        if before - after < tolerance * before:
            return state, done + 1
    return state, rounds


def _restricted(matrix: np.ndarray, free: np.ndarray, damping: float) -> np.ndarray:
    """The damped matrix with rows and columns of fixed unknowns replaced by those of the identity."""
    matrix = matrix * np.outer(free, free)
    diagonal = np.einsum("ii->i", matrix)
    diagonal *= 1.0 + damping
    diagonal[~free] = 1.0
    return matrix
