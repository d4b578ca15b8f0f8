//! The messages of the scripted name server, byte by byte.

use std::net::IpAddr;

/// A question, taken apart.
pub(super) struct Asked<'a> {
    message: &'a [u8],
    /// Lower case, with its final dot.
    pub(super) name: String,
    pub(super) record: u16,
    /// Where the question ends.
    end: usize,
    pub(super) style: Style,
}

/// How the records of an answer are written.
#[derive(Default)]
pub(super) struct Style {
    pub(super) reversed: bool,
    pub(super) dressed: bool,
    pub(super) pointers: bool,
    pub(super) other_case: bool,
}

const TYPES: [(&str, u16); 9] =
    [("A", 1), ("NS", 2), ("CNAME", 5), ("SOA", 6), ("PTR", 12), ("MX", 15), ("TXT", 16), ("AAAA", 28), ("SRV", 33)];

impl<'a> Asked<'a> {
    pub(super) fn read(message: &'a [u8]) -> Option<Self> {
        let (mut at, mut name) = (12, String::new());
        loop {
            let length = usize::from(*message.get(at)?);
            at += 1;
            if length == 0 {
                break;
            }
            name.push_str(std::str::from_utf8(message.get(at..at + length)?).ok()?);
            name.push('.');
            at += length;
        }
        let record = u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]);
        let name = if name.is_empty() { ".".to_owned() } else { name.to_ascii_lowercase() };
        Some(Self { message, name, record, end: at + 4, style: Style::default() })
    }

    pub(super) fn type_text(&self) -> &'static str {
        TYPES.iter().find(|(_, number)| *number == self.record).map_or("?", |(text, _)| text)
    }

    pub(super) fn has_extension(&self) -> bool {
        self.message[10..12] != [0, 0]
    }

    /// A message with these flags, the question as it came, and these records in so many of the three sections.
    pub(super) fn answer(&self, flags: u16, counts: [u16; 3], records: &[u8]) -> Vec<u8> {
        let mut out = self.message[..2].to_vec();
        for number in [flags, 1].iter().chain(&counts) {
            out.extend_from_slice(&number.to_be_bytes());
        }
        let mut question = self.message[12..self.end].to_vec();
        if self.style.other_case {
            let letters = question.len() - 4;
            question[..letters].iter_mut().filter(|byte| byte.is_ascii_alphabetic()).for_each(|byte| *byte ^= 0x20);
        }
        out.extend_from_slice(&question);
        out.extend_from_slice(records);
        out
    }

    pub(super) fn reply(&self, rule: &str) -> Vec<Vec<u8>> {
        let rcode = |code: u16| vec![self.answer(0x8180 | code, [0, 0, 0], &[])];
        match rule {
            "nodata" => rcode(0),
            "formerr" => rcode(1),
            "servfail" => rcode(2),
            "nxdomain" => rcode(3),
            "notimp" => rcode(4),
            "refused" => rcode(5),
            "silent" => Vec::new(),
            "garbage" => vec![b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()],
            "wrong-id" => vec![self.tampered(0), self.answer(0x8180, [0, 0, 0], &[])[..5].to_vec()],
            "wrong-question" => vec![self.tampered(13)],
            // A name that points to itself.
            "loop" => vec![self.answer(0x8180, [1, 0, 0], &[0xc0, u8::try_from(self.end).expect("short"), 0, 1, 0, 1])],
            "flood" => (0..2_000).map(|_| self.tampered(1)).collect(),
            _ => vec![self.records(rule)],
        }
    }

    /// A good answer with one byte turned.
    pub(super) fn tampered(&self, at: usize) -> Vec<u8> {
        let mut answer =
            if self.record == 1 { self.records("= 10.6.6.6") } else { self.answer(0x8180, [0, 0, 0], &[]) };
        answer[at] ^= 0x01;
        answer
    }

    fn records(&self, rule: &str) -> Vec<u8> {
        let (rcode, rule) =
            rule.strip_suffix(" nxdomain").map_or((0, rule.to_owned()), |cname| (3, format!("{cname} =")));
        let (chain, data) = rule.split_once('=').unwrap_or_else(|| panic!("no such reply: {rule}"));
        let (mut owner, mut records) = (vec![0xc0, 12], Vec::new());
        for target in chain.split_whitespace().skip(1) {
            records.push(record(&owner, 5, &self.wire(target)));
            owner = self.wire(target);
        }
        for text in data.split('|').map(str::trim).filter(|text| !text.is_empty()) {
            records.push(record(&owner, self.record, &self.rdata(text)));
        }
        if self.style.reversed {
            records.reverse();
        }
        let (mut authority, mut additional) = (Vec::new(), Vec::new());
        if self.style.dressed {
            let unknown = record(&[0xc0, 12], 65_280, b"unknown");
            records = records.into_iter().flat_map(|known| [unknown.clone(), known]).chain([unknown.clone()]).collect();
            authority = vec![record(&wire("lab"), 2, &wire("ns.lab"))];
            additional =
                vec![record(&wire("ns.lab"), 1, &[10, 6, 6, 6]), record(&[0xc0, 12], 1, &[10, 6, 6, 7]), unknown];
        }
        let sections = [records, authority, additional];
        let counts = sections.each_ref().map(|section| u16::try_from(section.len()).expect("few records"));
        self.answer(0x8180 | rcode, counts, &sections.concat().concat())
    }

    /// A name in its labels; as a pointer to the `lab` of the question where the style has it.
    fn wire(&self, name: &str) -> Vec<u8> {
        let (name, whole) = (name.trim_end_matches('.'), wire(name));
        if !self.style.pointers || !name.ends_with(".lab") || !self.name.ends_with(".lab.") {
            return whole;
        }
        // The label, the root, type and class of the question come behind.
        let pointer = 0xc000 | u16::try_from(self.end - 9).expect("a short question");
        [&whole[..whole.len() - 5], &pointer.to_be_bytes()].concat()
    }

    fn rdata(&self, text: &str) -> Vec<u8> {
        let short = |text: &str| text.parse::<u16>().expect("a number").to_be_bytes().to_vec();
        let words: Vec<&str> = text.split_whitespace().collect();
        match (self.record, &words[..]) {
            (1 | 28, _) => match text.parse().unwrap_or_else(|_| panic!("no address: {text}")) {
                IpAddr::V4(ip) => ip.octets().to_vec(),
                IpAddr::V6(ip) => ip.octets().to_vec(),
            },
            (2 | 5 | 12, _) => self.wire(text),
            (15, [preference, host]) => [short(preference), self.wire(host)].concat(),
            // Its name is never a pointer (RFC 2782).
            (33, [numbers @ .., host]) => [numbers.iter().flat_map(|n| short(n)).collect(), wire(host)].concat(),
            (16, _) => [&[u8::try_from(text.len()).expect("short")], text.as_bytes()].concat(),
            (6, [master, owner, numbers @ ..]) => {
                let numbers = numbers.iter().flat_map(|n| n.parse::<u32>().expect("a number").to_be_bytes());
                [self.wire(master), self.wire(owner), numbers.collect()].concat()
            }
            (record, _) => panic!("no such record: {record} {text}"),
        }
    }
}

/// One record of class IN with 30 seconds to live.
fn record(owner: &[u8], record: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("short data").to_be_bytes();
    [owner, &record.to_be_bytes(), &[0, 1, 0, 0, 0, 30], &length, data].concat()
}

/// A name in its labels.
fn wire(name: &str) -> Vec<u8> {
    let (mut out, mut label) = (Vec::new(), Vec::new());
    let mut end = |label: &mut Vec<u8>| {
        if !label.is_empty() {
            out.push(u8::try_from(label.len()).expect("short"));
            out.append(label);
        }
    };
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'.', _) => end(&mut label),
            (b'\\', [a, b, c, after @ ..]) if a.is_ascii_digit() => {
                let number = std::str::from_utf8(&[*a, *b, *c]).ok().and_then(|digits| digits.parse().ok());
                label.push(number.expect("a byte in three digits"));
                rest = after;
            }
            (b'\\', [escaped, after @ ..]) => {
                label.push(*escaped);
                rest = after;
            }
            _ => label.push(*first),
        }
    }
    end(&mut label);
    out.push(0);
    out
}
