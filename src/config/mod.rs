//! The configuration: YAML to nodes, nodes to a plan, all faults at once.

pub mod node;
pub mod plan;
