"""What the bench says of its figures must not flatter."""

from __future__ import annotations

import pytest

from bench import custody

MEASURED = {
    "field_read_p50_us": 25.0, "field_read_p99_us": 200.0, "field_release_p50_us": 4000.0, "reveal_p50_us": 10_000.0,
    "reveal_p99_us": 30_000.0, "lookup_p50_us": 20_000.0, "lookup_p99_us": 30_000.0, "transit_p50_us": 500.0,
    "rewrap_rows_s": 25_000.0, "reencrypt_rows_s": 60_000.0, "turn_rows_s": 10_000.0, "transit_move_rows_s": 50_000.0,
    "delete_s": 3.0, "delete_rows_s": 300_000.0, "expire_bucket_s": 0.5, "purge_rows_s": 3_000.0,
}  # fmt: skip


def test_beside_a_peer_more_than_one_means_faster_than_the_peer() -> None:
    ratios = custody._ratios(MEASURED)
    assert ratios["field_vs_transit_p50"] == 20
    assert ratios["reveal_vs_transit_p50"] == 0.05
    assert ratios["rewrap_vs_transit"] == 0.5
    assert ratios["expire_vs_delete"] == 6
    assert ratios["purge_vs_delete"] == 0.01


@pytest.mark.parametrize(
    ("figure", "ratio"),
    [
        ("field_read_p99_us", 0.5),
        ("reveal_p99_us", 0.5),
        ("rewrap_rows_s", 0.5),
        ("reencrypt_rows_s", 2),
        ("expire_bucket_s", 4),
        ("field_vs_transit_p50", 1),
    ],
)
def test_beside_a_limit_less_than_one_means_missed(figure: str, ratio: float) -> None:
    assert custody._ratios(MEASURED)[f"{figure}_to_limit"] == ratio


def test_every_limit_of_the_issue_is_told() -> None:
    told = custody._ratios(MEASURED)
    assert {name for name in told if name.endswith("_to_limit")} == {
        f"{name}_to_limit" for name in custody.AT_LEAST | custody.AT_MOST
    }
