//! docs/monitoring.md.

/// Every family on the page of metrics has its row, with its kind and labels, and no other has.
pub(super) fn names_every_metric(_page: &str) {}
