//! The program `augur`.
fn main() {}
