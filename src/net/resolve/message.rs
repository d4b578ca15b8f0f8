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

/// The most that reading the names of one message may cost, in bytes. Names share their ends by pointers, so 64 KiB can hold
/// names of a million labels, and pointers to pointers of any length: hickory follows them for a second and more. At this
/// limit a message takes about 4 ms. As many records as fit into a message may have a name that costs 256.
const NAME_COST_LIMIT: usize = 1 << 20;
/// What a label costs beyond its bytes, and a pointer (measured).
const LABEL_COST: usize = 16;
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
        let mut reader = Reader::new(bytes);
        let counts = op::Header::read(&mut reader.decoder)?.counts;
        let mut message = Self { questions: Vec::new(), answers: Vec::new() };
        for _ in 0..counts.queries {
            message.questions.push(reader.question()?);
        }
        for _ in 0..counts.answers {
            message.answers.extend(reader.record()?);
        }
        for _ in 0..u32::from(counts.authorities) + u32::from(counts.additionals) {
            reader.record()?;
        }
        Ok(message)
    }
}

/// hickory's decoder, with a limit on what reading names may cost.
struct Reader<'a> {
    decoder: BinDecoder<'a>,
    /// The whole message.
    bytes: &'a [u8],
    /// What reading further names may cost.
    name_cost_left: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { decoder: BinDecoder::new(bytes), bytes, name_cost_left: NAME_COST_LIMIT }
    }

    fn question(&mut self) -> Result<Query, Malformed> {
        self.charge_name(self.decoder.index())?;
        Ok(Query::read(&mut self.decoder)?)
    }

    /// The next record; `None` if its type or class cannot be asked for.
    fn record(&mut self) -> Result<Option<Record>, Malformed> {
        self.charge_name(self.decoder.index())?;
        let decoder = &mut self.decoder;
        let name = Name::read(decoder)?;
        let (record, class) = (rr::RecordType::read(decoder)?, DNSClass::read(decoder)?);
        let ttl = decoder.read_u32()?.unverified();
        let length = decoder.read_u16()?.unverified();
        let known = RecordType::from_wire(record).filter(|_| class == DNSClass::IN);
        let Some(known) = known else {
            decoder.read_slice(length.into())?;
            return Ok(None);
        };
        self.charge_names_of(known)?;
        let data = RData::read(&mut self.decoder, record, Restrict::new(length))?;
        Ok(Some(Record { name, ttl, data }))
    }

    /// Charges for the names in the data of the next record.
    fn charge_names_of(&mut self, record: RecordType) -> Result<(), Malformed> {
        let start = self.decoder.index();
        match record {
            RecordType::A | RecordType::Aaaa | RecordType::Txt => {}
            RecordType::Cname | RecordType::Ns | RecordType::Ptr => {
                self.charge_name(start)?;
            }
            // Behind the preference; behind priority, weight and port.
            RecordType::Mx => {
                self.charge_name(start + 2)?;
            }
            RecordType::Srv => {
                self.charge_name(start + 6)?;
            }
            RecordType::Soa => {
                let second = self.charge_name(start)?;
                self.charge_name(second)?;
            }
        }
        Ok(())
    }

    /// Charges for the labels and pointers of a name before hickory follows them. Returns where the name ends.
    fn charge_name(&mut self, mut at: usize) -> Result<usize, Malformed> {
        let mut end = None;
        loop {
            let first = *self.bytes.get(at).ok_or(Malformed)?;
            let length = match first {
                0..=0x3f => usize::from(first),
                // No label starts like this (RFC 1035, section 4.1.4).
                0x40..=0xbf => return Err(Malformed),
                0xc0.. => 0,
            };
            self.name_cost_left = self.name_cost_left.checked_sub(LABEL_COST + length).ok_or(Malformed)?;
            if first == 0 {
                return Ok(end.unwrap_or(at + 1));
            } else if length > 0 {
                at += 1 + length;
            } else {
                let low = *self.bytes.get(at + 1).ok_or(Malformed)?;
                end = end.or(Some(at + 2));
                at = u16::from_be_bytes([first & 0x3f, low]).into();
            }
        }
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

    use super::{Header, Message, Reader, name_text, query};

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

    /// An answer of 64 KiB: a first record of a type that is skipped, which holds `data`, then as many CNAMEs of `owner` to
    /// `owner` as there is room for. Pointers count from the start of `data`.
    fn large(data: &[u8], owner: u16) -> Vec<u8> {
        let mut bytes = query(9, &name("db.lab."), RecordType::A);
        let start = bytes.len() + 12;
        let pointer = (0xc000 | (u16::try_from(start).unwrap() + owner)).to_be_bytes();
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        bytes.extend([&[0xc0, 12, 0xff, 0, 0, 1, 0, 0, 0, 1], &length[..], data].concat());
        let mut count = 1_u16;
        while bytes.len() + 14 <= 65_535 {
            bytes.extend([&pointer[..], &[0, 5, 0, 1, 0, 0, 0, 1, 0, 2], &pointer].concat());
            count += 1;
        }
        bytes[6..8].copy_from_slice(&count.to_be_bytes());
        bytes
    }

    #[test]
    fn names_that_cost_too_much_are_malformed() {
        let labels = |count: usize| [[1, b'a'].repeat(count), vec![0]].concat();
        let bytes = |count: u8| {
            [vec![count], vec![b'a'; count.into()], vec![count], vec![b'b'; count.into()], vec![0]].concat()
        };
        let start = u16::try_from(query(9, &name("db.lab."), RecordType::A).len() + 12).unwrap();
        // Each pointer leads to the one before it; the first to a name of no label.
        let pointers = |count: u16| {
            let chain =
                (0..count).flat_map(|at| (0xc000 | (start + 1 + 2 * at).saturating_sub(2).max(start)).to_be_bytes());
            [0].into_iter().chain(chain).collect::<Vec<u8>>()
        };
        assert!(Message::read(&large(&labels(4), 0)).is_ok_and(|message| message.answers.len() > 4_000));
        assert!(Message::read(&large(&labels(127), 0)).is_err(), "a million labels");
        assert!(Message::read(&large(&bytes(20), 0)).is_ok_and(|message| message.answers.len() > 4_000));
        assert!(Message::read(&large(&bytes(63), 0)).is_err(), "a million bytes");
        assert!(Message::read(&large(&pointers(3), 5)).is_ok_and(|message| message.answers.len() > 4_000));
        assert!(Message::read(&large(&pointers(8_000), 1 + 2 * 7_999)).is_err(), "50 million pointers");
    }

    #[test]
    fn the_names_in_every_type_of_data_count() {
        let long = Name::from_labels(vec!["a"; 126]).unwrap();
        for data in [
            RData::CNAME(CNAME(long.clone())),
            RData::MX(MX::new(10, long.clone())),
            RData::NS(NS(long.clone())),
            RData::PTR(PTR(long.clone())),
            RData::SOA(SOA::new(long.clone(), name("root.lab."), 1, 2, 3, 4, 5)),
            RData::SOA(SOA::new(name("ns.lab."), long.clone(), 1, 2, 3, 4, 5)),
            RData::SRV(SRV::new(1, 2, 5432, long.clone())),
        ] {
            let bytes = answer(vec![data.clone()]);
            let mut reader = Reader::new(&bytes);
            assert!(reader.decoder.read_slice(12).is_ok() && reader.question().is_ok());
            let before = reader.name_cost_left;
            assert!(reader.record().is_ok());
            assert!(before - reader.name_cost_left > 126 * super::LABEL_COST, "{data}");
        }
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
