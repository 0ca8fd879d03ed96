"""C2SP tlog-tiles: layout, growth in any batches, proofs around tile boundaries, damage found."""

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xuefen.bedrock import merkle, tiles
from xuefen.bedrock.merkle import SHA256, SM3, ProofInvalid, TreeHash
from xuefen.bedrock.tiles import Growth, TileDamaged, TileMissing, TileReader, bundle_path, tile_path

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")

BOUNDARIES = [1, 2, 255, 256, 257, 511, 512, 513, 65535, 65536, 65537, 65792, 65793]


def entry(index: int) -> bytes:
    return b"entry %d" % index


def grown(*sizes: int, hash: TreeHash = SM3) -> dict[str, bytes]:
    """Return the store of a log grown to each size in turn; nothing is ever deleted or rewritten."""
    store: dict[str, bytes] = {}
    size, root = 0, hash.empty
    for target in sizes:
        growth = tiles.grow(
            old_size=size,
            new_entries=[entry(i) for i in range(size, target)],
            fetch=store.__getitem__,
            hash=hash,
            old_root=root,
        )
        assert not store.keys() & growth.files.keys()
        store |= growth.files
        size, root = growth.size, growth.root
    return store


@cache
def boundary_log() -> tuple[dict[str, bytes], list[bytes]]:
    """A log with a checkpoint at every size in BOUNDARIES, and its leaf hashes computed without tiles."""
    return grown(*BOUNDARIES), SM3.hash_leaves(entry(i) for i in range(BOUNDARIES[-1]))


# --- layout ---------------------------------------------------------------------------------------------------------


def test_paths_are_those_of_the_standard():
    assert tile_path(level=0, index=0) == "tile/0/000"
    assert tile_path(level=1, index=1234067) == "tile/1/x001/x234/067"
    assert tile_path(level=0, index=1000, width=7) == "tile/0/x001/000.p/7"
    assert bundle_path(index=999) == "tile/entries/999"
    assert bundle_path(index=273, width=112) == "tile/entries/273.p/112"


@pytest.mark.parametrize("size", BOUNDARIES)
def test_a_name_tells_the_size_that_brings_the_file(size):
    def files_of(leaves: int) -> set[str]:
        return {path for path, _ in tiles.grown_paths(old_size=0, size=leaves)}

    assert len(files_of(size)) > 1
    for path in sorted(files_of(size))[-9:]:
        brought = tiles.size_with(path)
        assert path in files_of(brought) and path not in files_of(brought - 1)


def test_the_standards_example_of_70000_entries():
    files = grown(70_000)
    expected = {tile_path(level=0, index=i) for i in range(273)} | {bundle_path(index=i) for i in range(273)}
    expected |= {"tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112"}
    assert files.keys() == expected


def test_tile_content_follows_the_formula_of_the_standard():
    files, hashes = boundary_log()
    for level, index, width in [(0, 0, 256), (0, 256, 1), (1, 0, 255), (1, 0, 256), (1, 1, 1), (2, 0, 1)]:
        span = 256**level
        starts = [(index * 256 + i) * span for i in range(width)]
        expected = b"".join(merkle.root(hashes[start : start + span]) for start in starts)
        assert files[tile_path(level=level, index=index, width=width)] == expected


def test_bundles_hold_length_prefixed_entries():
    growth = tiles.grow(old_size=0, new_entries=[b"", b"ab", "学".encode()], fetch={}.__getitem__)
    assert growth.files["tile/entries/000.p/3"] == b"\0\0" + b"\0\x02ab" + b"\0\x03" + "学".encode()


@given(st.lists(st.binary(max_size=300)))
def test_unpack_undoes_pack_and_refuses_a_cut(entries):
    data = tiles.pack(entries)
    assert tiles.unpack(data) == entries
    if entries:
        with pytest.raises(ValueError):
            tiles.unpack(data[:-1])


def test_entry_length_limit():
    largest = [b"x" * 65535]
    assert tiles.grow(old_size=0, new_entries=largest, fetch={}.__getitem__).size == 1
    with pytest.raises(ValueError):
        tiles.grow(old_size=0, new_entries=[b"x" * 65536], fetch={}.__getitem__)


# --- growth ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 600), max_size=6), st.sampled_from([SM3, SHA256]))
def test_growth_in_any_batches_gives_the_files_of_one_batch(batches, hash):
    sizes = [sum(batches[: i + 1]) for i in range(len(batches))]
    total = sizes[-1] if sizes else 0
    at_once, stepwise = grown(total, hash=hash), grown(*sizes, hash=hash)
    assert {name: stepwise[name] for name in at_once} == at_once
    leftover = stepwise.keys() - at_once.keys()
    assert all(".p/" in name for name in leftover)
    hashes = hash.hash_leaves(entry(i) for i in range(total))
    assert tiles.TileReader(size=total, fetch=stepwise.__getitem__, hash=hash).root() == merkle.root(hashes, hash=hash)


def test_an_empty_batch_changes_nothing():
    store = grown(300)
    growth = tiles.grow(old_size=300, new_entries=[], fetch=store.__getitem__)
    root = merkle.root(SM3.hash_leaves(entry(i) for i in range(300)))
    assert growth == Growth(300, root, {})
    assert tiles.grow(old_size=0, new_entries=[], fetch={}.__getitem__) == Growth(0, SM3.empty, {})


def test_growth_reads_only_partial_tiles_of_the_old_size():
    store, read = grown(70_000), []

    def fetch(path: str) -> bytes:
        read.append(path)
        return store[path]

    tiles.grow(old_size=70_000, new_entries=[b"one more"], fetch=fetch)
    assert sorted(read) == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112"]


@pytest.mark.parametrize("path", ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"])
def test_growth_refuses_to_build_on_damage(path):
    store = grown(300)
    root = tiles.TileReader(size=300, fetch=store.__getitem__).root()
    for damaged in (flip(store[path]), store[path][:-1], b""):
        with pytest.raises(TileDamaged):
            tiles.grow(old_size=300, new_entries=[b"x"], fetch=(store | {path: damaged}).__getitem__, old_root=root)
    del store[path]
    with pytest.raises(TileMissing) as missing:
        tiles.grow(old_size=300, new_entries=[b"x"], fetch=store.__getitem__, old_root=root)
    assert missing.value.path == path


def flip(data: bytes) -> bytes:
    """Return the data with the lowest bit of its last byte changed."""
    return data[:-1] + bytes([data[-1] ^ 1])


# --- proofs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", BOUNDARIES)
def test_proofs_around_tile_boundaries(size):
    store, hashes = boundary_log()
    root = merkle.root(hashes[:size])
    log = TileReader(size=size, fetch=store.__getitem__)
    assert log.root() == root
    chosen = {0, 1, 254, 255, 256, 257, 511, 512, 65534, 65535, 65536, size // 2, size - 1}
    for index in sorted(i for i in chosen if i < size):
        assert log.leaf(index) == entry(index)
        proof = log.inclusion_proof(index)
        merkle.verify_inclusion(index=index, size=size, leaf_hash=hashes[index], proof=proof, root=root)
    for old in (other for other in BOUNDARIES if other <= size):
        proof = log.consistency_proof(old)
        old_root = tiles.TileReader(size=old, fetch=store.__getitem__).root()
        merkle.verify_consistency(old_size=old, new_size=size, old_root=old_root, new_root=root, proof=proof)
        if old != size:
            with pytest.raises(ProofInvalid):
                merkle.verify_consistency(old_size=old, new_size=size, old_root=root, new_root=root, proof=proof)


@given(st.integers(1, 1100), st.data())
def test_any_proof_of_any_small_log_equals_the_one_from_memory(size, data):
    store, hashes = boundary_log()
    # Only full tiles of the large log are stored for this size: reading falls back to their beginnings.
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    fetch = store.__getitem__
    assert tiles.TileReader(size=size, fetch=fetch).inclusion_proof(index) == merkle.inclusion_proof(
        hashes[:size], index=index
    )
    assert tiles.TileReader(size=size, fetch=fetch).consistency_proof(old) == merkle.consistency_proof(
        hashes[:size], old_size=old
    )
    assert tiles.TileReader(size=size, fetch=fetch).leaf(index) == entry(index)
    assert tiles.rederive(size=size, fetch=fetch) == merkle.root(hashes[:size])


def test_one_reader_gives_every_proof_even_after_forgetting_tiles(monkeypatch):
    monkeypatch.setattr(tiles, "KEPT_TILES", 2)
    store, hashes = boundary_log()
    log = TileReader(size=1025, fetch=store.__getitem__)
    root = merkle.root(hashes[:1025])
    order = list(range(1025))
    random.Random(8).shuffle(order)
    for index in order:
        proof = log.inclusion_proof(index)
        merkle.verify_inclusion(index=index, size=1025, leaf_hash=hashes[index], proof=proof, root=root)


@pytest.mark.parametrize("index", [-1, 300, 301, 10**6])
def test_nothing_beyond_the_log(index):
    store = grown(300)
    log = TileReader(size=300, fetch=store.__getitem__)
    with pytest.raises(IndexError):
        log.leaf(index)
    with pytest.raises(ValueError):
        log.inclusion_proof(index)
    with pytest.raises(ValueError):
        log.consistency_proof(index + 1 if index > 299 else index)
    with pytest.raises(ValueError):
        log.tile(0, -1 if index < 0 else 2)


def test_no_negative_log():
    with pytest.raises(ValueError):
        TileReader(size=-1, fetch={}.__getitem__)


def test_files_on_disk_fit_as_they_are(tmp_path):
    for name, data in grown(300).items():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    root = tiles.rederive(size=300, fetch=lambda name: (tmp_path / name).read_bytes())
    assert root == merkle.root(SM3.hash_leaves(entry(i) for i in range(300)))
    assert tiles.TileReader(size=5, fetch=lambda name: (tmp_path / name).read_bytes()).leaf(3) == entry(3)


# --- damage ---------------------------------------------------------------------------------------------------------


def test_rederive_finds_a_changed_bit_in_any_file():
    store = grown(65_900)
    size = 65_900
    assert (
        tiles.rederive(size=size, fetch=store.__getitem__)
        == tiles.TileReader(size=size, fetch=store.__getitem__).root()
    )
    small = grown(600)
    for name in small:
        with pytest.raises(TileDamaged) as found:
            tiles.rederive(size=600, fetch=(small | {name: flip(small[name])}).__getitem__)
        # An entry that differs from its leaf hash is reported at the tile that holds the hash.
        assert found.value.path == name.replace("tile/entries/", "tile/0/")
    for name in ("tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1"):
        with pytest.raises(TileDamaged) as found:
            tiles.rederive(size=size, fetch=(store | {name: flip(store[name])}).__getitem__)
        assert found.value.path == name


def test_rederive_names_the_first_file_that_is_missing_or_malformed():
    store = grown(600)
    for name in store:
        with pytest.raises(TileMissing) as missing:
            tiles.rederive(size=600, fetch={k: v for k, v in store.items() if k != name}.__getitem__)
        assert missing.value.path == name
        for damaged in (store[name][:-1], store[name] + b"\0", store[name] + store[name]):
            with pytest.raises(TileDamaged) as found:
                tiles.rederive(size=600, fetch=(store | {name: damaged}).__getitem__)
            assert found.value.path == name


def test_no_partial_file_is_needed_once_the_full_one_exists():
    later = grown(300, 512)
    store = {name: data for name, data in later.items() if name not in ("tile/0/001.p/44", "tile/entries/001.p/44")}
    assert len(store) == len(later) - 2
    root = tiles.rederive(size=300, fetch=store.__getitem__)
    assert root == merkle.root(SM3.hash_leaves(entry(i) for i in range(300)))
    new_entries = [entry(i) for i in range(300, 512)]
    again = tiles.grow(old_size=300, new_entries=new_entries, fetch=store.__getitem__, old_root=root)
    assert {name: later[name] for name in again.files} == again.files


def test_a_proof_from_a_damaged_tile_does_not_verify():
    store = grown(300)
    store["tile/0/000"] = flip(store["tile/0/000"])
    proof = tiles.TileReader(size=300, fetch=store.__getitem__).inclusion_proof(0)
    hashes = SM3.hash_leaves(entry(i) for i in range(300))
    with pytest.raises(ProofInvalid):
        merkle.verify_inclusion(index=0, size=300, leaf_hash=hashes[0], proof=proof, root=merkle.root(hashes))
