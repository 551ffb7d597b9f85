"""A transparency log: an append-only tree of entries, signed checkpoints, proofs, and an independent verifier.

The formats are those of C2SP, byte for byte: tlog-tiles, tlog-checkpoint, signed-note, tlog-proof. What is public::

    canonical(entry: Mapping[str, JSON]) -> bytes            # RFC 8785, at most MAX_ENTRY bytes; EntryRefused
    leaf_hash(entry: bytes) -> bytes                         # SHA-256(0x00 || entry), RFC 6962 section 2.1
    verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None   # ProofRefused
    verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None

    class TileStore(Protocol):   get(path: str) -> bytes | None;  put(path: str, data: bytes) -> None
    class FolderTileStore(TileStore):   FolderTileStore(folder: Path)        # atomic, fsync
    class MemoryTileStore(TileStore):   MemoryTileStore()

    class TreeView:   TreeView(store: TileStore, size: int)  # reading only, any process
        size: int
        root(size: int | None = None) -> bytes
        inclusion_proof(index: int, size: int | None = None) -> tuple[bytes, ...]
        consistency_proof(old: int, new: int | None = None) -> tuple[bytes, ...]
        entry(index: int) -> bytes
        entries(start: int, stop: int) -> Iterator[bytes]
    class Tree(TreeView):                                    # one writer
        Tree(store: TileStore, size: int = 0)                # size = what the writer knows to be committed
        Tree.resume(store: TileStore, checkpoint: Checkpoint) -> Tree          # TreeDamaged when the root differs
        append(entries: Sequence[bytes]) -> range            # the indices given; tiles durable on return

    class Signer:     Signer.generate(name: str) -> Signer;  Signer.parse(skey: str) -> Signer
        name: str;  key_id: int;  verifier: Verifier;  sign(text: bytes) -> bytes;  secret() -> str
    class Verifier:   Verifier.parse(vkey: str) -> Verifier;  str(verifier) -> vkey
    class Checkpoint: Checkpoint(origin: str, size: int, root: bytes)
        text() -> bytes;  sign(*signers: Signer) -> bytes                      # the signed note to publish
        Checkpoint.open(note: bytes, *verifiers: Verifier, origin: str | None = None) -> Checkpoint   # NoteRefused
    class TlogProof:  TlogProof(index: int, hashes: tuple[bytes, ...], checkpoint: bytes, extra: bytes | None = None)
        write() -> bytes;  TlogProof.parse(data: bytes) -> TlogProof
        verify(entry: bytes, *verifiers: Verifier, origin: str | None = None) -> Checkpoint            # ProofRefused
    prove(view: TreeView, index: int, checkpoint: bytes, size: int) -> TlogProof   # self-contained: entry in `extra`
    class Commitment: Commitment.make(detail: bytes) -> Commitment   # key: 32 random bytes, digest: HMAC-SHA-256
        key: bytes;  digest: bytes;  opens(detail: bytes) -> bool
    export(view: TreeView, checkpoint: bytes, to: TileStore) -> int    # files written: what the verifier needs

    LedgerError(code, data, message) > EntryRefused, TreeDamaged, NoteRefused, ProofRefused, KeyRefused
"""
