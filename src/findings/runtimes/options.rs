//! What this container's own environment, and the URL that is checked, say of connecting: what is set for pilotfish is the
//! app's, as a rule.

use std::time::Duration;

use super::measured_address::MeasuredAddress;
use crate::findings::context::Context;
use crate::order;
use crate::url::Url;

/// What is set for the runtimes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) node: NodeOptions,
    /// The limit of libpq for one address.
    pub(super) libpq: Option<Duration>,
}

/// `connect_timeout` in a URL that is read, else `PGCONNECT_TIMEOUT`; two seconds are libpq's own least, 0 is no limit.
pub(super) fn libpq_limit(context: Context<'_>) -> Option<Duration> {
    const LEAST: u64 = 2;
    let of_url = context.readings.iter().find_map(|reading| {
        let url = Url::parse(reading.text.expose()).ok()?;
        url.param("connect_timeout").map(str::to_owned)
    });
    let seconds: u64 = of_url.as_deref().unwrap_or(context.pg_connect_timeout).parse().ok()?;
    (seconds > 0).then(|| Duration::from_secs(seconds.max(LEAST)))
}

/// The options that decide how Node connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeOptions {
    /// `--network-family-autoselection-attempt-timeout`.
    pub(super) limit: Option<Duration>,
    /// `--no-network-family-autoselection`.
    pub(super) first_only: bool,
    /// `--dns-result-order`: which family leads, `None` for none.
    leads_ipv6: Option<bool>,
}

impl NodeOptions {
    pub(super) const NONE: Self = Self { limit: None, first_only: false, leads_ipv6: None };
    /// Node's own least.
    const LEAST: u64 = 10;

    /// Of several words for one thing the last counts, as Node has it.
    pub(super) fn read(text: &str) -> Self {
        let mut options = Self::NONE;
        let mut words = text.split([' ', '=']).filter(|word| !word.is_empty());
        while let Some(word) = words.next() {
            match word {
                "--network-family-autoselection-attempt-timeout" => {
                    let ms = words.next().and_then(|ms| ms.parse::<u64>().ok());
                    options.limit = ms.map(|ms| Duration::from_millis(ms.max(Self::LEAST)));
                }
                "--no-network-family-autoselection" => options.first_only = true,
                "--network-family-autoselection" => options.first_only = false,
                "--dns-result-order" => {
                    options.leads_ipv6 = match words.next() {
                        Some("ipv4first") => Some(false),
                        Some("ipv6first") => Some(true),
                        _ => None,
                    }
                }
                _ => {}
            }
        }
        options
    }

    /// The addresses in the order that Node makes of its library's.
    pub(super) fn arrange(self, mut measured: Vec<MeasuredAddress>) -> Vec<MeasuredAddress> {
        if let Some(ipv6) = self.leads_ipv6 {
            order::sort_by_key(&mut measured, |candidate| candidate.address.is_ipv6() != ipv6);
        }
        measured
    }
}
