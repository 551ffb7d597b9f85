"""Make voices harder to recognise in a recording that leaves, and keep what they say.

The vocal tract gives a voice its resonances, and linear prediction finds them in each frame of 20 ms as poles of a
filter. Their angles are raised to a power, which moves the resonances against each other; what excites the filter, and
with it melody and pace, stays. Source: S. McAdams, Spectral fusion, spectral parsing and the formation of auditory
images (1984); J. Patino et al., Speaker anonymisation using the McAdams coefficient (Interspeech 2021).

This is a disguise, not an anonymisation: melody, accent, words and pace can still be recognised, and who knows the
method can narrow the power down. A power of its own for each leg of each export keeps two exports from being compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from secrets import SystemRandom

import numpy as np
import numpy.typing as npt

from ._model import MAX_RATE, MIN_RATE, Samples

# Below 0.7 words become hard to follow on a telephone line, above 0.88 the voice stays too much itself.
WEAKEST, STRONGEST = 0.88, 0.70
_HOP_S = 0.010
# Two poles for each resonance: one resonance a kilohertz, and two poles for the slope (Markel and Gray 1976).
_POLES_PER_KHZ, _SLOPE_POLES, _MOST_POLES = 1, 2, 20
_FRAMES_AT_ONCE = 2_000  # so that the recursion's rows stay in the cache
_WHITE = 1e-4  # noise added to the correlation, -40 dB: keeps poles of pure tones off the unit circle
_LONGEST_RADIUS = 0.985
_MOST_GAIN = 4.0

_Reals = npt.NDArray[np.float64]


def _power() -> float:
    return SystemRandom().uniform(STRONGEST, WEAKEST)


@dataclass(frozen=True)
class Disguise:
    """How the voices of one recording are changed; the same in every piece of it.

    Attributes:
        rate: sample frames a second.
        powers: the power of the angles, for each channel; drawn anew when not given.

    Raises:
        ValueError: a rate that recordings do not have, or a power outside 0.5 to 1.5.
    """

    rate: int
    channels: int = 1
    powers: tuple[float, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not MIN_RATE <= self.rate <= MAX_RATE:
            raise ValueError("rate must be between 8000 and 48000")
        if not self.powers:
            object.__setattr__(self, "powers", tuple(_power() for _ in range(self.channels)))
        if len(self.powers) != self.channels or not all(0.5 <= power <= 1.5 for power in self.powers):
            raise ValueError("a power between 0.5 and 1.5 for each channel")

    @property
    def hop(self) -> int:
        """Sample frames from one frame of the analysis to the next, which overlap by half."""
        return round(self.rate * _HOP_S)

    @property
    def reach(self) -> int:
        """How many samples before and after a piece `of` must see, so that pieces join without a seam."""
        return 3 * self.hop

    def of(self, samples: Samples, *, start: int = 0) -> Samples:
        """The same stretch with other voices: same length, and where nothing was for 10 ms, nothing still.

        The same sample comes out the same whatever piece it is in, but for the first and last `reach` of a piece that
        neither begins nor ends the recording.

        Args:
            samples: int16, shape ``(frames, channels)``.
            start: where in the recording the first of these lies.
        """
        if samples.ndim != 2 or samples.shape[1] != self.channels:
            raise ValueError(f"samples must be of shape (frames, {self.channels})")
        changed = np.empty_like(samples)
        for channel, power in enumerate(self.powers):
            voice = self._voice(samples[:, channel], start, power)
            changed[:, channel] = np.where(_muted(samples[:, channel], self.hop), 0, voice)
        return changed

    def _voice(self, signal: npt.NDArray[np.int16], start: int, power: float) -> npt.NDArray[np.int16]:
        """One channel, framed on one grid over the whole recording, frame by frame through its moved resonances."""
        hop = self.hop
        skip = start % hop
        count = -(-(skip + len(signal)) // hop) + 1
        line = np.zeros((count + 1) * hop)
        line[hop + skip : hop + skip + len(signal)] = signal
        window = np.sqrt(np.hanning(2 * hop + 1)[:-1])  # squares of neighbours add up to one
        frames = np.lib.stride_tricks.sliding_window_view(line, 2 * hop)[::hop]
        out = np.zeros_like(line)
        for first in range(0, len(frames), _FRAMES_AT_ONCE):
            told = frames[first : first + _FRAMES_AT_ONCE] * window
            turned = _moved(told, _order(self.rate), power) * window
            at = first * hop
            out[at : at + len(turned) * hop] += turned[:, :hop].ravel()
            out[at + hop : at + hop + len(turned) * hop] += turned[:, hop:].ravel()
        kept = out[hop + skip : hop + skip + len(signal)]
        voice: npt.NDArray[np.int16] = np.clip(np.rint(kept), -32768, 32767).astype(np.int16)
        return voice


def _order(rate: int) -> int:
    return min(_MOST_POLES, 2 * (_POLES_PER_KHZ * rate // 2_000) + _SLOPE_POLES)


def _muted(signal: npt.NDArray[np.int16], least: int) -> npt.NDArray[np.bool_]:
    """Where `least` samples or more of exact silence lie: what was muted stays mute."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], signal == 0, [False]]).astype(np.int8)))
    muted = np.zeros(len(signal), bool)
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        muted[first:last] = last - first >= least
    return muted


def _moved(frames: _Reals, order: int, power: float) -> _Reals:
    """Windowed frames, shape ``(count, length)``, their poles' angles raised to `power`, and as loud as they were."""
    filters = _prediction(frames, order)
    excitation = _through_zeros(frames, filters)
    spoken = _through_poles(excitation, _turned(filters, power))
    before, after = (np.sqrt((sound**2).mean(axis=1)) for sound in (frames, spoken))
    gain = np.minimum(before / np.maximum(after, 1e-9), _MOST_GAIN)
    as_loud: _Reals = spoken * gain[:, None]
    return as_loud


def _prediction(frames: _Reals, order: int) -> _Reals:
    """Coefficients ``1, a1 .. ap`` of the predictor of each frame (autocorrelation method, Levinson 1947)."""
    length = frames.shape[1]
    lags = np.stack([np.einsum("ij,ij->i", frames[:, : length - k], frames[:, k:]) for k in range(order + 1)], axis=1)
    error = lags[:, 0] * (1 + _WHITE) + 1.0
    filters = np.zeros((len(frames), order + 1))
    filters[:, 0] = 1
    for step in range(1, order + 1):
        reflection = -np.einsum("ij,ij->i", filters[:, :step], lags[:, step:0:-1]) / error
        filters[:, 1 : step + 1] += reflection[:, None] * filters[:, step - 1 :: -1][:, :step]
        error *= 1 - reflection**2
    return filters


def _turned(filters: _Reals, power: float) -> _Reals:
    """The same predictors with every complex pole at its angle (radians) raised to `power`."""
    order = filters.shape[1] - 1
    companion = np.zeros((len(filters), order, order))
    companion[:, 0, :] = -filters[:, 1:]
    companion[:, np.arange(1, order), np.arange(order - 1)] = 1
    poles = np.linalg.eigvals(companion).astype(np.complex128)
    angle, radius = np.angle(poles), np.minimum(np.abs(poles), _LONGEST_RADIUS)
    complex_ones = np.abs(poles.imag) > 1e-9
    moved = np.where(complex_ones, np.sign(angle) * np.minimum(np.abs(angle) ** power, np.pi), angle)
    turned = radius * np.exp(1j * moved)
    product = np.zeros((len(filters), order + 1), np.complex128)
    product[:, 0] = 1
    for pole in range(order):
        product[:, 1 : pole + 2] -= turned[:, pole, None] * product[:, : pole + 1].copy()
    return np.ascontiguousarray(product.real)


def _through_zeros(frames: _Reals, filters: _Reals) -> _Reals:
    """What excites each frame: the frame less what its predictor expects."""
    left = frames.copy()
    for lag in range(1, filters.shape[1]):
        left[:, lag:] += filters[:, lag, None] * frames[:, :-lag]
    return left


def _through_poles(excitation: _Reals, filters: _Reals) -> _Reals:
    """Each excitation through its own all-pole filter, all frames of the batch a sample at a time."""
    order = filters.shape[1] - 1
    backwards = np.ascontiguousarray(filters[:, :0:-1].T)  # ap .. a1, rows of frames
    spoken = np.zeros((excitation.shape[1] + order, len(excitation)))
    driven = np.ascontiguousarray(excitation.T)
    for at in range(len(driven)):
        np.subtract(driven[at], np.einsum("ij,ij->j", backwards, spoken[at : at + order]), out=spoken[at + order])
    return spoken[order:].T
