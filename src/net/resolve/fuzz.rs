//! Entry points for fuzzing: files of the pod and messages of name servers, whatever stands in them.

use hickory_resolver::proto::rr::Name;

use super::answer::{Question, Reply, record_text};
use super::conf::{self, Conf};
use super::hosts::lookup;
use super::message::{Message, name_text};
use super::owners::RECORD_LIMIT;
use super::record_type::RecordType;
use super::search::candidates;
use crate::env::MapEnv;

/// How many addresses of a family are taken from the hosts file here.
const LIMIT: usize = 4;

pub(crate) fn resolv_conf(bytes: &[u8]) {
    let conf = conf::read(&MapEnv::default().with_file("/etc/resolv.conf", bytes));
    assert!(!conf.servers.is_empty(), "there is always someone to ask");
    assert!(conf.note.as_ref().is_none_or(|note| !note.contains(char::is_control)));
    let name = String::from_utf8_lossy(bytes);
    walk(name.split_whitespace().next_back().unwrap_or_default(), &conf);
    for name in ["db", "db.shop.svc", "a.b.c.d.e.f", "db.lab.", "."] {
        walk(name, &conf);
    }
}

fn walk(name: &str, conf: &Conf) {
    let list = candidates(name, conf);
    assert!(list.len() <= conf.search.len() + 1);
    assert!(list.iter().all(|candidate| candidate.name.is_fqdn()));
}

pub(crate) fn hosts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for name in ["db", "localhost", text.split_whitespace().nth(1).unwrap_or_default()] {
        let found = lookup(bytes, name, LIMIT);
        assert!(found.iter().filter(|ip| ip.is_ipv4()).count() <= LIMIT && found.len() <= 2 * LIMIT);
    }
}

/// A message, as the answer to a question with its own number: a peer knows the number.
pub(crate) fn dns(bytes: &[u8]) {
    if let Ok(message) = Message::read(bytes) {
        for record in &message.answers {
            assert!(name_text(&record.name).is_ascii());
            record_text(&record.data);
        }
    }
    let id = bytes.first_chunk().map(|id| u16::from_be_bytes(*id)).unwrap_or_default();
    let name = Name::from_ascii("db.lab.").unwrap_or_default();
    for record in [RecordType::A, RecordType::Aaaa, RecordType::Srv, RecordType::Txt, RecordType::Soa] {
        if let Reply::Answer(answer) = Question::new(id, &name, record).read(bytes) {
            assert!(answer.data.len() <= RECORD_LIMIT);
            assert!(answer.chain.iter().all(|name| name.is_ascii() && !name.contains(|c: char| c.is_control())));
        }
    }
}
