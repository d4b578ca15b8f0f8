//! The key `queue`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::{check_keys, failed, passed};
use crate::support::rabbitmq::broker;
use crate::support::{Folder, pilotfish, run};

fn keys(login: &str, path: &str, queue: &str) -> String {
    format!("{{url: \"{}\", queue: {queue}}}", broker().url(login, path))
}

#[test]
fn a_queue_that_exists_and_one_that_does_not() {
    let found = check_keys(&keys("app:sesame", "/%2F", "jobs"));
    passed(&found);
    let facts = &found["facts"];
    assert_eq!(
        (&facts["queue_state"], &facts["queue_messages"], &facts["queue_consumers"]),
        (&"open".into(), &"0".into(), &"0".into())
    );
    for _ in 0..3 {
        let missing = check_keys(&keys("app:sesame", "/shop", "jobs"));
        let message = failed(&missing, "assert", "not_found_on_server", "rabbitmqctl list_queues");
        assert!(message.ends_with(": 404 no queue 'jobs' in vhost 'shop'"), "it is still missing: {message}");
    }
}

/// 405 RESOURCE_LOCKED.
#[test]
fn a_queue_that_another_connection_has_for_itself_exists() {
    let _holder = Holder::of("mine");
    let found = check_keys(&keys("app:sesame", "/%2F", "mine"));
    passed(&found);
    assert_eq!(found["facts"]["queue_state"], "exclusive", "{found:#}");
    assert_eq!(found["facts"]["queue_messages"], serde_json::Value::Null);
}

#[test]
fn the_key_warns_that_it_keeps_a_queue_alive() {
    let folder = Folder::new();
    for (keys, warned) in [("host: mq, queue: jobs", true), ("host: mq", false)] {
        let config = folder.write("c.yaml", format!("checks: [{{name: broker, gates: [], amqp: {{{keys}}}}}]"));
        let ran = run(pilotfish().args(["config", "check", "-c", &config]));
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(format!("{}{}", ran.stdout, ran.stderr).contains("x-expires"), warned, "{ran:?}");
    }
}

/// A connection with an exclusive queue.
struct Holder(TcpStream);

impl Holder {
    #[expect(clippy::disallowed_methods, reason = "a test dials as it likes")]
    fn of(queue: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", broker().port)).expect("the broker listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        let mut holder = Self(stream);
        holder.send(b"AMQP\0\0\x09\x01");
        let response = b"\0app\0sesame";
        let start_ok = [&[0, 0, 0, 0][..], b"\x05PLAIN", &[0, 0, 0, 11], response, b"\x05en_US"].concat();
        assert_eq!(holder.read(), (10, 10));
        holder.method(0, (10, 11), &start_ok);
        assert_eq!(holder.read(), (10, 30));
        holder.method(0, (10, 31), &[7, 255, 0, 2, 0, 0, 0, 0]);
        holder.method(0, (10, 40), b"\x01/\0\0");
        assert_eq!(holder.read(), (10, 41));
        holder.method(1, (20, 10), b"\0");
        assert_eq!(holder.read(), (20, 11));
        let name = [&[u8::try_from(queue.len()).expect("it is short")], queue.as_bytes()].concat();
        // Exclusive, and no other flag.
        holder.method(1, (50, 10), &[&[0, 0][..], &name, &[4], &[0; 4]].concat());
        assert_eq!(holder.read(), (50, 11));
        holder
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the broker reads");
    }

    fn method(&mut self, channel: u16, (class, number): (u16, u16), fields: &[u8]) {
        let content = [&class.to_be_bytes()[..], &number.to_be_bytes(), fields].concat();
        let size = u32::try_from(content.len()).expect("it is short").to_be_bytes();
        self.send(&[&[1][..], &channel.to_be_bytes(), &size, &content, &[0xce]].concat());
    }

    /// The class and the number of the next method.
    fn read(&mut self) -> (u16, u16) {
        let mut head = [0; 7];
        self.0.read_exact(&mut head).expect("a frame");
        let size = u32::from_be_bytes([head[3], head[4], head[5], head[6]]);
        let mut content = vec![0; size as usize + 1];
        self.0.read_exact(&mut content).expect("its content");
        (u16::from_be_bytes([content[0], content[1]]), u16::from_be_bytes([content[2], content[3]]))
    }
}
