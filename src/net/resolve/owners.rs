//! The answers of a message by the name that owns them, and the chain of CNAMEs through them.
//!
//! A hostile server chooses the names, their number and their order. So each record is put into the table once, and each CNAME
//! of a chain costs one look-up, however the answer is made.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use hickory_resolver::proto::rr::{Name, RData};

use super::message::Record;
use super::record_type::RecordType;

/// At most this many records of one answer are kept, and at most this many CNAMEs are followed.
pub(crate) const RECORD_LIMIT: usize = 256;

/// At most this many of them are shown.
const CHAIN_SHOWN: usize = 8;

/// The records of one type, and the CNAMEs, by owner.
pub(super) struct Owners<'a> {
    table: HashMap<Owner<'a>, Owned<'a>>,
    /// A chain has at most as many CNAMEs as the answer has records, or it leads in a circle.
    chain_limit: usize,
}

/// What a name owns.
#[derive(Default)]
struct Owned<'a> {
    /// The records of the type.
    records: Vec<&'a Record>,
    /// The target of its first CNAME.
    alias_of: Option<&'a Name>,
}

impl<'a> Owners<'a> {
    /// Puts every record of this type and every CNAME into the table.
    pub(super) fn new(answers: &'a [Record], wanted: RecordType) -> Self {
        let mut table: HashMap<_, Owned<'_>> = HashMap::new();
        for record in answers {
            if record.data.record_type() == wanted.wire() {
                table.entry(Owner(&record.name)).or_default().records.push(record);
            } else if let RData::CNAME(target) = &record.data {
                table.entry(Owner(&record.name)).or_default().alias_of.get_or_insert(&target.0);
            }
        }
        Self { table, chain_limit: answers.len().min(RECORD_LIMIT) }
    }

    /// The names that CNAMEs lead from this one through, the last of which is where they end; at most a few.
    pub(super) fn chain(&self, name: &Name) -> Vec<&'a Name> {
        let next = |from: &Name| self.table.get(&Owner(from)).and_then(|owned| owned.alias_of);
        std::iter::successors(next(name), |name| next(name)).take(CHAIN_SHOWN).collect()
    }

    /// The records of a name, or of the name that its CNAMEs lead to, and that name. A circle leads back to the name itself.
    pub(super) fn follow(&self, name: &'a Name) -> (Option<&'a Name>, &[&'a Record]) {
        let mut alias: Option<&Name> = None;
        for _ in 0..=self.chain_limit {
            let Some(owned) = self.table.get(&Owner(alias.unwrap_or(name))) else { return (alias, &[]) };
            match owned.alias_of {
                Some(target) if owned.records.is_empty() => alias = Some(target),
                _ => return (alias, &owned.records),
            }
        }
        (Some(name), &[])
    }
}

/// A name as a key. hickory's own hash of a name feeds the hasher byte by byte.
struct Owner<'a>(&'a Name);

impl Hash for Owner<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut bytes = Vec::with_capacity(Name::MAX_LENGTH);
        for label in self.0.iter() {
            bytes.push(u8::try_from(label.len()).expect("a label has 63 bytes at most"));
            bytes.extend_from_slice(label);
        }
        // A length is no letter.
        bytes.make_ascii_lowercase();
        state.write(&bytes);
    }
}

impl PartialEq for Owner<'_> {
    fn eq(&self, other: &Self) -> bool {
        #[cfg(test)]
        tests::COMPARISONS.set(tests::COMPARISONS.get() + 1);
        self.0 == other.0
    }
}

impl Eq for Owner<'_> {}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use hickory_resolver::proto::rr::rdata::{A, CNAME};
    use hickory_resolver::proto::rr::{Name, RData};

    use super::{Owners, Record, RecordType};

    thread_local! {
        /// How many names the test's thread compared.
        pub(super) static COMPARISONS: Cell<usize> = const { Cell::new(0) };
    }

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn alias(owner: &str, target: &str) -> Record {
        Record { name: name(owner), ttl: 1, data: RData::CNAME(CNAME(name(target))) }
    }

    fn link(at: usize) -> String {
        format!("c{at}.lab.")
    }

    /// How many names are compared to follow the CNAMEs of `c0.lab.`.
    fn comparisons(answers: &[Record]) -> usize {
        let before = COMPARISONS.get();
        let start = name("c0.lab.");
        let owners = Owners::new(answers, RecordType::A);
        owners.follow(&start);
        owners.chain(&start);
        COMPARISONS.get() - before
    }

    #[test]
    fn a_chain_costs_a_few_comparisons_for_each_record_and_each_link() {
        let padding = || (0..4_000).map(|_| alias("other.lab.", "other.lab."));
        let chain = |links: usize| (0..links).rev().map(|at| alias(&link(at), &link(at + 1)));
        for (what, answers) in [
            ("a CNAME to itself", (0..4_681).map(|_| alias("C0.lab.", "c0.LAB.")).collect::<Vec<_>>()),
            ("a ring of two", vec![alias("c0.lab.", "c1.lab."), alias("c1.lab.", "c0.lab.")]),
            ("a chain of 256 in reverse", chain(256).chain(padding()).collect()),
            ("a chain without an end", chain(4_000).collect()),
        ] {
            // A few others are compared, too: those whose hashes share the bits that the table looks at first.
            let (most, count) = (4 * (answers.len() + super::RECORD_LIMIT), comparisons(&answers));
            assert!(count <= most, "{what}: {count} comparisons for {} records", answers.len());
        }
    }

    #[test]
    fn at_most_256_names_are_followed() {
        for (links, found) in [(0, 1), (1, 1), (256, 1), (257, 0)] {
            let mut answers: Vec<_> = (0..links).map(|at| alias(&link(at), &link(at + 1))).collect();
            answers.push(Record { name: name(&link(links)), ttl: 1, data: RData::A(A([10, 0, 0, 1].into())) });
            let start = name("c0.lab.");
            let owners = Owners::new(&answers, RecordType::A);
            let (alias, records) = owners.follow(&start);
            assert_eq!(records.len(), found, "{links} links");
            assert_eq!(alias.is_some(), links > 0, "{links} links");
            let shown: Vec<String> = owners.chain(&start).iter().map(ToString::to_string).collect();
            let expected: Vec<String> = (1..=links.min(8)).map(link).collect();
            assert_eq!(shown, expected, "{links} links");
        }
    }
}
