//! Regular expressions of the configuration. There is one thread, so a search runs in slices with pauses between them, and
//! what it may cost in total is bounded.
//!
//! They are compiled once, at load, into the automaton that [`syntax`] describes; a search builds the states that its text
//! needs, in a cache of bounded size. Text is read as UTF-8; each run of bytes that is none counts as U+FFFD.

mod syntax;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use regex_automata::Anchored;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::start;

use crate::cause::Cause;
use crate::net::turns::slices;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};

/// The longest expression, in bytes.
pub(crate) const LONGEST: usize = 256;
/// The most memory that a compiled expression may take, in bytes.
const LARGEST: usize = 64 * 1024;
/// How much of the cache of a search may be used, in bytes, unless the expression needs more for its next few states.
const CACHE: usize = 128 * 1024;
/// How many bytes are read before the clock is.
const SLICE: usize = 16 * 1024;
/// How long a search holds the thread.
const HOLD: Duration = Duration::from_millis(2);
/// What building states may cost before the clock is read; see [`Search::budget`].
const COST_OF_A_SLICE: usize = 20_000;
/// What building states may cost in one search.
const COST: usize = 10_000_000;
/// What stands for bytes that are not UTF-8.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// A compiled expression.
#[derive(Clone)]
pub(crate) struct Expression(Arc<Compiled>);

struct Compiled {
    text: String,
    automaton: DFA,
    /// What building one state costs: it looks at each state of the expression.
    cost: usize,
}

/// Why an expression is refused: a sentence that does not hold its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It has more than [`LONGEST`] bytes.
    Long(usize),
    /// Its repetitions make it too large.
    Large,
    /// It is none, or has a part that is not supported.
    Syntax(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Long(length) => write!(f, "it has {length} bytes, and at most {LONGEST} are allowed: shorten it"),
            Self::Large => f.write_str("it is too large once compiled: use fewer or smaller counted repetitions"),
            Self::Syntax(problem) => f.write_str(problem),
        }
    }
}

/// The search has cost too much: each byte of the text led to a state that was not there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooCostly;

impl TooCostly {
    /// The fault of a check that searches there: `the body (3 bytes)`.
    pub(crate) fn fault(self, place: &str) -> Fault {
        let message = format!("the expression takes too many steps on {place}");
        Fault::new(Phase::Assert, Cause::ProbeLimit, message).with(Detail::Value(ValueDetail::CostlyExpression))
    }
}

impl Expression {
    /// Compiles it.
    ///
    /// # Errors
    /// Why it is refused.
    pub(crate) fn compile(text: &str) -> Result<Self, Refused> {
        if text.len() > LONGEST {
            return Err(Refused::Long(text.len()));
        }
        let tree = syntax::read(text).map_err(Refused::Syntax)?;
        let limits =
            thompson::Config::new().utf8(false).nfa_size_limit(Some(LARGEST)).which_captures(WhichCaptures::None);
        let states = thompson::Compiler::new().configure(limits).build_from_hir(&tree).map_err(|_| Refused::Large)?;
        let cost = states.states().len();
        let cache = DFA::config().cache_capacity(CACHE).skip_cache_capacity_check(true);
        let automaton = DFA::builder().configure(cache).build_from_nfa(states).map_err(|_| Refused::Large)?;
        Ok(Self(Arc::new(Compiled { text: text.to_owned(), automaton, cost })))
    }

    /// Whether it matches somewhere in the text.
    ///
    /// # Errors
    /// [`TooCostly`].
    pub(crate) async fn matches(&self, text: &[u8]) -> Result<bool, TooCostly> {
        let mut search = self.search();
        search.advance(text).await?;
        search.ends_well(text)
    }

    /// A search in a text of which more may come.
    pub(crate) fn search(&self) -> Search {
        let cache = self.0.automaton.create_cache();
        Search { expression: self.clone(), cache, at: 0, state: None, known: None, budget: COST }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.0.text).finish()
    }
}

/// A search in a text that grows.
pub(crate) struct Search {
    expression: Expression,
    cache: Cache,
    /// How much of the text is read.
    at: usize,
    /// Where the automaton is then; `None` at the start of the text.
    state: Option<LazyStateID>,
    /// Whether it matches, whatever follows, once that is known.
    known: Option<bool>,
    /// What is left of [`COST`].
    budget: usize,
}

impl Search {
    /// Goes on over all of the text so far.
    ///
    /// # Errors
    /// [`TooCostly`].
    pub(crate) async fn advance(&mut self, text: &[u8]) -> Result<(), TooCostly> {
        let mut slices = slices(HOLD);
        while self.known.is_none() {
            let slice = &text[self.at..text.len().min(self.at + SLICE)];
            let (valid, stray) = match std::str::from_utf8(slice) {
                Ok(_) => (slice.len(), 0),
                Err(error) => (error.valid_up_to(), error.error_len().unwrap_or_default()),
            };
            if valid + stray == 0 {
                // Nothing is left but, at most, the start of a character.
                break;
            }
            let read = self.read(&slice[..valid])?;
            self.at += read;
            if read == valid && stray > 0 {
                self.read(REPLACEMENT)?;
                self.at += stray;
            }
            slices.pause().await;
        }
        Ok(())
    }

    /// Whether it matches if the text ends here, once all of it is read; more may still come.
    ///
    /// # Errors
    /// [`TooCostly`].
    pub(crate) fn ends_well(&mut self, text: &[u8]) -> Result<bool, TooCostly> {
        if let Some(known) = self.known {
            return Ok(known);
        }
        let cleared = self.cache.clear_count();
        let before = self.state;
        if self.at < text.len() {
            self.read(REPLACEMENT)?;
        }
        let matches = match self.known {
            Some(known) => known,
            None => {
                let last = self.state()?;
                let end = self.expression.0.automaton.next_eoi_state(&mut self.cache, last).map_err(|_| TooCostly)?;
                end.is_match()
            }
        };
        (self.known, self.state) = (None, before);
        if self.cache.clear_count() != cleared {
            // The state before is not in the cache any more.
            (self.state, self.at) = (None, 0);
        }
        Ok(matches)
    }

    /// Reads bytes until the answer is known, or this has cost as much as one slice may. How many it has read.
    fn read(&mut self, bytes: &[u8]) -> Result<usize, TooCostly> {
        let least = self.budget.saturating_sub(COST_OF_A_SLICE);
        for (index, &byte) in bytes.iter().enumerate() {
            if self.known.is_some() || (self.budget < least && bytes.len() > REPLACEMENT.len()) {
                return Ok(index);
            }
            self.step(byte)?;
        }
        Ok(bytes.len())
    }

    fn state(&mut self) -> Result<LazyStateID, TooCostly> {
        if let Some(state) = self.state {
            return Ok(state);
        }
        let start = start::Config::new().anchored(Anchored::Yes);
        let state = self.expression.0.automaton.start_state(&mut self.cache, &start).map_err(|_| TooCostly)?;
        self.state = Some(state);
        Ok(state)
    }

    /// One byte further; a match is known one byte late.
    fn step(&mut self, byte: u8) -> Result<(), TooCostly> {
        let state = match self.state {
            Some(state) => state,
            None => self.state()?,
        };
        let Compiled { automaton, cost, .. } = &*self.expression.0;
        let mut next = automaton.next_state_untagged(&self.cache, state, byte);
        if next.is_unknown() {
            self.budget = self.budget.checked_sub(*cost).ok_or(TooCostly)?;
            next = automaton.next_state(&mut self.cache, state, byte).map_err(|_| TooCostly)?;
        }
        if next.is_match() || next.is_dead() {
            self.known = Some(next.is_match());
        }
        self.state = Some(next);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
