//! Stands in for the demo.
fn main() {}
