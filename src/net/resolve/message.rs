//! A DNS message on the wire (RFC 1035, section 4.1). hickory reads and writes the header, questions, names and record data;
//! what is name_text by hand is the loop over the records.
//!
//! hickory's own reader of whole messages decodes every record of every type: up to 159 ms for an answer of 64 KiB, in one
//! stretch. Here only the types that can be asked for are decoded, and the others are skipped.

use hickory_resolver::proto::op::{self, HeaderCounts, MessageType, Metadata, OpCode, Query, ResponseCode};
use hickory_resolver::proto::rr::{self, DNSClass, Name, RData};
use hickory_resolver::proto::serialize::binary::{BinDecodable as _, BinDecoder, BinEncodable as _, BinEncoder};
use hickory_resolver::proto::serialize::binary::{DecodeError, Restrict};

use super::record_type::RecordType;

const RESPONSE: u16 = 1 << 15;
const TRUNCATED: u16 = 1 << 9;

/// The id and the flags in front. Not hickory's reader of headers, which needs all twelve bytes: a server that cuts its
/// answer short may cut it anywhere behind the flags.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) id: u16,
    pub(super) is_response: bool,
    pub(super) is_truncated: bool,
    pub(super) rcode: ResponseCode,
}

/// The part of a message that is of use. The further sections are read, too, so that a malformed message is known.
pub(super) struct Message {
    pub(super) questions: Vec<Query>,
    /// Those whose type can be asked for.
    pub(super) answers: Vec<Record>,
}

/// One record.
pub(super) struct Record {
    pub(super) name: Name,
    pub(super) ttl: u32,
    pub(super) data: RData,
}

/// It ends early or is malformed.
pub(super) struct Malformed;

impl From<DecodeError> for Malformed {
    fn from(_: DecodeError) -> Self {
        Self
    }
}

/// One question. Recursion is wanted, and no extension is spoken.
pub(super) fn query(id: u16, name: &Name, record: rr::RecordType) -> Vec<u8> {
    let mut metadata = Metadata::new(id, MessageType::Query, OpCode::Query);
    metadata.recursion_desired = true;
    let header = op::Header { metadata, counts: HeaderCounts { queries: 1, ..HeaderCounts::default() } };
    let mut bytes = Vec::with_capacity(512);
    let mut encoder = BinEncoder::new(&mut bytes);
    let emitted = header.emit(&mut encoder).and_then(|()| Query::query(name.clone(), record).emit(&mut encoder));
    emitted.expect("a header and a name are shorter than a message may be");
    bytes
}

impl Header {
    /// `None` where there is not even a whole head.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk()?;
        let flags = u16::from_be_bytes(*rest.first_chunk()?);
        Some(Self {
            id: u16::from_be_bytes(*id),
            is_response: flags & RESPONSE != 0,
            is_truncated: flags & TRUNCATED != 0,
            rcode: (flags & 0xf).into(),
        })
    }
}

impl Message {
    /// Reads a whole message.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut decoder = BinDecoder::new(bytes);
        let counts = op::Header::read(&mut decoder)?.counts;
        let mut message = Self { questions: Vec::new(), answers: Vec::new() };
        for _ in 0..counts.queries {
            message.questions.push(Query::read(&mut decoder)?);
        }
        for _ in 0..counts.answers {
            message.answers.extend(Record::read(&mut decoder)?);
        }
        for _ in 0..u32::from(counts.authorities) + u32::from(counts.additionals) {
            Record::read(&mut decoder)?;
        }
        Ok(message)
    }
}

impl Record {
    /// The next record; `None` where its type or class cannot be asked for.
    fn read(decoder: &mut BinDecoder<'_>) -> Result<Option<Self>, Malformed> {
        let name = Name::read(decoder)?;
        let (record, class) = (rr::RecordType::read(decoder)?, DNSClass::read(decoder)?);
        let ttl = decoder.read_u32()?.unverified();
        let length = decoder.read_u16()?.unverified();
        if class != DNSClass::IN || RecordType::from_wire(record).is_none() {
            decoder.read_slice(length.into())?;
            return Ok(None);
        }
        let data = RData::read(decoder, record, Restrict::new(length))?;
        Ok(Some(Self { name, ttl, data }))
    }
}

/// A name as zone files write it (RFC 1035, section 5.1), with its final dot. hickory writes a byte that cannot be printed
/// in octal, zone files in decimal.
pub(super) fn name_text(name: &Name) -> String {
    let mut text = String::new();
    for label in name.iter() {
        for byte in label {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'*' => text.push(char::from(*byte)),
                b'!'..=b'~' => text.extend(['\\', char::from(*byte)]),
                _ => text.push_str(&format!("\\{byte:03}")),
            }
        }
        text.push('.');
    }
    if text.is_empty() { ".".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::op::{Message as Theirs, MessageType, OpCode, Query};
    use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, MX, NS, NULL, PTR, SOA, SRV, TXT};
    use hickory_resolver::proto::rr::{self, DNSClass, Name, RData, RecordType};

    use super::{Header, Message, name_text, query};

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn answer(data: Vec<RData>) -> Vec<u8> {
        let mut message = Theirs::new(9, MessageType::Response, OpCode::Query);
        message.add_query(Query::query(name("db.lab."), RecordType::A));
        message.answers = data.into_iter().map(|data| rr::Record::from_rdata(name("db.lab."), 30, data)).collect();
        message.to_vec().unwrap()
    }

    #[test]
    fn a_question_is_what_hickory_would_send() {
        for text in ["db.lab.", "."] {
            let mut message = Theirs::new(9, MessageType::Query, OpCode::Query);
            message.metadata.recursion_desired = true;
            message.add_query(Query::query(name(text), RecordType::SRV));
            assert_eq!(query(9, &name(text), RecordType::SRV), message.to_vec().unwrap(), "{text}");
        }
    }

    #[test]
    fn a_name_as_zone_files_write_it() {
        for text in ["db.lab.", ".", "_pg._tcp.x-1.lab.", "*.lab."] {
            assert_eq!(name_text(&name(text)), text);
        }
        let odd = Name::from_labels([&b"a.b c"[..], b"\xff\\"]).unwrap();
        assert_eq!(name_text(&odd), r"a\.b\032c.\255\\.");
    }

    #[test]
    fn every_type_is_read() {
        let every = vec![
            RData::A(A([10, 0, 0, 1].into())),
            RData::AAAA(AAAA([7; 16].into())),
            RData::CNAME(CNAME(name("a.db.lab."))),
            RData::MX(MX::new(10, name("mail.lab."))),
            RData::NS(NS(name("ns.lab."))),
            RData::PTR(PTR(name("a.lab."))),
            RData::SOA(SOA::new(name("ns.lab."), name("root.lab."), 1, 2, 3, 4, 5)),
            RData::SRV(SRV::new(1, 2, 5432, name("db.lab."))),
            RData::TXT(TXT::from_bytes(vec![b"one", b"", &[0xff; 255]])),
        ];
        let bytes = answer(every.clone());
        let message = Message::read(&bytes).ok().unwrap();
        assert_eq!(message.questions, [Query::query(name("db.lab."), RecordType::A)]);
        assert_eq!(message.answers.iter().map(|record| record.data.clone()).collect::<Vec<_>>(), every);
        assert!(message.answers.iter().all(|record| record.name == name("DB.lab.") && record.ttl == 30));
        assert!((0..bytes.len()).all(|end| Message::read(&bytes[..end]).is_err()), "it was cut");
        assert!(Header::read(&bytes).is_some_and(|head| head.id == 9 && head.is_response && !head.is_truncated));
    }

    #[test]
    fn other_types_and_classes_are_read_over() {
        let mut message = Theirs::new(9, MessageType::Response, OpCode::Query);
        let unknown = RData::Unknown { code: 999.into(), rdata: NULL::with(vec![1, 2, 3]) };
        let mut chaos = rr::Record::from_rdata(name("db.lab."), 1, RData::A(A([10, 0, 0, 1].into())));
        chaos.dns_class = DNSClass::CH;
        message.answers = vec![rr::Record::from_rdata(name("db.lab."), 1, unknown), chaos];
        assert!(Message::read(&message.to_vec().unwrap()).is_ok_and(|message| message.answers.is_empty()));
    }

    #[test]
    fn a_record_that_is_longer_or_shorter_than_it_says_is_malformed() {
        let right = answer(vec![RData::A(A([10, 0, 0, 1].into()))]);
        let at = right.len() - 5;
        assert_eq!(right[at], 4);
        for length in [0, 3, 5, 255] {
            let mut wrong = right.clone();
            wrong[at] = length;
            wrong.extend([0; 1]);
            assert!(Message::read(&wrong).is_err(), "{length}");
        }
    }
}
