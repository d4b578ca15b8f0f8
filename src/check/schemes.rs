//! Every URL scheme that is known, joined of what the kinds say, and what a scheme means here.

use crate::check::connection::{DRIVERS, PROTOCOLS, Protocol};
use crate::check::{KINDS, Kind};
use crate::config::node::nearest;
use crate::findings::Blame;
use crate::outcome::ValueDetail;
use crate::scheme::{Scheme, Schemes};

/// Every scheme: those of the kinds, in their order, then those that are connected to at most.
pub const SCHEMES: Schemes = Schemes::new(&ALL);

static ALL: [Scheme; joined::<0>().1] = joined().0;

/// The rows of all, and how many there are; `N` is 0 where only the number is asked for.
const fn joined<const N: usize>() -> ([Scheme; N], usize) {
    let (mut rows, mut count) = ([Scheme::new(""); N], 0);
    let (mut kind, mut protocol) = (0, 0);
    while kind < KINDS.len() {
        count = append(&mut rows, count, KINDS[kind].schemes);
        kind += 1;
    }
    while protocol < PROTOCOLS.len() {
        if !is_spoken(PROTOCOLS[protocol].name) {
            count = append(&mut rows, count, PROTOCOLS[protocol].schemes);
        }
        protocol += 1;
    }
    count = append(&mut rows, count, DRIVERS);
    (rows, count)
}

/// Whether a kind has come to speak the protocol of this name: its own schemes count then.
const fn is_spoken(name: &str) -> bool {
    let (name, mut kind) = (name.as_bytes(), 0);
    while kind < KINDS.len() {
        let other = KINDS[kind].name.as_bytes();
        let mut same = 0;
        while same < name.len() && same < other.len() && name[same] == other[same] {
            same += 1;
        }
        if same == name.len() && same == other.len() {
            return true;
        }
        kind += 1;
    }
    false
}

const fn append(rows: &mut [Scheme], mut count: usize, more: &[Scheme]) -> usize {
    let mut index = 0;
    while index < more.len() {
        if count < rows.len() {
            rows[count] = more[index];
        }
        count += 1;
        index += 1;
    }
    count
}

/// What the scheme of a URL means here.
#[derive(Clone, Copy)]
pub enum Meaning {
    /// This kind reads the URL.
    Kind(&'static Kind),
    /// No kind speaks this protocol: at most it is connected to.
    Protocol(&'static Protocol),
    /// A form of URL that one driver alone reads; the name of what it leads to.
    Driver(&'static str),
    /// Nothing that is known.
    Unknown,
}

/// What a scheme means; capitals do not matter.
#[must_use]
pub fn meaning(scheme: &str) -> Meaning {
    if let Some(known) = SCHEMES.get(scheme) {
        return owner(known).map_or(Meaning::Driver(DRIVER), Owner::meaning);
    }
    let stem = scheme.split_once('+').and_then(|(stem, _)| SCHEMES.get(stem));
    if let Some(stem) = stem.filter(|stem| stem.takes_driver) {
        return owner(stem).map_or(Meaning::Unknown, Owner::meaning);
    }
    match SCHEMES.stem(scheme) {
        Some(stem) if stem.is_of_server() => Meaning::Driver(owner(stem).map_or(DRIVER, Owner::name)),
        Some(_) => Meaning::Driver(DRIVER),
        None => Meaning::Unknown,
    }
}

/// What is to blame where a URL has a scheme that its check does not take (`says`): the URL, where another check takes it or
/// one of the `own` schemes is meant; else this is a limit of ours.
#[must_use]
pub fn blame_scheme(scheme: &str, own: &[&str], says: impl Into<String>) -> Blame {
    let detail = match meaning(scheme) {
        Meaning::Kind(_) | Meaning::Protocol(_) => None,
        Meaning::Driver(_) => Some(ValueDetail::NotRead),
        Meaning::Unknown => nearest(scheme, own).is_none().then_some(ValueDetail::NotSpoken),
    };
    Blame::with_detail(detail, says)
}

/// The name of what a driver's own form of URL leads to, where that is no server that is known.
const DRIVER: &str = "driver";

/// Whose scheme it is.
#[derive(Clone, Copy)]
enum Owner {
    Kind(&'static Kind),
    Protocol(&'static Protocol),
}

fn owner(scheme: &Scheme) -> Option<Owner> {
    let kind = KINDS.iter().find(|kind| kind.schemes.contains(scheme)).map(Owner::Kind);
    let protocol = || PROTOCOLS.iter().find(|one| one.schemes.contains(scheme)).map(Owner::Protocol);
    kind.or_else(protocol)
}

impl Owner {
    const fn meaning(self) -> Meaning {
        match self {
            Self::Kind(kind) => Meaning::Kind(kind),
            Self::Protocol(protocol) => Meaning::Protocol(protocol),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Kind(kind) => kind.name,
            Self::Protocol(protocol) => protocol.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Meaning, SCHEMES, meaning};
    use crate::check::KINDS;
    use crate::check::connection::PROTOCOLS;
    use crate::findings::Family;

    #[test]
    fn each_scheme_is_of_one_kind_or_protocol() {
        let names: Vec<&str> = SCHEMES.iter().map(|scheme| scheme.name).collect();
        for name in &names {
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
            assert_eq!(*name, name.to_ascii_lowercase());
        }
        // A row that a kind has superseded may go: nothing of it is lost.
        for protocol in PROTOCOLS {
            let Some(kind) = KINDS.iter().find(|kind| kind.name == protocol.name) else { continue };
            let taken = |name: &str| kind.schemes.iter().any(|scheme| scheme.name == name);
            assert!(protocol.schemes.iter().all(|scheme| taken(scheme.name)), "{} lacks a scheme", kind.name);
        }
        for scheme in SCHEMES.iter().filter(|scheme| scheme.is_of_server()) {
            assert!(scheme.default_port.is_some(), "{} leads to a server, whose port is to be known", scheme.name);
        }
        for family in SCHEMES.iter().filter_map(|scheme| scheme.family) {
            assert!(Family::ALL.iter().any(|known| known.name() == family), "{family} is no row of the family table");
        }
    }

    #[test]
    fn what_a_scheme_means() {
        let word = |scheme: &str| match meaning(scheme) {
            Meaning::Kind(kind) => format!("kind {}", kind.name),
            Meaning::Protocol(protocol) => format!("protocol {}", protocol.name),
            Meaning::Driver(name) => format!("driver {name}"),
            Meaning::Unknown => "unknown".to_owned(),
        };
        for (scheme, expected) in [
            ("postgres", "kind postgres"),
            ("POSTGRESQL", "kind postgres"),
            ("postgresql+asyncpg", "kind postgres"),
            ("jdbc:postgresql", "driver postgres"),
            ("peer+https", "kind peer"),
            ("http+unix", "driver driver"),
            ("mongodb+srv", "kind mongodb"),
            ("mongodb+asyncio", "driver mongodb"),
            ("amqps", "kind amqp"),
            ("sqlserver", "protocol sqlserver"),
            ("mysql+pymysql", "kind mysql"),
            ("jdbc:mysql", "driver mysql"),
            ("mysql2", "kind mysql"),
            ("mysql2+x", "driver mysql"),
            ("prisma+postgres", "driver driver"),
            ("ws", "kind websocket"),
            ("ws+unix", "driver driver"),
            ("unheard", "unknown"),
            ("jdbc:unheard", "unknown"),
            ("", "unknown"),
        ] {
            assert_eq!(word(scheme), expected, "{scheme}");
        }
    }
}
