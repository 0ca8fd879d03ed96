"""RFC 6962 trees: 518 published proofs, the standard's own recursive definition, tampering, growth."""

import base64
import hashlib
import io
import json
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared_data import shared_data
from xuefen.bedrock import merkle
from xuefen.bedrock.merkle import HASHES, SHA256, SM3, Frontier, ProofInvalid, TreeHash

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")


def leaves(count: int, *, hash: TreeHash = SM3) -> list[bytes]:
    """Return `count` distinct leaf hashes."""
    return hash.hash_leaves(b"leaf %d" % i for i in range(count))


def definition(hashes: list[bytes], *, hash: TreeHash) -> bytes:
    """The tree hash exactly as RFC 6962 section 2.1 defines it."""
    if not hashes:
        return hash.empty
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return hash.node(definition(hashes[:half], hash=hash), definition(hashes[half:], hash=hash))


# --- published vectors ----------------------------------------------------------------------------------------------


def b64(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def verify_case(kind: str, case: dict) -> None:
    """Run one published case; raises ProofInvalid when the proof is refused."""
    proof = [b64(item) for item in case["proof"] or []]
    if kind == "inclusion":
        merkle.verify_inclusion(
            index=case["leafIdx"],
            size=case["treeSize"],
            leaf_hash=b64(case["leafHash"]),
            proof=proof,
            root=b64(case["root"]),
            hash=SHA256,
        )
    elif kind == "subtreeinclusion":
        merkle.verify_subtree_inclusion(
            index=case["leafIdx"],
            start=case["start"],
            end=case["end"],
            leaf_hash=b64(case["leafHash"]),
            proof=proof,
            root=b64(case["root"]),
            hash=SHA256,
        )
    elif kind == "consistency":
        merkle.verify_consistency(
            old_size=case["size1"],
            new_size=case["size2"],
            old_root=b64(case["root1"]),
            new_root=b64(case["root2"]),
            proof=proof,
            hash=SHA256,
        )
    else:
        assert kind == "subtreeconsistency"
        merkle.verify_subtree_consistency(
            start=case["start"],
            end=case["end"],
            size=case["size"],
            node=b64(case["root1"]),
            root=b64(case["root2"]),
            proof=proof,
            hash=SHA256,
        )


def test_all_518_published_cases():
    wrong, count = [], 0
    with tarfile.open(shared_data("tlog/transparency-dev_merkle_testdata_518.tar.gz")) as archive:
        for member in archive:
            if not member.name.endswith(".json"):
                continue
            stream = archive.extractfile(member)
            assert isinstance(stream, io.BufferedReader)
            case = json.load(stream)
            count += 1
            try:
                verify_case(member.name.split("/")[1], case)
                refused = False
            except ProofInvalid:
                refused = True
            if refused != case["wantErr"]:
                wrong.append(member.name)
    assert count == 518
    assert not wrong


# --- against the definition -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hash", [SM3, SHA256])
def test_prefixes_and_empty_hash_are_those_of_rfc_6962(hash):
    def plain(data):
        return hashlib.new(hash.name, data).digest()

    assert hash.empty == plain(b"")
    assert hash.leaf(b"abc") == plain(b"\x00abc")
    assert hash.node(b"l" * 32, b"r" * 32) == plain(b"\x01" + b"l" * 32 + b"r" * 32)
    assert hash.pair_up([b"1" * 32, b"2" * 32, b"3" * 32]) == [hash.node(b"1" * 32, b"2" * 32)]
    assert HASHES[hash.name] is hash


def test_a_hash_of_another_length_is_refused():
    with pytest.raises(ValueError):
        TreeHash("sha512")


@pytest.mark.parametrize("hash", [SM3, SHA256])
def test_roots_equal_the_recursive_definition(hash):
    hashes = leaves(70, hash=hash)
    for size in range(71):
        assert merkle.root(hashes[:size], hash=hash) == definition(hashes[:size], hash=hash), size


def test_every_proof_of_every_small_tree():
    everything = leaves(33)
    roots = [merkle.root(everything[:size]) for size in range(34)]
    for size in range(1, 34):
        hashes = everything[:size]
        for index in range(size):
            proof = merkle.inclusion_proof(hashes, index=index)
            merkle.verify_inclusion(index=index, size=size, leaf_hash=hashes[index], proof=proof, root=roots[size])
        for old in range(1, size + 1):
            proof = merkle.consistency_proof(hashes, old_size=old)
            merkle.verify_consistency(
                old_size=old, new_size=size, old_root=roots[old], new_root=roots[size], proof=proof
            )


def test_every_subtree_of_every_small_tree():
    everything = leaves(20)
    checked = 0
    for size in range(1, 21):
        hashes = everything[:size]
        whole = merkle.root(hashes)
        for start in range(size):
            for end in range(start + 1, size + 1):
                if not merkle.is_subtree(start, end):
                    with pytest.raises(ValueError):
                        merkle.subtree_consistency_proof(hashes, start=start, end=end)
                    continue
                node = merkle.root(hashes[start:end])
                proof = merkle.subtree_consistency_proof(hashes, start=start, end=end)
                merkle.verify_subtree_consistency(start=start, end=end, size=size, node=node, root=whole, proof=proof)
                for index in range(start, end):
                    proof = merkle.inclusion_proof(hashes[start:end], index=index - start)
                    merkle.verify_subtree_inclusion(
                        index=index, start=start, end=end, leaf_hash=hashes[index], proof=proof, root=node
                    )
                    checked += 1
    assert checked > 2000


def test_valid_subtrees_are_those_of_the_draft():
    assert [(s, e) for s in range(6) for e in range(7) if merkle.is_subtree(s, e)] == [
        *[(0, e) for e in range(1, 7)],
        *[(1, 2), (2, 3), (2, 4), (3, 4), (4, 5), (4, 6), (5, 6)],
    ]


@pytest.mark.parametrize("index", [-1, 5])
def test_provers_refuse_what_is_not_in_the_tree(index):
    with pytest.raises(ValueError):
        merkle.inclusion_proof(leaves(5), index=index)


@pytest.mark.parametrize("old_size", [0, -1, 6])
def test_no_consistency_proof_from_nothing_or_from_the_future(old_size):
    with pytest.raises(ValueError):
        merkle.consistency_proof(leaves(5), old_size=old_size)


# --- tampering ------------------------------------------------------------------------------------------------------


def damaged(proof: list[bytes], data: st.DataObject) -> list[bytes]:
    """Return the proof with one random change: a bit, a hash too many, too few, too short, or two swapped."""
    proof = list(proof)
    how = data.draw(st.sampled_from(["bit", "insert", "remove", "short", "swap"]))
    at = data.draw(st.integers(0, max(len(proof) - 1, 0)))
    if how == "insert" or not proof:
        proof.insert(at, data.draw(st.sampled_from([*proof, bytes(32), b""])))
    elif how == "remove":
        del proof[at]
    elif how == "short":
        proof[at] = proof[at][:-1]
    elif how == "swap" and len(proof) > 1:
        other = (at + 1) % len(proof)
        proof[at], proof[other] = proof[other], proof[at]
    else:
        bit = data.draw(st.integers(0, 255))
        proof[at] = (int.from_bytes(proof[at], "big") ^ 1 << bit).to_bytes(32, "big")
    return proof


@given(st.integers(1, 300), st.data())
def test_a_damaged_inclusion_proof_is_refused(size, data):
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    root, proof = merkle.root(hashes), merkle.inclusion_proof(hashes, index=index)
    good = {"index": index, "size": size, "leaf_hash": hashes[index], "proof": proof, "root": root}
    merkle.verify_inclusion(**good)
    for change in (
        {"proof": damaged(proof, data)},
        {"index": index ^ 1},
        {"index": -1},
        {"index": size},
        {"size": 0},
        {"size": 2**64},
        {"leaf_hash": hash_of("else")},
        {"leaf_hash": b""},
        {"root": SM3.empty},
        {"hash": SHA256} if size > 1 else {"root": b""},
    ):
        with pytest.raises(ProofInvalid):
            merkle.verify_inclusion(**(good | change))


def hash_of(text: str) -> bytes:
    return SM3.leaf(text.encode())


@given(st.integers(2, 300), st.data())
def test_a_damaged_consistency_proof_is_refused(size, data):
    hashes = leaves(size)
    old = data.draw(st.integers(1, size - 1))
    proof = merkle.consistency_proof(hashes, old_size=old)
    good = {
        "old_size": old,
        "new_size": size,
        "old_root": merkle.root(hashes[:old]),
        "new_root": merkle.root(hashes),
        "proof": proof,
    }
    merkle.verify_consistency(**good)
    for change in (
        {"proof": damaged(proof, data)},
        {"old_size": size, "new_size": old},
        {"old_size": size},
        {"old_size": 0, "old_root": SM3.empty, "proof": []},
        {"old_root": hash_of("else")},
        {"new_root": hash_of("else")},
        {"hash": SHA256},
    ):
        with pytest.raises(ProofInvalid):
            merkle.verify_consistency(**(good | change))


def test_a_fork_has_no_consistency_proof():
    honest, forked = leaves(12), leaves(12)
    forked[3] = hash_of("rewritten")
    with pytest.raises(ProofInvalid):
        merkle.verify_consistency(
            old_size=7,
            new_size=12,
            old_root=merkle.root(honest[:7]),
            new_root=merkle.root(forked),
            proof=merkle.consistency_proof(forked, old_size=7),
        )


def test_bytes_cannot_move_between_a_root_and_its_sibling():
    """Two children are hashed as one string: a 33-byte old root beside a 31-byte hash gives the right new root."""
    hashes = leaves(4)
    old_root, new_root = merkle.root(hashes[:2]), merkle.root(hashes)
    (sibling,) = merkle.consistency_proof(hashes, old_size=2)
    with pytest.raises(ProofInvalid):
        merkle.verify_consistency(
            old_size=2, new_size=4, old_root=old_root + sibling[:1], new_root=new_root, proof=[sibling[1:]]
        )


# --- growth ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 90), max_size=8), st.sampled_from([SM3, SHA256]))
def test_a_frontier_grown_in_any_batches_has_the_root_and_every_completed_node(batches, hash):
    hashes = leaves(sum(batches), hash=hash)
    frontier, nodes = Frontier(hash=hash), {}
    for batch in batches:
        frontier = Frontier.from_bytes(frontier.to_bytes())
        frontier, runs = frontier.append(hashes[frontier.size : frontier.size + batch])
        for run in runs:
            for offset, node in enumerate(run.hashes):
                assert (run.height, run.index + offset) not in nodes
                nodes[run.height, run.index + offset] = node
        assert frontier.root() == merkle.root(hashes[: frontier.size], hash=hash)
    expected = {
        (height, index): merkle.root(hashes[index << height : (index + 1) << height], hash=hash)
        for height in range(len(hashes).bit_length())
        for index in range(len(hashes) >> height)
    }
    assert nodes == expected
    for end in range(1, len(hashes) + 1, 7):
        got = merkle.range_hash(start=0, end=end, read=lambda height, index: nodes[height, index], hash=hash)
        assert got == merkle.root(hashes[:end], hash=hash)


@pytest.mark.parametrize(
    "data",
    [b"", b"sm3", b"md5\n" + bytes(8), b"sm3\n" + bytes(7), b"sm3\n" + bytes(7) + b"\x01", b"sm3\n" + bytes(8 + 32)],
)
def test_bytes_that_are_no_frontier(data):
    with pytest.raises(ValueError):
        Frontier.from_bytes(data)


def test_a_frontier_refuses_short_peaks():
    with pytest.raises(ValueError):
        Frontier(1, (b"short",))
