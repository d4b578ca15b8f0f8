//! Whether a name server's message answers our question, and the records in it.
//!
//! Only the records that answer the question count: other names, other types and the further sections are ignored.

use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{DNSClass, Name, RData};

use super::message::{self, Header, Message};
use super::owners::{Owners, RECORD_LIMIT};
use super::record_type::RecordType;

/// A question on the wire.
pub(super) struct Question {
    id: u16,
    name: Name,
    record: RecordType,
}

impl Question {
    pub(super) fn new(id: u16, name: &Name, record: RecordType) -> Self {
        Self { id, name: name.clone(), record }
    }

    /// The message to send. It asks for recursion and uses no extension, same as libc by default.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        message::query(self.id, &self.name, self.record.wire())
    }

    /// Reads a reply.
    pub(super) fn read(&self, bytes: &[u8]) -> Reply {
        let Some(header) = Header::read(bytes) else { return Reply::Junk };
        if header.id != self.id || !header.is_response {
            return Reply::Junk;
        }
        let Ok(message) = Message::read(bytes) else {
            // Some servers cut in the middle of a record: only the header can be read then.
            return if header.is_truncated { Reply::Truncated } else { Reply::Junk };
        };
        let asked = match &message.questions[..] {
            [query] => {
                let (name, record, class) = (&query.name, query.query_type, query.query_class);
                *name == self.name && record == self.record.wire() && class == DNSClass::IN
            }
            // A server that could not read the question does not repeat it.
            [] => !matches!(header.rcode, ResponseCode::NoError | ResponseCode::NXDomain),
            _ => false,
        };
        if !asked {
            return Reply::Junk;
        }
        if header.is_truncated {
            return Reply::Truncated;
        }
        let owners = Owners::new(&message.answers, self.record);
        let (alias, found) = owners.follow(&self.name);
        Reply::Answer(Response {
            rcode: header.rcode,
            chain: owners.chain(&self.name).into_iter().map(host_text).collect(),
            alias: alias.map(host_text),
            data: found.iter().take(RECORD_LIMIT).map(|record| record.data.clone()).collect(),
            ttl: found.iter().map(|record| record.ttl).min(),
        })
    }
}

/// What a message means for the question.
pub(super) enum Reply {
    /// It answers the question.
    Answer(Response),
    /// It answers the question, but did not fit.
    Truncated,
    /// It does not answer the question.
    Junk,
}

/// A server's answer.
pub(super) struct Response {
    pub(super) rcode: ResponseCode,
    /// The name that CNAMEs led to.
    pub(super) alias: Option<String>,
    /// The first of the names on the way there.
    pub(super) chain: Vec<String>,
    pub(super) data: Vec<RData>,
    pub(super) ttl: Option<u32>,
}

/// The response code's mnemonic (RFC 1035, section 4.1.1; RFC 2136, section 2.2). hickory spells it out.
pub(super) fn rcode_text(rcode: ResponseCode) -> String {
    match rcode {
        ResponseCode::NoError => "NOERROR".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        other => format!("RCODE{}", u16::from(other)),
    }
}

/// A name in lower case without its final dot.
fn host_text(name: &Name) -> String {
    let text = message::name_text(name).to_ascii_lowercase();
    text.strip_suffix('.').filter(|bare| !bare.is_empty()).map_or_else(|| text.clone(), str::to_owned)
}

/// A record's data as zone files write it, with names in lower case and without their final dot.
pub(super) fn record_text(data: &RData) -> String {
    match data {
        RData::A(a) => a.0.to_string(),
        RData::AAAA(aaaa) => aaaa.0.to_string(),
        RData::CNAME(name) => host_text(&name.0),
        RData::NS(name) => host_text(&name.0),
        RData::PTR(name) => host_text(&name.0),
        RData::MX(mx) => format!("{} {}", mx.preference, host_text(&mx.exchange)),
        RData::SRV(srv) => format!("{} {} {} {}", srv.priority, srv.weight, srv.port, host_text(&srv.target)),
        RData::TXT(txt) => txt.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect(),
        RData::SOA(soa) => format!(
            "{} {} {} {} {} {} {}",
            host_text(&soa.mname),
            host_text(&soa.rname),
            soa.serial,
            soa.refresh,
            soa.retry,
            soa.expire,
            soa.minimum
        ),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use hickory_resolver::proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
    use hickory_resolver::proto::rr::rdata::{A, CNAME, MX, SRV, TXT};
    use hickory_resolver::proto::rr::{self, Name, RData};

    use super::{Question, RecordType, Reply, Response, record_text};

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn question() -> Question {
        Question::new(7, &name("db.lab."), RecordType::A)
    }

    fn on_the_wire(question: &Question) -> Query {
        Query::query(question.name.clone(), question.record.wire())
    }

    /// An answer to [`question`] that was changed before it was sent.
    fn answer(change: impl FnOnce(&mut Message)) -> Reply {
        let question = question();
        let mut message = Message::new(7, MessageType::Response, OpCode::Query);
        message.add_query(on_the_wire(&question));
        change(&mut message);
        question.read(&message.to_vec().unwrap())
    }

    fn address(owner: &str, ttl: u32, last: u8) -> rr::Record {
        rr::Record::from_rdata(name(owner), ttl, RData::A(A(Ipv4Addr::new(10, 0, 0, last))))
    }

    fn alias(owner: &str, target: &str) -> rr::Record {
        rr::Record::from_rdata(name(owner), 1, RData::CNAME(CNAME(name(target))))
    }

    fn response(records: Vec<rr::Record>) -> Response {
        match answer(|message| message.answers = records) {
            Reply::Answer(response) => response,
            Reply::Truncated | Reply::Junk => panic!("it is an answer"),
        }
    }

    fn texts(records: Vec<rr::Record>) -> Vec<String> {
        response(records).data.iter().map(record_text).collect()
    }

    #[test]
    fn only_what_was_asked_for_is_believed() {
        let other = alias("db.lab.", "other.lab.");
        assert_eq!(texts(vec![address("DB.lab.", 60, 1), address("evil.lab.", 60, 2)]), ["10.0.0.1"]);
        assert_eq!(
            texts(vec![address("b.lab.", 9, 3), alias("a.lab.", "b.lab."), alias("db.lab.", "a.lab.")]),
            ["10.0.0.3"]
        );
        assert!(texts(vec![other, address("elsewhere.lab.", 60, 2)]).is_empty());
        assert!(texts(vec![alias("db.lab.", "a.lab."), alias("a.lab.", "db.lab.")]).is_empty(), "a ring ends");
        let ring = response(vec![alias("db.lab.", "a.lab."), alias("a.lab.", "b.lab."), alias("b.lab.", "a.lab.")]);
        assert_eq!(ring.alias.as_deref(), Some("db.lab"), "a ring leads nowhere");
        let link = |at: u8| if at == 0 { "db.lab.".to_owned() } else { format!("c{at}.lab.") };
        let mut chain: Vec<rr::Record> = (0..20).map(|at| alias(&link(at), &link(at + 1))).collect();
        chain.push(address("c20.lab.", 5, 4));
        assert_eq!(texts(chain), ["10.0.0.4"], "glibc follows as many");
        assert_eq!(response(vec![address("db.lab.", 60, 1), address("db.lab.", 5, 2)]).ttl, Some(5));
        let many = (0..2_000).map(|n| address("db.lab.", 1, u8::try_from(n % 250).unwrap())).collect();
        assert_eq!(texts(many).len(), super::RECORD_LIMIT);
    }

    #[test]
    fn what_answers_something_else_is_junk() {
        let junk = |change: fn(&mut Message)| matches!(answer(change), Reply::Junk);
        assert!(junk(|message| message.metadata.id = 8));
        assert!(junk(|message| message.metadata.message_type = MessageType::Query));
        assert!(junk(|message| message.queries.clear()), "an answer repeats the question");
        assert!(junk(|message| {
            message.queries[0].set_name(name("db2.lab."));
        }));
        assert!(junk(|message| {
            message.add_query(on_the_wire(&question()));
        }));
        assert!(!junk(|message| {
            message.queries.clear();
            message.metadata.response_code = ResponseCode::FormErr;
        }));
        for bytes in [&b""[..], b"\0\x07", b"\0\x07\x81\x80", b"HTTP/1.1 400 Bad Request", &[0xff; 4096]] {
            assert!(matches!(question().read(bytes), Reply::Junk));
        }
    }

    #[test]
    fn a_short_answer_is_known_also_where_it_cannot_be_read() {
        assert!(matches!(answer(|message| message.metadata.truncation = true), Reply::Truncated));
        assert!(matches!(question().read(b"\0\x07\x83\x80\0\x01\0\x09"), Reply::Truncated));
        assert!(matches!(question().read(b"\0\x08\x83\x80\0\x01\0\x09"), Reply::Junk), "another's id");
    }

    #[test]
    fn records_as_zone_files_write_them() {
        assert_eq!(record_text(&RData::MX(MX::new(10, name("Mail.Lab.")))), "10 mail.lab");
        assert_eq!(record_text(&RData::SRV(SRV::new(0, 5, 5432, name("db.lab.")))), "0 5 5432 db.lab");
        assert_eq!(record_text(&RData::TXT(TXT::new(vec!["v=spf1 ".into(), "-all".into()]))), "v=spf1 -all");
        assert_eq!(record_text(&RData::CNAME(CNAME(Name::root()))), ".");
    }
}
