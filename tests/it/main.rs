//! The one integration binary: it drives the real pilotfish. See tests/README.md for which test goes where.

mod ask;
mod canary;
mod close;
mod config;
mod dial;
mod dns;
mod exit_codes;
mod families;
mod hostile;
mod http;
mod layers;
mod limits;
mod listen;
mod metrics;
mod names;
mod peer;
mod postgres;
mod readme;
mod serve;
mod status;
mod support;
mod tls;
mod wait;
mod wrong_protocol;
