//! Small readers: URLs, durations, frames, texts of peers, files of the kernel.

use std::hint::black_box;
use std::io::Cursor;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;

use crate::check::reader::{ReadError, Reader};
use crate::check::words;
use crate::duration;
use crate::env::MapEnv;
use crate::net::speaks;
use crate::outcome::{MESSAGE_LIMIT, SERVER_TEXT_LIMIT, clean_text, cut_at_word};
use crate::pod;
use crate::slices::at_once;
use crate::timestamp;
use crate::url::{Endpoint, Host, Url, percent_decode};
use crate::value::Value;

/// A URL, a host, a host with its port, a value with variables in it.
pub fn urls(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Url::parse(&text) {
        Ok(url) => {
            let shown = url.redacted();
            assert!(!shown.contains(char::is_control), "{shown}");
            assert!(!url.hosts.is_empty());
        }
        Err(error) => assert!(error.position <= text.len(), "{error}"),
    }
    if let Ok(host) = Host::parse(&text) {
        assert_eq!(Host::parse(&host.to_string()), Ok(host));
    }
    if let Ok(endpoint) = Endpoint::parse(&text) {
        assert_eq!(Endpoint::parse(&endpoint.to_string()), Ok(endpoint));
    }
    black_box(percent_decode(&text));
    if let Ok(value) = Value::parse(&text) {
        drop(value.resolve(&MapEnv::with_vars(&[("PW", "sesame")])));
        black_box(value.origin());
    }
}

/// A duration, and a moment.
pub fn durations(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(read) = duration::parse(&text) {
        let shown = duration::show(read);
        if let Ok(again) = duration::parse(&shown) {
            assert!(read >= again && read - again < Duration::from_secs(1), "{text} is shown as {shown}");
            assert_eq!(duration::show(again), shown);
        }
    }
    if let Some(at) = timestamp::unix_of_rfc3339(&text) {
        assert_eq!(timestamp::unix_of_rfc3339(&timestamp::rfc3339_unix(at)), Some(at));
    }
}

/// What a peer says, made fit to show, and what its words mean.
pub fn texts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for limit in [0, 1, 20, SERVER_TEXT_LIMIT, MESSAGE_LIMIT] {
        for shown in [clean_text(&text, limit), cut_at_word(&clean_text(&text, MESSAGE_LIMIT), limit)] {
            assert!(shown.len() <= limit.max('…'.len_utf8()), "{} over {limit}", shown.len());
            assert!(!shown.contains(char::is_control));
        }
    }
    black_box((words::word(&text), words::status(&text), words::of_whole(&text), words::phrase(&text)));
    black_box((words::sentence(&text), words::prose(&text), words::truth(&text)));
    black_box(speaks::recognise(bytes));
}

/// Steps of a reader, then what it reads: a byte with the number of steps, two bytes for each, a byte that says where the
/// stream pauses, the stream.
pub fn frames(bytes: &[u8]) {
    let Some((count, rest)) = bytes.split_first() else { return };
    let (steps, rest) = rest.split_at(rest.len().min(usize::from(*count) * 2));
    let Some((pause, stream)) = rest.split_first() else { return };
    let (first, second) = stream.split_at(stream.len().min(usize::from(*pause)));
    at_once(async {
        let mut reader = Reader::new(Cursor::new(first.to_vec()).chain(Cursor::new(second.to_vec())));
        let mut taken = 0;
        for step in steps.chunks_exact(2) {
            let limit = usize::from(step[1]);
            let read: Result<usize, ReadError> = match step[0] % 3 {
                0 => reader.line(limit).await.map(|line| {
                    assert!(line.len() <= limit && !line.contains(&b'\n'));
                    line.len()
                }),
                1 => reader.array::<3>().await.map(|bytes| bytes.len()),
                _ => reader.body(u64::from(step[0]) * 8, limit).await.map(|body| {
                    assert!(body.len() <= limit && body.len() == usize::from(step[0]) * 8);
                    body.len()
                }),
            };
            let Ok(count) = read else { break };
            taken += count;
            assert!(taken <= stream.len(), "nothing is read twice");
        }
    });
}

/// A file of the kernel, as each that is read.
pub fn proc(bytes: &[u8]) {
    let files = [
        "/proc/net/tcp",
        "/proc/net/tcp6",
        "/proc/net/fib_trie",
        "/proc/net/if_inet6",
        "/proc/net/sockstat",
        "/proc/net/sockstat6",
        "/proc/sys/net/ipv4/ip_local_port_range",
        "/proc/self/limits",
        "/sys/fs/cgroup/cpu.stat",
        "/sys/fs/cgroup/cpu/cpu.stat",
    ];
    let text = String::from_utf8_lossy(bytes);
    let mut env =
        MapEnv::with_vars(&[("DB_SERVICE_HOST", &*text), ("DB_SERVICE_PORT", "5432"), ("DB_SERVICE_PORT_X", &*text)]);
    for file in files {
        env = env.with_file(file, bytes);
    }
    if let Some(all) = pod::listeners(&env) {
        assert!(all.windows(2).all(|pair| (pair[0].port(), pair[0].ip()) < (pair[1].port(), pair[1].ip())));
    }
    assert!(pod::addresses(&env).iter().all(|ip| !ip.is_loopback()));
    black_box(pod::is_ipv6_alone(&env));
    black_box((pod::sockets(&env), pod::local_ports(&env), pod::descriptors(&env)));
    black_box((pod::services(&env), pod::throttled(&env)));
}
