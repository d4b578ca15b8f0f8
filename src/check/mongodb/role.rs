//! Whether a server is what the check requires: its state, its replica set, its role. Pure rules about what a hello says.

use super::code;
use super::fault::observed;
use super::hello::{Hello, State};
use super::words::Role;
use crate::cause::Cause;
use crate::outcome::{Fault, Phase};

/// What a check requires of the server that it logs in to.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The name that the replica set must have.
    pub(super) set: Option<String>,
    /// As the keys or the URL say.
    pub(super) role: Option<Role>,
    /// No other server will do than the one in the URL.
    pub(super) direct: bool,
    pub(super) load_balanced: bool,
    /// Every driver uses the members that the set announces, not only the servers of the URL. Java's does not if the URL has one
    /// host, and neither `replicaSet` nor `directConnection`.
    pub(super) discovers: bool,
}

/// Where a login may be made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At the server that said hello.
    Here,
    /// At another member of its replica set.
    Elsewhere,
}

impl Wanted {
    /// The role that is required in a replica set: drivers read from the primary, unless they are told otherwise.
    pub(super) fn role(&self) -> Role {
        self.role.unwrap_or(if self.direct { Role::Any } else { Role::Primary })
    }

    /// Where to log in, by the hello of a server.
    ///
    /// # Errors
    /// The fault of a server that no driver would use.
    pub(super) fn place(&self, hello: &Hello) -> Result<Place, Fault> {
        let single = self.direct || self.load_balanced;
        self.has_set(hello, single)?;
        match hello.state {
            State::Standalone | State::Mongos if self.role() == Role::Secondary => {
                let text = format!("the server is {}, but `role` requires a secondary", hello.state.in_words());
                Err(fault(Cause::QueryFailed, code::NO_SECONDARIES, &text))
            }
            State::Standalone | State::Mongos => Ok(Place::Here),
            State::NotInitiated => {
                let text = "the server belongs to a replica set that is not initiated";
                Err(fault(Cause::NotEnoughReplicas, code::NOT_INITIATED, text))
            }
            state if self.accepts(state) => Ok(Place::Here),
            state if single => Err(self.other_role(state)),
            _ => Ok(Place::Elsewhere),
        }
    }

    /// Whether a member in this state has the role.
    pub(super) fn accepts(&self, state: State) -> bool {
        match self.role() {
            Role::Any => matches!(state, State::Primary | State::Secondary),
            Role::Primary => state == State::Primary,
            Role::Secondary => state == State::Secondary,
        }
    }

    fn has_set(&self, hello: &Hello, single: bool) -> Result<(), Fault> {
        let Some(set) = &self.set else { return Ok(()) };
        let (code, text) = match (hello.state, &hello.set) {
            (State::NotInitiated, _) => return Ok(()),
            (State::Mongos, _) if single => return Ok(()),
            (State::Mongos, _) => {
                (code::IS_MONGOS, format!("the server is a mongos, but the replica set {set} is required"))
            }
            (_, Some(other)) if other == set => return Ok(()),
            (_, Some(other)) => {
                (code::OTHER_SET, format!("the server belongs to the replica set {other}, not to {set}"))
            }
            (_, None) => (code::NOT_A_SET, format!("the server belongs to no replica set, but {set} is required")),
        };
        Err(fault(Cause::NotFoundOnServer, code, &text))
    }

    /// The fault of the one server that may be used.
    fn other_role(&self, state: State) -> Fault {
        match state {
            State::Secondary => {
                let text = "the server is a secondary, but `role` requires a primary";
                fault(Cause::ReadOnly, code::IS_SECONDARY, text)
            }
            State::Primary => {
                let text = "the server is the primary, but `role` requires a secondary";
                fault(Cause::QueryFailed, code::IS_PRIMARY, text)
            }
            State::Arbiter => {
                let text = "the server is an arbiter, which holds no data";
                fault(Cause::QueryFailed, code::IS_ARBITER, text)
            }
            State::Recovering | State::NotInitiated | State::Standalone | State::Mongos => {
                let text = "the server is neither primary nor secondary: it starts, recovers or rolls back";
                Fault::new(Phase::Login, Cause::StartingUp, text).stating(text).with(observed(code::RECOVERING))
            }
        }
    }
}

fn fault(cause: Cause, code: &'static str, text: &str) -> Fault {
    Fault::new(Phase::Assert, cause, text).stating(text).with(observed(code))
}

#[cfg(test)]
mod tests {
    use super::{Place, Wanted};
    use crate::check::mongodb::hello::{Hello, State};
    use crate::check::mongodb::words::Role;

    fn hello(state: State, set: Option<&str>) -> Hello {
        let set = set.map(str::to_owned);
        Hello { state, set, members: Vec::new(), primary: None, me: None, mechanisms: None }
    }

    fn place(wanted: &Wanted, state: State, set: Option<&str>) -> String {
        match wanted.place(&hello(state, set)) {
            Ok(Place::Here) => "here".to_owned(),
            Ok(Place::Elsewhere) => "elsewhere".to_owned(),
            Err(fault) => fault.cause.slug().to_owned(),
        }
    }

    #[test]
    fn a_replica_set_needs_its_primary_unless_something_else_is_said() {
        let wanted = |role, direct| Wanted { set: None, role, direct, load_balanced: false, discovers: true };
        for (role, direct, state, expected) in [
            (None, false, State::Primary, "here"),
            (None, false, State::Secondary, "elsewhere"),
            (None, false, State::Arbiter, "elsewhere"),
            (None, false, State::Recovering, "elsewhere"),
            (None, false, State::NotInitiated, "not_enough_replicas"),
            (None, true, State::Secondary, "here"),
            (None, true, State::Arbiter, "query_failed"),
            (None, true, State::Recovering, "starting_up"),
            (Some(Role::Primary), true, State::Secondary, "read_only"),
            (Some(Role::Secondary), true, State::Primary, "query_failed"),
            (Some(Role::Secondary), false, State::Primary, "elsewhere"),
            (Some(Role::Any), false, State::Secondary, "here"),
        ] {
            assert_eq!(place(&wanted(role, direct), state, Some("rs0")), expected, "{role:?} {direct} {state:?}");
        }
        for (role, expected) in [(None, "here"), (Some(Role::Primary), "here"), (Some(Role::Secondary), "query_failed")]
        {
            assert_eq!(place(&wanted(role, false), State::Standalone, None), expected);
            assert_eq!(place(&wanted(role, false), State::Mongos, None), expected);
        }
    }

    #[test]
    fn the_replica_set_is_the_one_that_was_asked_for() {
        let wanted =
            |direct| Wanted { set: Some("rs0".to_owned()), role: None, direct, load_balanced: false, discovers: true };
        for (direct, state, set, expected) in [
            (false, State::Primary, Some("rs0"), "here"),
            (false, State::Primary, Some("rs1"), "not_found_on_server"),
            (true, State::Primary, Some("rs1"), "not_found_on_server"),
            (false, State::Standalone, None, "not_found_on_server"),
            (false, State::Mongos, None, "not_found_on_server"),
            (true, State::Mongos, None, "here"),
            (false, State::NotInitiated, None, "not_enough_replicas"),
        ] {
            assert_eq!(place(&wanted(direct), state, set), expected, "{direct} {state:?} {set:?}");
        }
    }
}
