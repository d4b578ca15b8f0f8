//! Certificates for tests that no library would make: built from raw DER, one part changed at a time.

use std::sync::LazyLock;

use rcgen::{KeyPair, PublicKeyData as _};

/// Tags of DER (X.690, section 8.1.2; RFC 5280, section 4.2.1.6).
const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const UTF8: u8 = 0x0c;
const UTC: u8 = 0x17;
const GENERALIZED: u8 = 0x18;
const BMP: u8 = 0x1e;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const DNS: u8 = 0x82;
const DIRECTORY: u8 = 0xa4;
const URI: u8 = 0x86;
const IP: u8 = 0x87;

/// Identifiers.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const SURNAME: &[u8] = &[0x55, 4, 4];
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 29, 17];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 29, 19];
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];

/// As many bytes as fit a TLS handshake message (64 KiB) beside the other parts.
const LARGE: usize = 60_000;

/// The key of every certificate here, unless the key is what is odd.
pub(super) static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate().unwrap());

/// A certificate that a hostile or careless peer may send, and its healthy twin.
pub(super) struct Case {
    /// What is odd.
    pub(super) what: &'static str,
    pub(super) odd: Vec<u8>,
    /// Subject, names and end of what is read; `unreadable` where nothing can be.
    pub(super) reads: &'static str,
    pub(super) twin: Vec<u8>,
}

const fn case(what: &'static str, odd: Vec<u8>, reads: &'static str, twin: Vec<u8>) -> Case {
    Case { what, odd, reads, twin }
}

/// One element of DER.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let mut out = vec![tag];
    match body.len() {
        0..=0x7f => out.push(length[3]),
        0x80..=0xff => out.extend([0x81, length[3]]),
        0x100..=0xffff => out.extend([0x82, length[2], length[3]]),
        _ => out.extend([0x83, length[1], length[2], length[3]]),
    }
    [out, body].concat()
}

/// Elements in elements, this deep.
fn nested(tag: u8, depth: usize) -> Vec<u8> {
    (0..depth).fold(Vec::new(), |inner, _| der(tag, &[&inner]))
}

fn attribute(id: &[u8], value: &[u8]) -> Vec<u8> {
    der(SET, &[&der(SEQUENCE, &[&der(OID, &[id]), value])])
}

/// A distinguished name with one common name.
fn name(common_name: impl AsRef<[u8]>) -> Vec<u8> {
    der(SEQUENCE, &[&attribute(COMMON_NAME, &der(UTF8, &[common_name.as_ref()]))])
}

fn validity(until: (u8, &str)) -> Vec<u8> {
    der(SEQUENCE, &[&der(UTC, &[b"260101000000Z"]), &der(until.0, &[until.1.as_bytes()])])
}

fn extension(id: &[u8], value: &[u8]) -> Vec<u8> {
    der(SEQUENCE, &[&der(OID, &[id]), &der(OCTETS, &[value])])
}

fn alternative_names(names: &[Vec<u8>]) -> Vec<u8> {
    extension(ALTERNATIVE_NAMES, &der(SEQUENCE, &[&names.concat()]))
}

fn dns(name: impl AsRef<[u8]>) -> Vec<u8> {
    der(DNS, &[name.as_ref()])
}

/// The parts of a certificate, as DER.
struct Parts {
    version: Vec<u8>,
    serial: Vec<u8>,
    validity: Vec<u8>,
    subject: Vec<u8>,
    key: Vec<u8>,
    extensions: Vec<u8>,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            version: der(0xa0, &[&der(INTEGER, &[&[2]])]),
            serial: der(INTEGER, &[&[7]]),
            validity: validity((UTC, "260401000000Z")),
            subject: name("db.lab"),
            key: KEY.subject_public_key_info(),
            extensions: alternative_names(&[dns("db.lab")]),
        }
    }
}

impl Parts {
    fn with(change: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut parts = Self::default();
        change(&mut parts);
        parts.certificate()
    }

    fn certificate(&self) -> Vec<u8> {
        der(SEQUENCE, &self.signed().each_ref().map(Vec::as_slice))
    }

    /// What is signed, the algorithm, and the signature.
    fn signed(&self) -> [Vec<u8>; 3] {
        let Self { version, serial, validity, subject, key, extensions } = self;
        let signature = der(SEQUENCE, &[&der(OID, &[ECDSA_SHA256])]);
        let extensions = match extensions.is_empty() {
            true => Vec::new(),
            false => der(0xa3, &[&der(SEQUENCE, &[extensions])]),
        };
        let issuer = name("Lab Root");
        let signed = der(SEQUENCE, &[version, serial, &signature, &issuer, validity, subject, key, &extensions]);
        [signed, signature, der(BITS, &[&[0; 65]])]
    }
}

/// A certificate with nothing odd about it.
pub(super) fn healthy() -> Vec<u8> {
    Parts::default().certificate()
}

fn with_subject(subject: Vec<u8>) -> Vec<u8> {
    Parts::with(|parts| parts.subject = subject)
}

fn with_serial(serial: Vec<u8>) -> Vec<u8> {
    Parts::with(|parts| parts.serial = serial)
}

fn with_names(names: &[Vec<u8>]) -> Vec<u8> {
    with_extensions(&[alternative_names(names)])
}

fn with_extensions(extensions: &[Vec<u8>]) -> Vec<u8> {
    Parts::with(|parts| parts.extensions = extensions.concat())
}

fn with_end(tag: u8, text: &str) -> Vec<u8> {
    Parts::with(|parts| parts.validity = validity((tag, text)))
}

fn with_constraints(value: &[u8]) -> Vec<u8> {
    with_extensions(&[extension(BASIC_CONSTRAINTS, value), alternative_names(&[dns("db.lab")])])
}

fn with_attribute(id: &[u8]) -> Vec<u8> {
    let first = attribute(id, &der(UTF8, &[b"x"]));
    with_subject(der(SEQUENCE, &[&first, &attribute(COMMON_NAME, &der(UTF8, &[b"db"]))]))
}

fn with_modulus(bytes: usize) -> Vec<u8> {
    let algorithm = der(SEQUENCE, &[&der(OID, &[RSA]), &[5, 0]]);
    let key = der(SEQUENCE, &[&der(INTEGER, &[&vec![0x7f; bytes]]), &der(INTEGER, &[&[1, 0, 1]])]);
    Parts::with(|parts| parts.key = der(SEQUENCE, &[&algorithm, &der(BITS, &[&[0], &key])]))
}

/// Every case of this file.
pub(super) fn all() -> Vec<Case> {
    [names(), subjects(), ends(), numbers(), shapes(), extensions()].into_iter().flatten().collect()
}

/// Alternative names.
fn names() -> Vec<Case> {
    let many = |count: usize| (0..count).map(|index| dns(format!("n{index}.lab"))).collect::<Vec<_>>();
    let odd = |what, name: &[u8], reads| case(what, with_names(&[dns(name)]), reads, healthy());
    let only = |tag, name: &[u8]| with_names(&[der(tag, &[name])]);
    vec![
        case("5000 names", with_names(&many(5_000)), "CN=db.lab [n0.lab n1.lab +98] 1775001600", with_names(&many(3))),
        case("names of no bytes", with_names(&vec![dns(""); LARGE / 2]), "CN=db.lab [  +98] 1775001600", healthy()),
        case(
            "names of no use",
            with_names(&vec![vec![0x88, 0]; LARGE / 2]),
            "CN=db.lab [] 1775001600",
            with_names(&[vec![0x88, 1, 42]]),
        ),
        odd("a long name", &[b'a'; LARGE], "CN=db.lab [aaaaaaaaaaaaaaaaaaaaaaaa~256] 1775001600"),
        odd("NUL in a name", b"db.lab\0.evil", "CN=db.lab [db.lab .evil] 1775001600"),
        odd("a direction mark", "db\u{202e}.lab".as_bytes(), "CN=db.lab [db.lab] 1775001600"),
        odd("Latin-1", b"caf\xe9.lab", "CN=db.lab [caf\u{fffd}.lab] 1775001600"),
        odd("a wildcard", b"*.lab", "CN=db.lab [*.lab] 1775001600"),
        odd("an IDN", b"xn--bcher-kva.lab", "CN=db.lab [xn--bcher-kva.lab] 1775001600"),
        odd("an IDN in UTF-8", "bücher.lab".as_bytes(), "CN=db.lab [bücher.lab] 1775001600"),
        case("a URI", only(URI, b"spiffe://lab/ns/a/sa/b"), "CN=db.lab [spiffe://lab/ns/a/sa/b] 1775001600", healthy()),
        case("an IPv4 address", only(IP, &[10, 0, 0, 7]), "CN=db.lab [10.0.0.7] 1775001600", healthy()),
        case("an IPv6 address", only(IP, &[0; 16]), "CN=db.lab [::] 1775001600", healthy()),
        case("five bytes of address", only(IP, &[1; 5]), "CN=db.lab [] 1775001600", only(IP, &[1; 4])),
        case(
            "a deep directory name",
            with_names(&[nested(DIRECTORY, 10_000), dns("a")]),
            "CN=db.lab [a] 1775001600",
            with_names(&[der(DIRECTORY, &[&name("x")]), dns("a")]),
        ),
        case(
            "names cut short",
            with_extensions(&[extension(ALTERNATIVE_NAMES, &der(SEQUENCE, &[&dns("a"), &[DNS, 50, 1]]))]),
            "CN=db.lab [a] 1775001600",
            with_names(&[dns("a"), dns("b")]),
        ),
    ]
}

/// Subjects.
fn subjects() -> Vec<Case> {
    let odd = |what, common_name: &[u8], reads| case(what, with_subject(name(common_name)), reads, healthy());
    let attributes = |count| with_subject(der(SEQUENCE, &[&attribute(COMMON_NAME, &der(UTF8, &[b"x"])).repeat(count)]));
    let holds = |value: &[u8]| with_subject(der(SEQUENCE, &[&attribute(COMMON_NAME, value)]));
    let one_arc = [vec![0xff; LARGE], vec![1]].concat();
    vec![
        odd("a long subject", &[b'a'; LARGE], "CN=aaaaaaaaaaaaaaaaaaaaa~256 [db.lab] 1775001600"),
        odd("direction marks", "db\u{202e}bal\u{202c}.lab".as_bytes(), "CN=dbbal.lab [db.lab] 1775001600"),
        odd("escapes and new lines", b"db\x1b[31m\r\nerror\x7f", "CN=db [31m  error  [db.lab] 1775001600"),
        odd("Latin-1 in a subject", b"caf\xe9", "CN=caf\u{fffd} [db.lab] 1775001600"),
        case("4000 attributes", attributes(4_000), "CN=x,CN=x,CN=x,CN=x,CN=x~256 [db.lab] 1775001600", attributes(2)),
        case("UTF-16", holds(&der(BMP, &[b"\0d\0b"])), "CN= d b [db.lab] 1775001600", healthy()),
        case("a deep subject", holds(&nested(SEQUENCE, 10_000)), "CN=0\u{fffd}\u{fffd}~", holds(&nested(SEQUENCE, 1))),
        case(
            "empty sets",
            with_subject(der(SEQUENCE, &[&[SET, 0].repeat(LARGE / 2)])),
            " [db.lab] 1775001600",
            with_subject(der(SEQUENCE, &[])),
        ),
        case("one huge arc", with_attribute(&one_arc), "CN=db [db.lab] 1775001600", with_attribute(SURNAME)),
        case("many arcs", with_attribute(&[1; LARGE]), "CN=db [db.lab] 1775001600", with_attribute(SURNAME)),
        case("no arc", with_attribute(&[]), "CN=db [db.lab] 1775001600", with_attribute(SURNAME)),
    ]
}

/// Ends of the validity.
fn ends() -> Vec<Case> {
    let odd = |what, tag, text, reads| case(what, with_end(tag, text), reads, healthy());
    vec![
        odd("the last year", GENERALIZED, "99991231235959Z", "CN=db.lab [db.lab] 253402300799"),
        odd("past the last year", GENERALIZED, "99991231235959-2359", "unreadable"),
        odd("the year 0", GENERALIZED, "00000101000000Z", "CN=db.lab [db.lab] -62167219200"),
        odd("the year 1950", UTC, "500101000000Z", "CN=db.lab [db.lab] -631152000"),
        odd("the year 2049", UTC, "491231235959Z", "CN=db.lab [db.lab] 2524607999"),
        odd("a fraction", GENERALIZED, "20260401000000.5Z", "CN=db.lab [db.lab] 1775001600"),
        odd("an offset", UTC, "260401020000+0200", "CN=db.lab [db.lab] 1775001600"),
        odd("no seconds", UTC, "2604010000Z", "CN=db.lab [db.lab] 1775001600"),
        odd("a long fraction", GENERALIZED, &"20260401000000.".repeat(4_000), "unreadable"),
        odd("an offset of days", UTC, "260401000000+9999", "unreadable"),
        odd("the 30th of February", UTC, "260230000000Z", "unreadable"),
        odd("month 13", UTC, "261301000000Z", "unreadable"),
        odd("hour 24", UTC, "260101240000Z", "unreadable"),
        odd("no time", UTC, "", "unreadable"),
        odd("a time in words", GENERALIZED, "never", "unreadable"),
    ]
}

/// Numbers.
fn numbers() -> Vec<Case> {
    const DEFAULT: &str = "CN=db.lab [db.lab] 1775001600";
    let serial = |what, bytes: &[u8]| case(what, with_serial(der(INTEGER, &[bytes])), DEFAULT, healthy());
    let version = |bytes: &[u8]| Parts::with(|parts| parts.version = der(0xa0, &[&der(INTEGER, &[bytes])]));
    let endless = [[INTEGER | 0x20, 0x80].repeat(LARGE / 4), vec![0; LARGE / 2]].concat();
    vec![
        serial("a negative serial", &[0x80, 1]),
        serial("serial 0", &[0]),
        serial("an empty serial", &[]),
        serial("a huge serial", &[0x7f; LARGE]),
        case("a deep serial of no length", with_serial(endless), "unreadable", healthy()),
        case("a huge key", with_modulus(LARGE), DEFAULT, with_modulus(256)),
        case("version 77", version(&[77]), "CN=db.lab [db.lab] 1775001600 not v3", version(&[2])),
        case("a huge version", version(&[0x7f; LARGE]), "unreadable", version(&[2])),
    ]
}

/// The outermost elements.
fn shapes() -> Vec<Case> {
    let odd = |what, certificate: Vec<u8>, reads| case(what, certificate, reads, healthy());
    let behind = |header: &[u8]| [header, &healthy()].concat();
    let [signed, algorithm, signature] = Parts::default().signed();
    let indefinite = [&[SEQUENCE, 0x80][..], &signed, &algorithm, &signature, &[0, 0]].concat();
    let version_1 = Parts::with(|parts| {
        parts.version.clear();
        parts.extensions.clear();
    });
    vec![
        odd("version 1", version_1, "CN=db.lab [] 1775001600 not v3"),
        odd("bytes behind it", [healthy(), vec![1; 100]].concat(), "CN=db.lab [db.lab] 1775001600"),
        odd("an indefinite length", indefinite, "unreadable"),
        odd("nothing but indefinite lengths", [SEQUENCE, 0x80].repeat(LARGE / 2), "unreadable"),
        odd("nothing but sequences", nested(SEQUENCE, 10_000), "unreadable"),
        odd("a length past the end", behind(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), "unreadable"),
        odd("a length of nine bytes", behind(&[SEQUENCE, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0]), "unreadable"),
        odd("no signature", der(SEQUENCE, &[&signed, &algorithm]), "unreadable"),
        odd("nothing", Vec::new(), "unreadable"),
        odd("zeros", vec![0; LARGE], "unreadable"),
        odd("text", b"-----BEGIN CERTIFICATE-----".to_vec(), "unreadable"),
    ]
}

/// Extensions.
fn extensions() -> Vec<Case> {
    let flag = |value| der(BOOLEAN, &[&[value]]);
    let constraints = |parts: &[&[u8]]| with_constraints(&der(SEQUENCE, parts));
    let two = [alternative_names(&[dns("a")]), alternative_names(&[dns("b")])];
    let no_extension = [vec![5, 0], alternative_names(&[dns("a")])];
    let unknown = extension(&[0x2a, 3, 4], b"x");
    vec![
        case("a CA", constraints(&[&flag(0xff)]), "CN=db.lab [db.lab] 1775001600 CA", constraints(&[])),
        case("a CA by BER", constraints(&[&flag(1)]), "CN=db.lab [db.lab] 1775001600 CA", constraints(&[&flag(0)])),
        case(
            "constraints with junk",
            constraints(&[&flag(0xff), &der(INTEGER, &[&[0; 30]]), &[5, 0]]),
            "CN=db.lab [db.lab] 1775001600 CA",
            constraints(&[&flag(0xff), &der(INTEGER, &[&[0]])]),
        ),
        case(
            "deep constraints",
            with_constraints(&nested(SEQUENCE, 10_000)),
            "CN=db.lab [db.lab] 1775001600",
            with_constraints(&nested(SEQUENCE, 1)),
        ),
        case("names twice", with_extensions(&two), "CN=db.lab [a] 1775001600", with_extensions(&two[..1])),
        case(
            "names that are none",
            with_extensions(&[extension(ALTERNATIVE_NAMES, b"a.lab")]),
            "CN=db.lab [] 1775001600",
            healthy(),
        ),
        case(
            "3000 extensions",
            with_extensions(&vec![unknown.clone(); 3_000]),
            "CN=db.lab [] 1775001600",
            with_extensions(&[unknown]),
        ),
        case(
            "an unknown critical extension",
            with_extensions(&[der(SEQUENCE, &[&der(OID, &[&[0x2a, 3, 4]]), &flag(0xff), &der(OCTETS, &[b"x"])])]),
            "CN=db.lab [] 1775001600",
            healthy(),
        ),
        case("an extension that is none", with_extensions(&no_extension), "unreadable", healthy()),
    ]
}
