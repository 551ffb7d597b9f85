"""A transparency log: an append-only tree of entries, signed checkpoints, proofs, and an independent verifier.

The formats are those of C2SP, byte for byte (tlog-tiles, tlog-checkpoint, signed-note, tlog-proof), so any verifier of
those formats can check this log; see docs/formats/ledger.md. In ten lines:

>>> from callwarden.engines.ledger import *
>>> signer = Signer.generate("callwarden.example/ledger")
>>> store = MemoryTileStore()
>>> tree = Tree(store)
>>> tree.append([canonical({"event": "record.revealed", "fields": ["phone"]}), canonical({"event": "record.erased"})])
range(0, 2)
>>> published = Checkpoint(signer.name, tree.size, tree.root()).sign(signer)
>>> proof = prove(tree, 1, published).write()          # a .tlog-proof file, sufficient by itself
>>> received = TlogProof.parse(proof)
>>> received.verify(received.extra, signer.verifier).size
2

It promises: entries that a checkpoint covers cannot be changed, dropped, inserted or reordered without every holder
of that checkpoint or a later one noticing; a writer that crashed anywhere resumes from the size it last committed; an
`append` that failed appended nothing.

It does not promise: that an entry is true; that an entry without a checkpoint off this host is safe from the host's
administrator; secrecy. Entries hold random pseudonyms and field names. Detail lies outside, under a `Commitment`.

`Tree` has one writer and is not for threads; `TreeView` is made per reader, at the size of a checkpoint.
`callwarden.engines.ledger.verifier` is a program of its own: one file, nothing imported from here.
"""

from ._checkpoint import Checkpoint
from ._commitment import Commitment
from ._copy import Copied, copy
from ._cosignature import Witness, cosignature_in, with_lines
from ._entry import MAX_ENTRY, canonical
from ._errors import EntryRefused, KeyRefused, LedgerError, NoteRefused, ProofRefused, TreeDamaged
from ._export import export
from ._merkle import EMPTY_ROOT, leaf_hash, node_hash, verify_consistency, verify_inclusion
from ._note import NoteSigner, Signer, Verifier
from ._proof import TlogProof, prove
from ._tiles import CHECKPOINT, TILE_WIDTH, FolderTileStore, MemoryTileStore, TileStore
from ._tree import Tree, TreeView

__all__ = [
    "CHECKPOINT",
    "EMPTY_ROOT",
    "MAX_ENTRY",
    "TILE_WIDTH",
    "Checkpoint",
    "Commitment",
    "Copied",
    "EntryRefused",
    "FolderTileStore",
    "KeyRefused",
    "LedgerError",
    "MemoryTileStore",
    "NoteRefused",
    "NoteSigner",
    "ProofRefused",
    "Signer",
    "TileStore",
    "TlogProof",
    "Tree",
    "TreeDamaged",
    "TreeView",
    "Verifier",
    "Witness",
    "canonical",
    "copy",
    "cosignature_in",
    "export",
    "leaf_hash",
    "node_hash",
    "prove",
    "verify_consistency",
    "verify_inclusion",
    "with_lines",
]
