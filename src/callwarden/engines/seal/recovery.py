"""Recovery shares: a root that k of n people can bring back together, and fewer cannot.

    shares = split(root_file, threshold=3, shares=5)      # five lines of sixty English words
    secret = combine(shares[:3])                          # any three of them
    PassphraseFile.restore(path, secret, "a new passphrase")

Source: SLIP-0039 (Shamir's scheme over GF(256), with a checksum on each share and a digest of the secret), one group,
no passphrase of its own. What is shared is `u8(1) || suite (u8) || root key (32) || signing seed (32)`.

Not promised: a share cannot be taken back. Whoever holds k of them, of one export, holds the root as long as it wraps
anything; shares open no epoch that was destroyed.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics

from callwarden.engines.seal._errors import InvalidInput, ProviderRefused, UnsupportedFormat
from callwarden.engines.seal._suite import KEY_BYTES, Key, suite_of
from callwarden.engines.seal.providers.passphrase import PassphraseFile, RootSecret

VERSION = 1
LEAST, MOST = 2, 16
WORDS = 60
SECRET_BYTES = 2 + 2 * KEY_BYTES


@dataclass(frozen=True)
class ShareFacts:
    """What a share shows by itself.

    Attributes:
        export: shares of one export have the same number; those of different ones do not go together.
        number: which of the n shares, from 1.
        threshold: how many are needed.
    """

    export: int
    number: int
    threshold: int


def split(root: PassphraseFile, *, threshold: int, shares: int) -> list[str]:
    """`shares` lines of 60 words; any `threshold` of them bring the root back.

    Raises:
        InvalidInput: not 2 <= threshold <= shares <= 16.
        ProviderUnavailable: the root is closed.
    """
    check_terms(threshold, shares)
    secret = root.secret()
    shared = bytes([VERSION, secret.key.suite.value]) + secret.key.raw + secret.seed
    (lines,) = generate_mnemonics(1, [(threshold, shares)], shared)
    # Read back before anybody relies on them: a scheme that fails is noticed here, not on the day it is needed.
    if combine(secrets.SystemRandom().sample(lines, threshold)) != secret:
        raise ProviderRefused("The shares do not give the root back; do not use them.", reason="shares")
    return list(lines)


def check_terms(threshold: int, shares: int) -> None:
    """Raises `InvalidInput` unless 2 <= threshold <= shares <= 16."""
    if not LEAST <= threshold <= shares <= MOST:
        raise InvalidInput(
            f"Need at least {LEAST} of at most {MOST} shares, and not more than there are.", field="threshold"
        )


def read_share(line: str) -> ShareFacts:
    """What one typed share says of itself; its checksum tells nearly every mistyped word.

    Raises:
        InvalidInput: not a share, or mistyped.
    """
    try:
        share = Share.from_mnemonic(_tidy(line))
    except (MnemonicError, ValueError):
        raise InvalidInput("This is no recovery share, or a word is wrong; type it again.", field="share") from None
    if len(share.value) < SECRET_BYTES or share.group_count != 1:
        raise InvalidInput("This share is of another program; use one of this root.", field="share")
    return ShareFacts(share.identifier, share.index + 1, share.member_threshold)


def combine(lines: Sequence[str]) -> RootSecret:
    """The root, from exactly as many shares of one export as they ask for.

    Raises:
        InvalidInput: one is mistyped, given twice or of another export, or there are too few or too many.
        ProviderRefused: they are whole and do not belong together.
    """
    facts = [read_share(line) for line in lines]
    if len({fact.export for fact in facts}) > 1 or len({fact.threshold for fact in facts}) > 1:
        raise InvalidInput("These shares are of different exports; use shares of one.", field="share")
    if len({fact.number for fact in facts}) < len(facts):
        raise InvalidInput("One share was given twice; use different ones.", field="share")
    if not facts or len(facts) != facts[0].threshold:
        needed = facts[0].threshold if facts else LEAST
        raise InvalidInput("Give exactly as many shares as are needed.", field="share", needed=needed, given=len(facts))
    try:
        shared = combine_mnemonics([_tidy(line) for line in lines])
        if len(shared) != SECRET_BYTES or shared[0] != VERSION:
            raise UnsupportedFormat("These shares hold no root this program knows.")
        suite = suite_of(shared[1])
    except (MnemonicError, ValueError, UnsupportedFormat):
        raise ProviderRefused(
            "These shares do not give a root back; use shares of one export.", reason="shares"
        ) from None
    return RootSecret(Key(suite, shared[2 : 2 + KEY_BYTES]), shared[2 + KEY_BYTES :])


def _tidy(line: str) -> str:
    return " ".join(line.lower().split())
