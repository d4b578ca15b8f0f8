//! The keys that every server with a login has: where it is, and who logs in. Read and checked once, for every kind.
//!
//! A kind reads them beside its own keys ([`read`]), says with [`ServerRules`] what its URLs look like, and gets a
//! [`Server`] for each run. What the path and the parameters of the URL mean, and every other key, is the kind's own.

mod beside;
mod form;
mod keys;
mod resolve;
mod socket;

pub use beside::read;
#[cfg(test)]
pub use beside::{describe, schema};
pub use form::Form;
pub use keys::{HostProblem, Port, ServerKeys, ServerRules, origin_of, read_host};
pub use resolve::{ON_SOCKET, Server, plain, unfit_socket};

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
