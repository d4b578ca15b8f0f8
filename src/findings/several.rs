//! Which of several addresses a failure comes from: behind one name may stand a stale replica or an old primary.

use std::net::{IpAddr, SocketAddr};

use crate::cause::Cause;
use crate::outcome::{Evidence, Fault, Phase, Resolved};

/// One address of several, of which a failure is.
pub(super) struct OneOfSeveral<'a> {
    address: SocketAddr,
    name: &'a str,
    count: usize,
}

/// The address that the failure comes from, where its name has others. A member of `require: each` is shown with its own.
pub(super) fn one_of_several<'a>(fault: &Fault, evidence: &'a Evidence) -> Option<OneOfSeveral<'a>> {
    if fault.phase <= Phase::Connect || !evidence.members.is_empty() {
        return None;
    }
    let address = evidence.tries.get(fault.attempt?)?.address;
    let known = |one: &&Resolved| one.addresses.iter().any(|ip| ip.to_canonical() == address.ip());
    let name = evidence.resolved.iter().find(known)?.name.as_str();
    let mut all: Vec<IpAddr> = Vec::new();
    for ip in evidence.resolved.iter().filter(|one| one.name == name).flat_map(|one| &one.addresses) {
        if !all.contains(&ip.to_canonical()) {
            all.push(ip.to_canonical());
        }
    }
    (all.len() > 1).then_some(OneOfSeveral { address, name, count: all.len() })
}

/// What is to be added to the message of a fault: the address that it comes from, where that is one of several.
#[must_use]
pub fn address_note(fault: &Fault, evidence: &Evidence) -> Option<String> {
    let OneOfSeveral { address, name, count } = one_of_several(fault, evidence)?;
    Some(format!("({address}, one of {count} addresses of {name})"))
}

/// What is to be added to the hint of a login, where another address might accept it. Without the address, which may differ
/// from run to run: each new text is a new event.
#[must_use]
pub fn several_note(fault: &Fault, evidence: &Evidence) -> Option<String> {
    let of_one_server = matches!(
        fault.cause,
        Cause::PasswordRejected
            | Cause::LoginRejected
            | Cause::PasswordMissing
            | Cause::PasswordNotExpected
            | Cause::NoSuchDatabase
    );
    let several = one_of_several(fault, evidence).filter(|_| of_one_server)?;
    Some(format!(
        "{} has several addresses: compare the one in the message with the others, one may be an old server.",
        several.name
    ))
}

#[cfg(test)]
mod tests {
    use super::{address_note, several_note};
    use crate::cause::Cause;
    use crate::findings::testing::tried;
    use crate::outcome::{ConnectResult, Evidence, Fault, Member, Phase, Resolved};

    fn resolved(name: &str, family: u8, addresses: &[&str]) -> Resolved {
        let addresses = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
        Resolved { name: name.to_owned(), family, addresses }
    }

    #[test]
    fn the_address_that_refused_is_named() {
        let tries =
            vec![tried("10.0.0.1:5432", ConnectResult::Refused), tried("10.0.0.2:5432", ConnectResult::Connected)];
        let two =
            Evidence { tries, resolved: vec![resolved("db", 4, &["10.0.0.1", "10.0.0.2"])], ..Evidence::default() };
        let fault = |phase, cause| Fault::new(phase, cause, "rejected").of_attempt(Some(1));
        let login = || fault(Phase::Login, Cause::PasswordRejected);
        assert_eq!(address_note(&login(), &two).as_deref(), Some("(10.0.0.2:5432, one of 2 addresses of db)"));
        assert!(several_note(&login(), &two).is_some_and(|note| note.starts_with("db has several addresses")));
        let status = fault(Phase::Assert, Cause::HttpStatus);
        assert!(address_note(&status, &two).is_some());
        assert_eq!(several_note(&status, &two), None);

        let one = Evidence { resolved: vec![resolved("db", 4, &["10.0.0.2"])], ..two.clone() };
        let other = Evidence {
            resolved: vec![resolved("db", 4, &["10.0.0.2"]), resolved("old", 4, &["10.0.0.1"])],
            ..two.clone()
        };
        let both = Evidence { resolved: vec![resolved("db", 4, &["10.0.0.2"]), resolved("db", 6, &[])], ..two.clone() };
        let member = Member { address: "10.0.0.2:5432".parse().unwrap(), failure: None };
        let each = Evidence { members: vec![member], ..two.clone() };
        for evidence in [one, other, both, each, Evidence::default()] {
            assert_eq!(address_note(&login(), &evidence), None);
            assert_eq!(several_note(&login(), &evidence), None);
        }
        let unconnected = Fault::new(Phase::Login, Cause::PasswordRejected, "rejected");
        assert_eq!(address_note(&unconnected, &two), None, "which one is not known");
    }
}
