"""RFC 6962 Merkle trees over SM3 or SHA-256: roots, proofs, subtrees, and a frontier to grow a tree from.

A proof here is always the same thing: from a range of leaves [start, end) walk up to the whole tree [0, size) and list
the sibling met at each step. For one leaf that is an inclusion proof (RFC 6962, 2.1.1); for [0, old size) a consistency
proof (2.1.2); for any other valid range a subtree consistency proof (draft-ietf-plants-merkle-tree-certs, 4.4). So one
walk (`path`) serves the prover in memory, the prover from tiles, and the verifier.

Hashes are 32 bytes, sizes and indexes count leaves. Wrong arguments of a prover raise ValueError; anything a stranger
could send to a verifier raises ProofInvalid.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

HASH_BYTES = 32
MAX_SIZE = 2**63 - 1
"""Largest tree this code accepts, in leaves; it also bounds what a stranger's proof can make a verifier do."""


class ProofInvalid(Exception):
    """A proof does not show what it claims; the message says at which point it fails."""


class _Digest(Protocol):
    """What this module uses of a hashlib object."""

    def copy(self) -> Self: ...
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


@dataclass(frozen=True)
class TreeHash:
    """A hash function with RFC 6962's domain separation: 0x00 before leaf data, 0x01 before two child hashes.

    `name` is the hashlib name. Copying a digest that has already seen its prefix is half again as fast as making one.
    """

    name: str
    _leaf: _Digest = field(init=False, repr=False, compare=False)
    _node: _Digest = field(init=False, repr=False, compare=False)
    empty: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if (plain := hashlib.new(self.name)).digest_size != HASH_BYTES:
            raise ValueError(f"{self.name} does not give {HASH_BYTES} bytes")
        object.__setattr__(self, "_leaf", hashlib.new(self.name, b"\x00"))
        object.__setattr__(self, "_node", hashlib.new(self.name, b"\x01"))
        object.__setattr__(self, "empty", plain.digest())

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.name,)  # a hashlib object does not travel to another process

    def leaf(self, data: bytes) -> bytes:
        """Hash one leaf's data."""
        return self.hash_leaves((data,))[0]

    def node(self, left: bytes, right: bytes) -> bytes:
        """Hash two child hashes."""
        digest = self._node.copy()
        digest.update(left + right)
        return digest.digest()

    def hash_leaves(self, entries: Iterable[bytes]) -> list[bytes]:
        """Hash many leaves' data, in order."""
        hashes: list[bytes] = []
        keep, copy = hashes.append, self._leaf.copy
        for entry in entries:
            digest = copy()
            digest.update(entry)
            keep(digest.digest())
        return hashes

    def pair_up(self, hashes: Sequence[bytes]) -> list[bytes]:
        """Hash neighbours two by two: the parents of 2n hashes. An odd last hash is left out."""
        parents: list[bytes] = []
        keep, copy = parents.append, self._node.copy
        for left, right in zip(hashes[::2], hashes[1::2], strict=False):
            digest = copy()
            digest.update(left + right)
            keep(digest.digest())
        return parents


SM3 = TreeHash("sm3")
SHA256 = TreeHash("sha256")
HASHES = {hash.name: hash for hash in (SM3, SHA256)}
"""The hashes a log may be set up with. A checkpoint does not say which: it belongs to what is known about the log."""
HASH_OF_KEY = {"sm2sm3": SM3, "ed25519": SHA256}
"""The hash that goes with a log's key here: one suite of Chinese commercial cryptography, one every C2SP monitor reads."""


# --- the walk -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sibling:
    """One step of a walk to the root: the leaves [start, end) whose hash joins from one side.

    `left`: it joins from the left. `shared`: it also belongs to the old tree or subtree the walk started from.
    """

    start: int
    end: int
    left: bool
    shared: bool


@dataclass(frozen=True, slots=True)
class Path:
    """The walk from a range up to the whole tree.

    The seed [seed_start, seed_end) is the node the walk starts from; `seed_known` when that is the range itself, whose
    hash the verifier has, so that the proof leaves it out. `siblings` run from the bottom up.
    """

    seed_start: int
    seed_end: int
    seed_known: bool
    siblings: tuple[Sibling, ...]

    def ranges(self) -> list[tuple[int, int]]:
        """Return the leaf ranges whose hashes form the proof, in proof order."""
        seed = [] if self.seed_known else [(self.seed_start, self.seed_end)]
        return seed + [(sibling.start, sibling.end) for sibling in self.siblings]


def is_subtree(start: int, end: int) -> bool:
    """Tell whether [start, end) is a subtree: not empty, starting at a multiple of its size (rounded up to 2**k)."""
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def path(*, start: int, end: int, size: int) -> Path:
    """Walk from the subtree [start, end) to the root of `size` leaves. Raises ValueError when there is no such walk."""
    if not (is_subtree(start, end) and end <= size <= MAX_SIZE):
        raise ValueError(f"[{start}, {end}) is no subtree of a tree of {size} leaves")
    downward: list[Sibling] = []
    low, high, known = 0, size, True
    while (low, high) != (start, end):
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if end <= middle:
            downward.append(Sibling(middle, high, left=False, shared=False))
            high = middle
        elif start >= middle:
            downward.append(Sibling(low, middle, left=True, shared=False))
            low = middle
        else:  # the range covers all of the left half and a part of the right one: go on with what remains
            downward.append(Sibling(low, middle, left=True, shared=True))
            low = start = middle
            known = False
    return Path(low, high, known, tuple(reversed(downward)))


def _replay(*, walk: Path, known: bytes, proof: Sequence[bytes], hash: TreeHash) -> tuple[bytes, bytes]:
    """Return the hashes of the range walked from and of the whole tree, as the proof has them."""
    if len(proof) != len(walk.siblings) + (not walk.seed_known):
        raise ProofInvalid(f"proof has {len(proof)} hashes, not {len(walk.siblings) + (not walk.seed_known)}")
    if any(len(item) != HASH_BYTES for item in proof):
        raise ProofInvalid(f"proof contains a hash that is not {HASH_BYTES} bytes long")
    hashes = iter(proof)
    old = new = known if walk.seed_known else next(hashes)
    for sibling, joining in zip(walk.siblings, hashes, strict=True):
        if sibling.shared:
            old = hash.node(joining, old)
        new = hash.node(joining, new) if sibling.left else hash.node(new, joining)
    return old, new


def _checked_path(*, start: int, end: int, size: int) -> Path:
    try:
        return path(start=start, end=end, size=size)
    except ValueError as error:
        raise ProofInvalid(str(error)) from error


def _match(*, computed: bytes, expected: bytes, what: str) -> None:
    if computed != expected:
        raise ProofInvalid(f"computed {what} {computed.hex()} is not {expected.hex()}")


# --- from all leaf hashes in memory ---------------------------------------------------------------------------------


def root(leaf_hashes: Sequence[bytes], *, hash: TreeHash = SM3) -> bytes:
    """Return the RFC 6962 tree hash of all leaf hashes; the empty hash for none."""
    if not leaf_hashes:
        return hash.empty
    level = list(leaf_hashes)
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = hash.pair_up(level) + odd
    return level[0]


def inclusion_proof(leaf_hashes: Sequence[bytes], *, index: int, hash: TreeHash = SM3) -> list[bytes]:
    """Prove that leaf `index` belongs to the tree of all `leaf_hashes`."""
    return subtree_consistency_proof(leaf_hashes, start=index, end=index + 1, hash=hash)


def consistency_proof(leaf_hashes: Sequence[bytes], *, old_size: int, hash: TreeHash = SM3) -> list[bytes]:
    """Prove that the tree of the first `old_size` leaves, at least one, is a prefix of the tree of all of them."""
    return subtree_consistency_proof(leaf_hashes, start=0, end=old_size, hash=hash)


def subtree_consistency_proof(
    leaf_hashes: Sequence[bytes], *, start: int, end: int, hash: TreeHash = SM3
) -> list[bytes]:
    """Prove that the subtree [start, end) is part of the tree of all `leaf_hashes`."""
    walk = path(start=start, end=end, size=len(leaf_hashes))
    return [root(leaf_hashes[low:high], hash=hash) for low, high in walk.ranges()]


# --- verification ---------------------------------------------------------------------------------------------------


def verify_inclusion(
    *, index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes, hash: TreeHash = SM3
) -> None:
    """Check that a leaf is number `index` of the tree of `size` leaves with this root. Raises ProofInvalid."""
    verify_subtree_inclusion(index=index, start=0, end=size, leaf_hash=leaf_hash, proof=proof, root=root, hash=hash)


def implied_root(*, index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], hash: TreeHash = SM3) -> bytes:
    """Return the root an inclusion proof leads to; it shows something once the log signed it. Raises ProofInvalid."""
    if not 0 <= index < size:
        raise ProofInvalid(f"leaf {index} cannot be in a tree of {size} leaves")
    return _replay(walk=_checked_path(start=index, end=index + 1, size=size), known=leaf_hash, proof=proof, hash=hash)[
        1
    ]


def verify_subtree_inclusion(
    *, index: int, start: int, end: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes, hash: TreeHash = SM3
) -> None:
    """Check that a leaf is number `index` of the whole tree, inside the subtree [start, end) with hash `root`.

    Raises ProofInvalid.
    """
    if not (is_subtree(start, end) and start <= index < end):
        raise ProofInvalid(f"leaf {index} cannot be in a subtree [{start}, {end})")
    if len(leaf_hash) != HASH_BYTES:
        raise ProofInvalid(f"the leaf hash has {len(leaf_hash)} bytes")
    walk = _checked_path(start=index - start, end=index - start + 1, size=end - start)
    _, computed = _replay(walk=walk, known=leaf_hash, proof=proof, hash=hash)
    _match(computed=computed, expected=root, what="root")


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes], hash: TreeHash = SM3
) -> None:
    """Check that the tree of `old_size` leaves is a prefix of the tree of `new_size` leaves. Raises ProofInvalid.

    Equal sizes need equal roots and an empty proof. Nothing follows from an empty old tree, so that is refused.
    """
    if old_size < 1:
        raise ProofInvalid("nothing is consistent with an empty tree")
    verify_subtree_consistency(
        start=0, end=old_size, size=new_size, node=old_root, root=new_root, proof=proof, hash=hash
    )


def verify_subtree_consistency(
    *, start: int, end: int, size: int, node: bytes, root: bytes, proof: Sequence[bytes], hash: TreeHash = SM3
) -> None:
    """Check that the subtree [start, end) with hash `node` is part of the tree of `size` leaves. Raises ProofInvalid.

    An empty subtree (start = end ≤ size) is part of any tree: it needs the empty hash and an empty proof.
    """
    if start == end:
        if not 0 <= start <= size or proof:
            raise ProofInvalid("an empty subtree lies inside the tree and needs an empty proof")
        _match(computed=hash.empty, expected=node, what="empty subtree")
        return
    walk = _checked_path(start=start, end=end, size=size)
    old, new = _replay(walk=walk, known=node, proof=proof, hash=hash)
    _match(computed=old, expected=node, what="old root")
    _match(computed=new, expected=root, what="root")


# --- growing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Completed:
    """Consecutive nodes that became complete at one height; node i at height h covers leaves [i·2^h, (i+1)·2^h)."""

    height: int
    index: int
    hashes: list[bytes]


@dataclass(frozen=True)
class Frontier:
    """All a tree must remember to grow: its size and the hash of each complete subtree, largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()
    hash: TreeHash = SM3

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE or len(self.peaks) != self.size.bit_count():
            raise ValueError(f"{len(self.peaks)} peaks cannot belong to {self.size} leaves")
        if any(len(peak) != HASH_BYTES for peak in self.peaks):
            raise ValueError(f"a peak is not {HASH_BYTES} bytes long")

    def root(self) -> bytes:
        """Return the tree hash."""
        return fold_peaks(self.peaks, hash=self.hash)

    def append(self, leaf_hashes: Sequence[bytes]) -> tuple[Self, list[Completed]]:
        """Return the grown frontier and every node completed on the way, from height 0 (the new leaves) upwards."""
        runs: list[Completed] = []
        peaks: list[bytes] = []
        old_peaks = list(self.peaks)
        fresh, height = list(leaf_hashes), 0
        while fresh or old_peaks:
            if fresh:
                runs.append(Completed(height, self.size >> height, fresh))
            waiting = [old_peaks.pop()] if self.size >> height & 1 else []
            here = waiting + fresh
            if len(here) % 2:
                peaks.append(here[-1])
            fresh = self.hash.pair_up(here)
            height += 1
        return type(self)(self.size + len(leaf_hashes), tuple(reversed(peaks)), self.hash), runs

    def to_bytes(self) -> bytes:
        """Serialise: hash name, newline, size as 8 bytes big-endian, then the peaks, largest first."""
        return self.hash.name.encode() + b"\n" + self.size.to_bytes(8, "big") + b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote. Raises ValueError for anything else."""
        name, separator, rest = data.partition(b"\n")
        tree_hash = HASHES.get(name.decode("ascii", "replace"))
        if tree_hash is None or not separator or len(rest) < 8 or (len(rest) - 8) % HASH_BYTES:
            raise ValueError("these bytes are no frontier")
        peaks = tuple(rest[at : at + HASH_BYTES] for at in range(8, len(rest), HASH_BYTES))
        return cls(int.from_bytes(rest[:8], "big"), peaks, tree_hash)


def fold_peaks(peaks: Sequence[bytes], *, hash: TreeHash = SM3) -> bytes:
    """Return the tree hash over complete subtrees given largest first; the empty hash for none."""
    if not peaks:
        return hash.empty
    folded = peaks[-1]
    for peak in reversed(peaks[:-1]):
        folded = hash.node(peak, folded)
    return folded


def range_peaks(start: int, end: int) -> list[tuple[int, int]]:
    """Cut [start, end), where start is a multiple of the largest power of two in it, into complete subtrees.

    Returns (height, index) pairs, largest first, as `fold_peaks` wants their hashes.
    """
    pieces = []
    while start < end:
        height = (end - start).bit_length() - 1
        pieces.append((height, start >> height))
        start += 1 << height
    return pieces


NodeReader = Callable[[int, int], bytes]
"""Gives the hash of the complete node (height, index)."""


def range_hash(*, start: int, end: int, read: NodeReader, hash: TreeHash = SM3) -> bytes:
    """Return the tree hash of leaves [start, end) from complete nodes read one by one."""
    return fold_peaks([read(height, index) for height, index in range_peaks(start, end)], hash=hash)
