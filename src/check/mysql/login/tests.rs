//! Logins against scripted servers: what is sent, and what each answer comes to.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::{Login, log_in};
use crate::check::login::Cleartext;
use crate::check::mysql::auth::{Plugin, Trust, proof};
use crate::check::mysql::greeting::Greeting;
use crate::check::mysql::packet::{Packets, SessionError};
use crate::check::mysql::session::{Answer, query};
use crate::check::mysql::testing::greeting;
use crate::secret::Secret;

const OK: &[u8] = b"\0\0\0\x02\0\0\0";
const DENIED: &[u8] = b"\xff\x15\x04#28000Access denied for user 'app'";
const NONCE: &[u8] = b"tsrqponmlkjihgfedcba\0";

fn switch(plugin: &str, data: &[u8]) -> Vec<u8> {
    [b"\xfe", plugin.as_bytes(), b"\0", data].concat()
}

async fn packet(theirs: &mut DuplexStream) -> Vec<u8> {
    let mut head = [0; 4];
    theirs.read_exact(&mut head).await.expect("a packet");
    let mut content = vec![0; usize::from(head[0]) + 256 * usize::from(head[1])];
    theirs.read_exact(&mut content).await.expect("its content");
    content
}

async fn answer(theirs: &mut DuplexStream, sequence: u8, content: &[u8]) {
    let [low, middle, ..] = u32::try_from(content.len()).expect("it is short").to_le_bytes();
    theirs.write_all(&[&[low, middle, 0, sequence], content].concat()).await.expect("there is room");
}

/// Logs in against a server that proposes this plugin and gives these answers; what it was sent after the response, and what
/// came of it.
async fn against(proposed: &str, trust: Trust, cleartext: Cleartext, answers: &[Vec<u8>]) -> (Vec<Vec<u8>>, String) {
    let (ours, mut theirs) = duplex(64 * 1024);
    let secret = Secret::new("sesame".to_owned());
    let greeting = Greeting::read(&greeting("8.0.36", u32::MAX, proposed)).expect("it is one");
    let login = Login { user: "app", password: Some(&secret), database: None, trust, cleartext, public_key: None };
    let logging_in = async {
        let mut packets = Packets::<DuplexStream>::resume(ours, 1);
        match log_in(&mut packets, &greeting, login).await {
            Ok(method) => method.to_owned(),
            Err(SessionError::Server(error)) => format!("error {}", error.code),
            Err(SessionError::Limit(code, _)) => format!("limit {code}"),
            Err(SessionError::Unexpected(what)) => what,
            Err(error) => format!("{error:?}"),
        }
    };
    let serving = async {
        let response = packet(&mut theirs).await;
        assert!(!response.windows(6).any(|part| part == b"sesame"), "no response holds the password itself");
        let mut sent = Vec::new();
        let mut sequence = 2;
        for content in answers {
            answer(&mut theirs, sequence, content).await;
            // The end, an error, and the news of a hit in the cache have no answer.
            if matches!(content[..], [0 | 0xff, ..] | [1, 3]) {
                sequence += 1;
            } else {
                let mut head = [0; 4];
                if theirs.read_exact(&mut head).await.is_err() {
                    break;
                }
                let mut content = vec![0; usize::from(head[0])];
                theirs.read_exact(&mut content).await.expect("its content");
                sent.push(content);
                sequence += 2;
            }
        }
        sent
    };
    let (result, sent) = tokio::join!(logging_in, serving);
    (sent, result)
}

#[tokio::test]
async fn each_plugin_proves_what_the_server_asks_for() {
    let full = || vec![b"\x01\x04".to_vec(), OK.to_vec()];
    let native = proof(Plugin::Native, "sesame", &NONCE[..20]).to_vec();
    let sha2 = proof(Plugin::CachingSha2, "sesame", &NONCE[..20]).to_vec();
    let itself = b"sesame\0".to_vec();
    for (proposed, trust, answers, sent, result) in [
        ("mysql_native_password", Trust::Plain, vec![OK.to_vec()], vec![], "mysql_native_password"),
        (
            "caching_sha2_password",
            Trust::Plain,
            vec![b"\x01\x03".to_vec(), OK.to_vec()],
            vec![],
            "caching_sha2_password",
        ),
        ("caching_sha2_password", Trust::Verified, full(), vec![itself.clone()], "caching_sha2_password"),
        (
            "caching_sha2_password",
            Trust::Plain,
            vec![switch("mysql_native_password", NONCE), OK.to_vec()],
            vec![native],
            "mysql_native_password",
        ),
        (
            "mysql_native_password",
            Trust::Plain,
            vec![switch("caching_sha2_password", NONCE), DENIED.to_vec()],
            vec![sha2],
            "error 1045",
        ),
        ("mysql_native_password", Trust::Plain, vec![DENIED.to_vec()], vec![], "error 1045"),
        (
            "mysql_native_password",
            Trust::Verified,
            vec![switch("mysql_clear_password", b""), OK.to_vec()],
            vec![itself.clone()],
            "mysql_clear_password",
        ),
        ("", Trust::Plain, vec![OK.to_vec()], vec![], "mysql_native_password"),
    ] {
        let (came, what) = against(proposed, trust, Cleartext::Verified, &answers).await;
        assert_eq!((came, what.as_str()), (sent, result), "{proposed} {answers:?}");
    }
}

/// The rule about clear text, for each plugin that shows the password.
#[tokio::test]
async fn the_password_itself_goes_over_verified_tls_alone() {
    for asked in [b"\x01\x04".to_vec(), switch("mysql_clear_password", b""), switch("sha256_password", NONCE)] {
        for (trust, cleartext, result) in [
            (Trust::Plain, Cleartext::Verified, "limit clear_text_plain"),
            (Trust::Plain, Cleartext::Encrypted, "limit clear_text_plain"),
            (Trust::Unverified, Cleartext::Verified, "limit clear_text"),
        ] {
            let (sent, what) = against("caching_sha2_password", trust, cleartext, std::slice::from_ref(&asked)).await;
            assert_eq!((sent.len(), what.as_str()), (0, result), "{asked:?}");
        }
        for (trust, cleartext) in [(Trust::Unverified, Cleartext::Encrypted), (Trust::Verified, Cleartext::Verified)] {
            let answers = [asked.clone(), OK.to_vec()];
            let (sent, _) = against("caching_sha2_password", trust, cleartext, &answers).await;
            assert_eq!(sent, [b"sesame\0".to_vec()], "{asked:?}");
        }
    }
}

#[tokio::test]
async fn what_is_no_login() {
    for (answers, result) in [
        (vec![switch("auth_gssapi_client", b"")], "limit plugin"),
        (vec![b"\xfe".to_vec()], "limit plugin"),
        (vec![b"\x02".to_vec()], "it is no step of the login"),
        (vec![b"\xff\x01".to_vec()], "an error without a number"),
        (vec![switch("mysql_native_password", NONCE); 8], "the login does not end"),
    ] {
        let (_, what) = against("mysql_native_password", Trust::Verified, Cleartext::Verified, &answers).await;
        assert_eq!(what, result, "{answers:?}");
    }
}

/// Asks a server that gives these packets.
async fn asked(packets: &[&[u8]]) -> Result<Answer, String> {
    let (ours, mut theirs) = duplex(1 << 20);
    let mut sequence: u8 = 1;
    for content in packets {
        answer(&mut theirs, sequence, content).await;
        // The client answers a request for a file.
        sequence = sequence.wrapping_add(if content.starts_with(b"\xfb/") { 2 } else { 1 });
    }
    drop(theirs.shutdown().await);
    let mut session = Packets::new(ours);
    query(&mut session, "SELECT 1").await.map_err(|error| format!("{error:?}"))
}

#[tokio::test]
async fn answers_to_queries() {
    const END: &[u8] = b"\xfe\0\0\x02\0";
    let one = |row: &'static [u8]| [&b"\x01"[..], b"\x03def", END, row, END];
    let first = |answer: Answer| answer.first.and_then(|values| values.into_iter().next());
    assert_eq!(asked(&one(b"\x0242")).await.map(first), Ok(Some(Some("42".to_owned()))));
    assert_eq!(asked(&one(b"\xfb")).await.map(first), Ok(Some(None)));
    assert_eq!(asked(&[b"\x01", b"\x03def", END, END]).await.map(first), Ok(None));
    assert_eq!(asked(&[OK]).await, Ok(Answer::default()));
    let two = asked(&[b"\x02", b"\x03def", b"\x03def", END, b"\x011\xfb", b"\x012\x013", END]).await;
    assert_eq!(two, Ok(Answer { first: Some(vec![Some("1".to_owned()), None]) }));
    for (packets, part) in [
        (vec![&b"\xff\x28\x04#42000Syntax"[..]], "code: 1064"),
        (vec![b"\x01", b"\x03def", END, b"\xff\xd1\x04#70100Interrupted"], "code: 1233"),
        (vec![b"\xfb/etc/passwd", OK], "local_file"),
        (vec![b"\x01", b"\x03def", b"\x03def"], "columns do not end"),
        (vec![b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff"], "impossible"),
        (vec![b"\x01", b"\x03def", END, b"\x05ab"], "too early"),
        (vec![], "Ended"),
    ] {
        let failed = asked(&packets).await.expect_err("no answer");
        assert!(failed.contains(part), "{failed}");
    }
    let rows = [&[&b"\x01"[..], b"\x03def", END][..], &vec![&b"\x0242"[..]; 101], &[END]].concat();
    assert!(asked(&rows).await.is_err_and(|error| error.contains("100 rows")));
    let long = [&b"\xfc\x00\x80"[..], &[b'a'; 0x8000]].concat();
    let long = [&[&b"\x01"[..], b"\x03def", END][..], &[&long[..]; 3], &[END]].concat();
    assert!(asked(&long).await.is_err_and(|error| error.contains("64 KiB")));
}
