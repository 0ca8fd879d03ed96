"""C2SP tlog-tiles: a Merkle log as a set of small immutable files, grown and read without a server.

Layout as in https://c2sp.org/tlog-tiles: hash tiles `tile/<level>/<index>[.p/<width>]` of 256 hashes, entry bundles
`tile/entries/<index>[.p/<width>]` of 256 entries, each behind its length as a big-endian uint16. The standard fixes
SHA-256; a log under SM3 keeps the layout and changes only the hash.

Nothing here reads or writes: the caller passes `fetch(path) -> bytes`, which says that a file is absent by raising
LookupError or FileNotFoundError (so `dict.__getitem__` and `Path.read_bytes` both fit), and stores the returned files.
A partial tile that is gone is read as the beginning of the full tile, as the standard allows. Whatever is stored but
cannot be right raises TileDamaged with its path.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

from xuefen.bedrock.merkle import HASH_BYTES, SM3, Frontier, TreeHash, path, range_hash, range_peaks

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes in a full tile, entries in a full bundle."""
MAX_ENTRY = 0xFFFF
"""Largest entry, in bytes: its length is a uint16."""

KEPT_TILES = 1024
"""Tiles a reader remembers, some 35 KB each, before it forgets the one it has known longest."""

Fetch = Callable[[str], bytes]


class TileDamaged(Exception):
    """A stored file contradicts the log or itself. `path` names it."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        return type(self), (self.path, self.reason)


class TileMissing(TileDamaged):
    """A file the log needs is not stored, neither partial nor full."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What one batch adds: the new size in leaves, the new root, and every file to store before signing them."""

    size: int
    root: bytes
    files: dict[str, bytes]


# --- names ----------------------------------------------------------------------------------------------------------


def tile_path(*, level: int, index: int, width: int = WIDTH) -> str:
    """Return the path of a hash tile; `width` below 256 names a partial tile."""
    return _numbered(f"tile/{level}", index, width)


def bundle_path(*, index: int, width: int = WIDTH) -> str:
    """Return the path of an entry bundle; `width` below 256 names a partial bundle."""
    return _numbered("tile/entries", index, width)


def _numbered(prefix: str, index: int, width: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    suffix = "" if width == WIDTH else f".p/{width}"
    return f"{prefix}/{'/'.join(reversed(groups))}{suffix}"


def size_with(path: str) -> int:
    """Return how many leaves a log must have for this file, a name as those above, to be one of its files."""
    name, _, width = path.partition(".p/")
    _, level, *groups = name.split("/")
    hashes = int("".join(group.lstrip("x") for group in groups)) * WIDTH + int(width or WIDTH)
    return hashes if level == "entries" else hashes << HEIGHT * int(level)


def grown_paths(*, old_size: int, size: int) -> Iterator[tuple[str, str]]:
    """Yield every file a log of `size` leaves has and one of `old_size` had not yet, as it is called while partial and when
    it is full.
    """
    for level in range(8):
        old, new = old_size >> (HEIGHT * level), size >> (HEIGHT * level)
        for index in range(old // WIDTH, -(-new // WIDTH)) if new > old else ():
            width = min(WIDTH, new - index * WIDTH)
            yield tile_path(level=level, index=index, width=width), tile_path(level=level, index=index)
            if level == 0:
                yield bundle_path(index=index, width=width), bundle_path(index=index)


# --- growing --------------------------------------------------------------------------------------------------------


def grow(
    *,
    old_size: int,
    new_entries: Sequence[bytes],
    fetch: Fetch,
    hash: TreeHash = SM3,
    old_root: bytes | None = None,
) -> Growth:
    """Append entries and return the files of the grown log: new full tiles and bundles, and the new partial ones.

    Reads only the old partial tiles and bundle. They are checked against each other, and against `old_root` where the
    caller knows what it last signed. Raises ValueError for an entry over MAX_ENTRY bytes; TileDamaged when what is
    stored is not the log of `old_size` leaves.
    """
    for entry in new_entries:
        if len(entry) > MAX_ENTRY:
            raise ValueError(f"an entry of {len(entry)} bytes is larger than {MAX_ENTRY}")
    log = TileReader(size=old_size, fetch=fetch, hash=hash)
    frontier = log.frontier()
    if old_root is not None and frontier.root() != old_root:
        raise TileDamaged(log.last_path(), f"stored tiles give another root than the one known for {old_size} leaves")
    if not new_entries:
        return Growth(old_size, frontier.root(), {})
    frontier, runs = frontier.append(hash.hash_leaves(new_entries))
    files = _bundle_files(log=log, new_entries=new_entries)
    for run in runs:
        level, between = divmod(run.height, HEIGHT)
        if not between:
            waiting = run.index % WIDTH
            before = [log.tile(level, run.index // WIDTH)] if waiting else []
            data = b"".join(before + run.hashes)
            for start in range(0, len(data), WIDTH * HASH_BYTES):
                piece = data[start : start + WIDTH * HASH_BYTES]
                index = run.index // WIDTH + start // (WIDTH * HASH_BYTES)
                files[tile_path(level=level, index=index, width=len(piece) // HASH_BYTES)] = piece
    return Growth(frontier.size, frontier.root(), files)


def _bundle_files(*, log: "TileReader", new_entries: Sequence[bytes]) -> dict[str, bytes]:
    """Return the bundles that hold the new entries, the first one behind what its old partial bundle holds."""
    index, waiting = divmod(log.size, WIDTH)
    old = pack(log.verified_bundle(index)) if waiting else b""
    files = {}
    taken = 0
    while taken < len(new_entries):
        piece = new_entries[taken : taken + WIDTH - waiting]
        files[bundle_path(index=index, width=waiting + len(piece))] = old + pack(piece)
        taken += len(piece)
        index, waiting, old = index + 1, 0, b""
    return files


def pack(entries: Sequence[bytes]) -> bytes:
    """Return entries as a bundle: each behind its length in two bytes."""
    return b"".join(chain.from_iterable([(len(entry).to_bytes(2, "big"), entry) for entry in entries]))


def unpack(data: bytes) -> list[bytes]:
    """Return the entries of a bundle. Raises ValueError when a length points beyond the end."""
    entries, at, end = [], 0, len(data)
    while at < end:
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if at > end:
            raise ValueError("the last entry is cut off")
        entries.append(data[start:at])
    return entries


# --- reading --------------------------------------------------------------------------------------------------------


class TileReader:
    """The log at one size, read through `fetch`; a tile is fetched and hashed once and then remembered.

    Keep one reader for many proofs at the same size: after the first proof in a tile, further ones cost no hashing.
    """

    def __init__(self, *, size: int, fetch: Fetch, hash: TreeHash = SM3) -> None:
        if size < 0:
            raise ValueError("a log has no negative size")
        self.size = size
        self.hash = hash
        self._fetch = fetch
        self._tiles: dict[tuple[int, int], list[list[bytes]]] = {}

    def tile(self, level: int, index: int) -> bytes:
        """Return the hashes of one tile as they stand at this size. Raises TileMissing, TileDamaged."""
        return b"".join(self._pyramid(level, index)[0])

    def entries(self, index: int) -> list[bytes]:
        """Return the entries of bundle `index` at this size, unverified. Raises TileMissing, TileDamaged."""
        width = self._width(0, index)
        data, source = self._stored(partial=bundle_path(index=index, width=width), full=bundle_path(index=index))
        try:
            entries = unpack(data)
        except ValueError as error:
            raise TileDamaged(source, str(error)) from error
        expected = WIDTH if source == bundle_path(index=index) else width
        if len(entries) != expected:
            raise TileDamaged(source, f"holds {len(entries)} entries, not {expected}")
        return entries[:width]

    def verified_bundle(self, index: int) -> list[bytes]:
        """Return the entries of bundle `index` after comparing them with the leaf hashes in its tile."""
        entries = self.entries(index)
        if b"".join(self.hash.hash_leaves(entries)) != self.tile(0, index):
            raise TileDamaged(
                bundle_path(index=index, width=len(entries)), "entries do not have the tile's leaf hashes"
            )
        return entries

    def leaf(self, index: int) -> bytes:
        """Return entry `index`, unverified: check it with an inclusion proof. Raises IndexError beyond the log."""
        if not 0 <= index < self.size:
            raise IndexError(f"no entry {index} in a log of {self.size}")
        return self.entries(index // WIDTH)[index % WIDTH]

    def node(self, height: int, index: int) -> bytes:
        """Return the hash of the complete subtree of leaves [index·2^height, (index+1)·2^height)."""
        level, within = divmod(height, HEIGHT)
        tile, offset = divmod(index << within, WIDTH)
        return self._pyramid(level, tile)[within][offset >> within]

    def frontier(self) -> Frontier:
        """Return the state from which this log grows."""
        peaks = tuple(self.node(height, index) for height, index in range_peaks(0, self.size))
        return Frontier(self.size, peaks, self.hash)

    def root(self) -> bytes:
        """Return the tree hash, computed from the rightmost tiles."""
        return self.frontier().root()

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Prove that entry `index` is in the log at this size. Raises ValueError beyond the log."""
        return self._proof(start=index, end=index + 1)

    def consistency_proof(self, old: int) -> list[bytes]:
        """Prove that the log of `old` ≥ 1 leaves is a prefix of this one. Raises ValueError otherwise."""
        return self._proof(start=0, end=old)

    def last_path(self) -> str:
        """Return the path of the rightmost leaf tile, the first to look at when a root is not as expected."""
        index = max(self.size - 1, 0) // WIDTH
        return tile_path(level=0, index=index, width=self._width(0, index))

    def _proof(self, *, start: int, end: int) -> list[bytes]:
        walk = path(start=start, end=end, size=self.size)
        return [range_hash(start=low, end=high, read=self.node, hash=self.hash) for low, high in walk.ranges()]

    def _width(self, level: int, index: int) -> int:
        return min(WIDTH, (self.size >> HEIGHT * level) - index * WIDTH)

    def _stored(self, *, partial: str, full: str) -> tuple[bytes, str]:
        """Fetch the partial file or else the full one; return its bytes and which it was."""
        for candidate in dict.fromkeys((partial, full)):
            try:
                return self._fetch(candidate), candidate
            except (LookupError, FileNotFoundError):
                continue
        raise TileMissing(partial, "is not stored")

    def _pyramid(self, level: int, index: int) -> list[list[bytes]]:
        """Return a tile's hashes and, above them, their complete ancestors inside the tile, height by height."""
        known = self._tiles.get((level, index))
        if known is None:
            width = self._width(level, index)
            if width < 1 or index < 0:
                raise ValueError(f"no tile {index} at level {level} of a log of {self.size}")
            data, _ = self._checked_tile(level=level, index=index, width=width)
            known = [[data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]]
            while len(known[-1]) > 1:
                known.append(self.hash.pair_up(known[-1]))
            if len(self._tiles) >= KEPT_TILES:
                del self._tiles[next(iter(self._tiles))]
            self._tiles[level, index] = known
        return known

    def _checked_tile(self, *, level: int, index: int, width: int) -> tuple[bytes, str]:
        """Return the first `width` hashes of a stored tile, of the right length, and the path they came from."""
        full = tile_path(level=level, index=index)
        data, source = self._stored(partial=tile_path(level=level, index=index, width=width), full=full)
        expected = (WIDTH if source == full else width) * HASH_BYTES
        if len(data) != expected:
            raise TileDamaged(source, f"has {len(data)} bytes, not {expected}")
        return data[: width * HASH_BYTES], source

    def compare_tile(self, *, level: int, index: int, hashes: Sequence[bytes]) -> None:
        """Raise TileDamaged unless the stored tile holds exactly these hashes. Nothing is remembered."""
        data, source = self._checked_tile(level=level, index=index, width=len(hashes))
        if data != b"".join(hashes):
            raise TileDamaged(source, "differs from what the entries below it give")


def rederive(*, size: int, fetch: Fetch, hash: TreeHash = SM3) -> bytes:
    """Recompute the whole log from its entries, compare every stored tile, and return the root.

    Raises TileDamaged at the first file, in leaf order, that is missing, malformed or differs. An entry and its leaf
    hash that disagree are reported at the tile. Holds one unfinished tile per level in memory, whatever the size.
    """
    log = TileReader(size=size, fetch=fetch, hash=hash)
    frontier = Frontier(hash=hash)
    open_tiles: list[list[bytes]] = []
    for entries in _bundles(log):
        frontier, runs = frontier.append(hash.hash_leaves(entries))
        for run in runs:
            level, between = divmod(run.height, HEIGHT)
            if between:
                continue
            if level == len(open_tiles):
                open_tiles.append([])
            open_tiles[level] += run.hashes
            if len(open_tiles[level]) == WIDTH:
                log.compare_tile(level=level, index=run.index // WIDTH, hashes=open_tiles[level])
                open_tiles[level] = []
    for level, hashes in enumerate(open_tiles):
        if hashes:
            log.compare_tile(level=level, index=(size >> HEIGHT * level) // WIDTH, hashes=hashes)
    return frontier.root()


def _bundles(log: TileReader) -> Iterator[list[bytes]]:
    for index in range(-(-log.size // WIDTH)):
        yield log.entries(index)
