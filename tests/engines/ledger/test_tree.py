"""The tree is that of RFC 6962, whatever the batches, the size, or the moment of a crash."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.ledger import (
    EMPTY_ROOT,
    MAX_ENTRY,
    Checkpoint,
    EntryRefused,
    MemoryTileStore,
    ProofRefused,
    Tree,
    TreeDamaged,
    TreeView,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

from .conftest import Log, Oracle

sizes = st.integers(0, 3000) | st.sampled_from([0, 1, 2, 255, 256, 257, 511, 512, 513, 65_536 // 16])


def entries_of(count: int) -> list[bytes]:
    return [b"entry %d" % at for at in range(count)]


def grown(count: int, batch: int = 4096) -> tuple[MemoryTileStore, Tree]:
    store, entries = MemoryTileStore(), entries_of(count)
    tree = Tree(store)
    for at in range(0, count, batch):
        tree.append(entries[at : at + batch])
    return store, tree


@given(size=sizes)
@settings(max_examples=30, deadline=None)
def test_the_root_is_that_of_the_recursive_definition(size: int) -> None:
    assert grown(size)[1].root() == Oracle.root(entries_of(size))


@given(size=st.integers(1, 3000), data=st.data())
@settings(max_examples=30, deadline=None)
def test_proofs_are_those_of_the_recursive_definition_and_verify(size: int, data: st.DataObject) -> None:
    store, tree = grown(size)
    entries = entries_of(size)
    smaller = data.draw(st.integers(1, size), "size of an earlier tree")
    index = data.draw(st.integers(0, smaller - 1), "index")
    for reader in (tree, TreeView(store, size)):
        inclusion = reader.inclusion_proof(index, smaller)
        assert list(inclusion) == Oracle.path(index, entries[:smaller])
        verify_inclusion(leaf_hash(entries[index]), index, smaller, inclusion, reader.root(smaller))
        consistency = reader.consistency_proof(smaller)
        assert list(consistency) == Oracle.consistency(smaller, entries)
        verify_consistency(smaller, reader.root(smaller), size, reader.root(), consistency)


@given(size=st.integers(2, 600), data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_proof_proves_nothing(size: int, data: st.DataObject) -> None:
    _, tree = grown(size)
    index = data.draw(st.integers(0, size - 1))
    leaf = leaf_hash(b"entry %d" % index)
    proof = list(tree.inclusion_proof(index))
    at = data.draw(st.integers(0, len(proof) - 1))
    wrong = bytes([proof[at][0] ^ 1]) + proof[at][1:]
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index))
    for claim in (
        (leaf, index, size, [*proof[:at], wrong, *proof[at + 1 :]], tree.root()),
        (leaf, index, size, proof[:at] + proof[at + 1 :], tree.root()),
        (leaf, index, size, [*proof, proof[0]], tree.root()),
        (leaf, other, size, proof, tree.root()),
        (leaf_hash(b"another entry"), index, size, proof, tree.root()),
        (leaf, size, size, proof, tree.root()),
        (leaf, index, size, [value[:31] for value in proof], tree.root()),
    ):
        with pytest.raises(ProofRefused):
            verify_inclusion(*claim)


@given(old=st.integers(1, 400), more=st.integers(1, 400), data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_rewritten_past_has_no_consistency_proof(old: int, more: int, data: st.DataObject) -> None:
    _, tree = grown(old + more)
    rewritten = entries_of(old)
    rewritten[data.draw(st.integers(0, old - 1))] = b"something else"
    proof = tree.consistency_proof(old)
    with pytest.raises(ProofRefused):
        verify_consistency(old, Oracle.root(rewritten), old + more, tree.root(), proof)
    with pytest.raises(ProofRefused):
        verify_consistency(old, tree.root(old), old + more, Oracle.root(rewritten), proof)
    with pytest.raises(ProofRefused):
        verify_consistency(old, tree.root(old), old + more, tree.root(), proof[:-1])
    with pytest.raises(ProofRefused):
        verify_consistency(old + more, tree.root(), old, tree.root(old), proof)


def test_consistency_with_the_empty_tree_and_with_itself_needs_no_hashes() -> None:
    _, tree = grown(5)
    verify_consistency(0, EMPTY_ROOT, 5, tree.root(), ())
    verify_consistency(5, tree.root(), 5, tree.root(), ())
    with pytest.raises(ProofRefused):
        verify_consistency(0, tree.root(), 5, tree.root(), ())
    with pytest.raises(ProofRefused):
        verify_consistency(5, tree.root(3), 5, tree.root(), ())


@given(size=st.integers(1, 1500), batches=st.lists(st.integers(0, 300), max_size=8))
@settings(max_examples=30, deadline=None)
def test_tiles_do_not_depend_on_how_entries_were_batched(size: int, batches: list[int]) -> None:
    entries, store = entries_of(size), MemoryTileStore()
    tree, at = Tree(store), 0
    for count in [*batches, size]:
        given_indices = tree.append(entries[at : at + count])
        assert list(given_indices) == list(range(at, min(size, at + count)))
        at = tree.size
    once, _ = grown(size)
    needed = {path: data for path, data in store.files.items() if path in once.files}
    assert needed == once.files


def test_every_entry_is_read_back_from_its_place(log: Log) -> None:
    view = TreeView(log.store, log.tree.size)
    assert list(view.entries(250, 520)) == [log.tree.entry(at) for at in range(250, 520)]
    assert view.entry(699) == log.tree.entry(699)
    with pytest.raises(ProofRefused):
        view.entry(700)


class FailingStore(MemoryTileStore):
    """Stops working after so many writes."""

    def __init__(self, writes: int) -> None:
        super().__init__()
        self.left = writes

    def put(self, path: str, data: bytes) -> None:
        if self.left == 0:
            raise OSError("no space left on device")
        self.left -= 1
        super().put(path, data)


@given(before=st.integers(0, 700), more=st.integers(1, 700), writes=st.integers(0, 10), other=st.booleans())
@settings(max_examples=80, deadline=None)
def test_a_writer_that_dies_anywhere_resumes_from_what_was_committed(
    before: int, more: int, writes: int, other: bool
) -> None:
    """`other`: after the crash other entries come than before it, as when the database had rolled back."""
    entries = entries_of(before + more)
    store = FailingStore(10_000)
    tree = Tree(store)
    tree.append(entries[:before])
    head = Checkpoint("log", before, tree.root())
    store.left = writes
    try:
        tree.append([b"lost %d" % at for at in range(more)] if other else entries[before:])
    except OSError:
        assert tree.size == before
        assert tree.root() == head.root
    store.left = 10_000
    resumed = Tree.resume(store, head)
    resumed.append(entries[before:])
    assert resumed.root() == Oracle.root(entries)
    view = TreeView(store, before + more)
    assert view.root() == resumed.root()
    assert list(view.entries(0, before + more)) == entries


def test_a_tree_whose_tiles_were_changed_is_not_resumed(log: Log) -> None:
    head = Checkpoint("log", log.tree.size, log.tree.root())
    path = "tile/0/000"
    log.store.put(path, bytes([log.store.files[path][0] ^ 1]) + log.store.files[path][1:])
    # The first tile is full, so its change shows only where it is read again; the edge above still gives the old root.
    with pytest.raises(TreeDamaged) as refused:
        Tree.resume(log.store, Checkpoint("log", log.tree.size, b"\x07" * 32))
    assert refused.value.code == "tree.root_mismatch"
    log.store.put("tile/1/000.p/2", b"\x00" * 64)
    with pytest.raises(TreeDamaged):
        Tree.resume(log.store, head)


@pytest.mark.parametrize("path", ["tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/002.p/188"])
def test_a_missing_or_short_edge_is_noticed_at_once(log: Log, path: str) -> None:
    kept = log.store.files[path]
    log.store.put(path, kept[:-1])
    with pytest.raises(TreeDamaged):
        Tree(log.store, log.tree.size)
    del log.store.files[path]
    with pytest.raises(TreeDamaged):
        Tree(log.store, log.tree.size)


def test_partial_tiles_go_when_the_full_one_stands_and_old_views_still_read(log: Log) -> None:
    head = log.tree.root()
    old = TreeView(log.store, 700)
    log.add(100)
    assert not [path for path in log.store.files if path.startswith(("tile/0/002.p/", "tile/entries/002.p/"))]
    assert old.root() == head
    assert old.entry(699) == log.tree.entry(699)


def test_an_entry_too_long_is_refused_with_its_whole_batch(log: Log) -> None:
    with pytest.raises(EntryRefused):
        log.tree.append([b"short", b"x" * (MAX_ENTRY + 1)])
    assert log.tree.size == 700
