"""How well a detection and a hull fit: by how far apart they lie, and by their lengths."""

from __future__ import annotations

import numpy as np

from tracks.batch import BIN_S, F64
from tracks.geodesy import NMI_M, distance_m
from tracks.stood import Stood

RADIUS_OF_95 = 2.4477  # standard deviations around 19 of 20 of a normal distribution in a plane
RECORD_M = 100.0  # `tracks.way.TOLERANCE_M`, and where on a ship its antenna stands
CLOCK_S = 20.0  # ours: how far two clocks may differ
BEND = 0.2  # ours: how far a ship lies beside the straight way, by the way to its next mark
LEAST_KN, UNTOLD_KN = 2.0, 5.0  # ours: for ships that lay still, and whose speed is not known
STRAY, STRAY_WIDE = 0.05, 3.0  # ours: one in twenty strays three times as far
LENGTH_SPREAD = 0.25  # ours: of the logarithm of lengths, as radars and claims give them
LENGTH_RANGE = 3.7  # logarithm of 400 m by 10 m: anybody's length


def away(stood: Stood, lat: F64, lon: F64, uncertainty_m: F64) -> tuple[F64, F64]:
    """Return how far places lie from where hulls were, in metres, and how far they may."""
    here = stood.place()
    from_last, to_next = stood.t - stood.t0, stood.t1 - stood.t
    side_s = np.fmin(from_last, to_next)
    nearer = np.where(side_s == to_next, stood.speed1_kn, stood.speed0_kn)
    # Heard on one side only, nobody knows where it went: as far as it can have gone.  And heard
    # for a moment only, it was up to five minutes off the mark.
    lone = np.isnan(nearer)
    alone_kn = np.where(lone, UNTOLD_KN, np.fmax(nearer, LEAST_KN))
    side_s = side_s + np.where(lone & ~stood.between, BIN_S / 2, 0)
    speed_kn = np.where(stood.between, np.nan_to_num(stood.chord_kn()), alone_kn)
    meanwhile_m = speed_kn * NMI_M / 3600 * np.nan_to_num(side_s)
    stray_m = np.where(stood.between, BEND, 1.0) * meanwhile_m
    clock_m = speed_kn * NMI_M / 3600 * CLOCK_S
    seen_m = uncertainty_m / RADIUS_OF_95
    spread = np.sqrt(seen_m**2 + RECORD_M**2 + stray_m**2 + clock_m**2)
    return distance_m(*here, lat, lon), spread


def density_nmi2(apart_m: F64, spread_m: F64) -> F64:
    """Return how likely a hull is to be seen so far from where it was, in a square mile there.

    A normal distribution, and for those that turned sharply meanwhile a wider one.
    """
    total = np.zeros(np.shape(apart_m))
    for share, wide in ((1 - STRAY, 1.0), (STRAY, STRAY_WIDE)):
        spread = wide * spread_m
        peak = share / (2 * np.pi * (spread / NMI_M) ** 2)
        total += peak * np.exp(-((apart_m / spread) ** 2) / 2)
    return total


def of_lengths(seen_m: float, claimed_m: F64) -> F64:
    """Return how many times likelier these lengths are one ship's than two ships'; 1 if unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.log(seen_m / claimed_m) / LENGTH_SPREAD
    alike = LENGTH_RANGE * np.exp(-off * off / 2) / (LENGTH_SPREAD * np.sqrt(2 * np.pi))
    known = (seen_m > 0) & (claimed_m > 0)
    return np.where(known, np.maximum(alike, 0.02), 1.0)  # what is typed in may be wrong
