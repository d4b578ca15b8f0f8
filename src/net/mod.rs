//! Everything that touches the network for a check: names, one connect at a time, TLS, the one stream type.
//!
//! [`attempt::Attempt`] is the face of it: protocol code asks it to connect and to start TLS, and it records what it saw.

pub mod attempt;
pub mod buffer_budget;
mod connect;
pub mod descriptors;
pub mod dial;
pub mod greeters;
pub mod io;
pub mod options;
pub mod oserr;
pub mod ping;
pub mod resolve;
pub mod sightings;
pub mod speaks;
pub mod stream_error;
pub mod survey;
pub mod throttling;
pub mod tls;
pub mod turns;
mod unix;
mod world;

pub use world::World;
