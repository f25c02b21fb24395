//! The rules of the house, run as tests: what one would otherwise have to remember in a review.
//!
//! Each test says in its failure what to do. They read the tree, the manifests and the descriptors; nothing is started.

mod arrows;
mod contracts;
mod dependencies;
mod files;
mod lint;
mod map;
mod reasons;
mod rpcs;
mod surface;
mod tree;
