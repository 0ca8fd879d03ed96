// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// Checkpoints of one transparency log: the root under each size its bank anchored. Only the bank writes, sizes only grow,
/// nothing is ever changed or removed.
contract CheckpointAnchors {
    /// Who deployed the contract and alone may anchor.
    address public immutable bank;
    /// SHA-256 of the log's name (its origin line).
    bytes32 public immutable log;
    /// The largest size anchored so far.
    uint64 public newest;
    /// The root of the log at a size; zero where none was anchored.
    mapping(uint64 => bytes32) public rootAt;

    event Anchored(uint64 indexed size, bytes32 root);

    constructor(bytes32 log_) {
        bank = msg.sender;
        log = log_;
    }

    function anchor(uint64 size, bytes32 root) external {
        require(msg.sender == bank, "only the bank anchors");
        require(size > newest, "sizes only grow");
        require(root != bytes32(0), "no root");
        newest = size;
        rootAt[size] = root;
        emit Anchored(size, root);
    }
}
