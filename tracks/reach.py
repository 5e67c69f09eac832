"""What a silent ship could have reached: near enough to where it was, and to where it came back.

By a moment of the silence a ship lies within a circle around its last place and, if it was
heard again, within one around that place too.  The sea common to both is its reach.
Planes stand in for the sphere in areas, which at 300 nmi errs by less than 1 %.
"""

from __future__ import annotations

import numpy as np

from tracks.batch import F64, Mask
from tracks.geodesy import NMI_M, distance_m
from tracks.stood import Stood

MAX_KN = 25.0  # `tracks.plausible.Rule.max_speed_kn`: no more is believed of a silent ship
LEAST_KN = 5.0  # ours: a ship that lay still may have got under way meanwhile
MARGIN = 1.2  # ours: and one that went may have gone a little faster


def able_kn(stood: Stood) -> F64:
    """Return how fast each hull may have gone: somewhat faster than it ever was heard to go."""
    known = np.fmax(np.nan_to_num(stood.fastest_kn), np.nan_to_num(stood.chord_kn()))
    return np.clip(MARGIN * known, LEAST_KN, np.maximum(MAX_KN, known))


def radii_nmi(stood: Stood, speed_kn: F64, slack_nmi: F64) -> tuple[F64, F64]:
    """Return how far it could be from its last place, and from where it came back; inf if never."""
    before = speed_kn * (stood.t - stood.t0) / 3600 + slack_nmi
    behind = speed_kn * (stood.t1 - stood.t) / 3600 + slack_nmi
    return np.where(np.isnan(before), np.inf, before), np.where(np.isnan(behind), np.inf, behind)


def away_nmi(stood: Stood, lat: F64, lon: F64) -> tuple[F64, F64]:
    """Return how far places lie from its last place and from where it came back; 0 if never."""
    from_last = distance_m(stood.lat0, stood.lon0, lat, lon) / NMI_M
    from_next = distance_m(stood.lat1, stood.lon1, lat, lon) / NMI_M
    return np.nan_to_num(from_last), np.nan_to_num(from_next)


def implied_kn(stood: Stood, lat: F64, lon: F64) -> tuple[F64, F64]:
    """Return how fast it must have gone to the places and on from there; nan if an end is open."""
    from_last, from_next = away_nmi(stood, lat, lon)
    before = from_last / np.maximum(stood.t - stood.t0, 1) * 3600
    behind = from_next / np.maximum(stood.t1 - stood.t, 1) * 3600
    return before, behind


def reaches(stood: Stood, lat: F64, lon: F64, speed_kn: F64, slack_nmi: F64) -> Mask:
    """Return whether each hull could have been at a place at its moment."""
    radii, away = radii_nmi(stood, speed_kn, slack_nmi), away_nmi(stood, lat, lon)
    return np.asarray((away[0] <= radii[0]) & (away[1] <= radii[1]))


def area_nmi2(stood: Stood, speed_kn: F64, slack_nmi: F64) -> F64:
    """Return the area that each hull could have reached by its moment."""
    r0, r1 = radii_nmi(stood, speed_kn, slack_nmi)
    apart = distance_m(stood.lat0, stood.lon0, stood.lat1, stood.lon1) / NMI_M
    return lens(r0, r1, np.nan_to_num(apart))


def lens(r0: F64, r1: F64, apart: F64) -> F64:
    """Return the area common to two circles, in the square of the unit of their radii."""
    small, large = np.minimum(r0, r1), np.maximum(r0, r1)
    whole = np.pi * small**2
    cuts = (apart > large - small) & (apart < large + small)
    a, b, d = np.where(cuts, small, 1), np.where(cuts, large, 1), np.where(cuts, apart, 1)
    to_a = (d * d + a * a - b * b) / (2 * d)
    to_b = d - to_a
    cap_a = a * a * np.arccos(np.clip(to_a / a, -1, 1))
    cap_b = b * b * np.arccos(np.clip(to_b / b, -1, 1))
    kite = d * np.sqrt(np.maximum(a * a - to_a * to_a, 0))
    return np.where(cuts, cap_a + cap_b - kite, np.where(apart >= large + small, 0, whole))
