//! A real Kafka: one broker that is its own controller (KRaft), with a listener of each sort on free ports. A JVM takes seconds
//! to start, so that all tests share one; it ends with the tests, however they end.
//!
//! On listeners without a login, everybody is ANONYMOUS and may do everything; so may the users `app` (PLAIN) and `scram`
//! (SCRAM-SHA-512). The users `scram256` (SCRAM-SHA-256 alone) and `reader` (PLAIN) may do nothing. The topic `orders` has three
//! partitions with one replica each.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use super::ca::{Ca, Leaf, Pair};
use super::{Folder, dead_port, free_port, need, run, tool};

/// The password of every user.
pub(crate) const PASSWORD: &str = "sesame";
const JARS: &str = "kafka-4.1.1";
/// For a machine with twenty busy processes.
const START: Duration = Duration::from_secs(240);
/// As little memory and time as a start can take.
const JAVA: [&str; 6] =
    ["-Xmx256m", "-Xms96m", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:CICompilerCount=1"];

/// A listener of the broker.
struct Listener {
    name: &'static str,
    protocol: &'static str,
    port: u16,
    /// What clients are told.
    announced: String,
}

/// The running broker.
pub(crate) struct Broker {
    /// Neither TLS nor a login.
    pub(crate) plain: u16,
    /// A login without TLS: PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512.
    pub(crate) sasl: u16,
    pub(crate) tls: u16,
    /// TLS with a client certificate.
    pub(crate) mutual: u16,
    /// PLAIN over TLS.
    pub(crate) sasl_tls: u16,
    /// It announces a name that does not resolve.
    pub(crate) unresolvable: u16,
    /// It announces a port on which nobody listens.
    pub(crate) dead: u16,
    pub(crate) controller: u16,
    /// Of the certificates for `localhost` and 127.0.0.1.
    pub(crate) ca: String,
    /// A certificate that the mutual listener accepts.
    pub(crate) client: Pair,
    folder: Folder,
    /// It holds the standard input of the one who ends the JVM.
    _process: Child,
}

/// The broker that all tests share.
pub(crate) fn broker() -> &'static Broker {
    static BROKER: OnceLock<Broker> = OnceLock::new();
    BROKER.get_or_init(Broker::start)
}

impl Broker {
    fn start() -> Self {
        for _ in 0..3 {
            if let Some(broker) = Self::try_start() {
                return broker;
            }
        }
        panic!("no ports stayed free for Kafka");
    }

    /// Another process may take a free port first: `None` then.
    fn try_start() -> Option<Self> {
        let folder = Folder::new();
        let [plain, sasl, tls, mutual, sasl_tls, unresolvable, dead, controller] = [(); 8].map(|()| free_port());
        let ca = Ca::root("kafka root");
        let server = ca.issue(&Leaf::server("kafka", &["localhost", "127.0.0.1"]));
        let client = ca.issue(&Leaf::client("app"));
        let listener = |name, protocol, port, announced: String| Listener { name, protocol, port, announced };
        let listeners = [
            listener("PLAIN", "PLAINTEXT", plain, format!("127.0.0.1:{plain}")),
            listener("SASL", "SASL_PLAINTEXT", sasl, format!("127.0.0.1:{sasl}")),
            listener("TLS", "SSL", tls, format!("localhost:{tls}")),
            listener("MUTUAL", "SSL", mutual, format!("localhost:{mutual}")),
            listener("SASLTLS", "SASL_SSL", sasl_tls, format!("localhost:{sasl_tls}")),
            listener("LOST", "PLAINTEXT", unresolvable, format!("broker-0.kafka.invalid:{unresolvable}")),
            listener("DEAD", "PLAINTEXT", dead, format!("127.0.0.1:{}", dead_port())),
        ];
        let joined = |one: fn(&Listener) -> String| listeners.iter().map(one).collect::<Vec<_>>().join(",");
        let pem = |name: &str, text: &str| folder.write(name, text);
        let key = pem("server.pem", &format!("{}{}", server.key, server.cert));
        let trust = pem("ca.pem", &ca.pem);
        let login = |listener: &str, mechanism: &str, module: &str, rest: &str| {
            format!(
                "listener.name.{listener}.{mechanism}.sasl.jaas.config=org.apache.kafka.common.security.{module} required{rest};\n"
            )
        };
        let users = format!(" user_app=\"{PASSWORD}\" user_reader=\"{PASSWORD}\"");
        let settings = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
             listeners={},CONTROLLER://127.0.0.1:{controller}\nadvertised.listeners={}\n\
             listener.security.protocol.map={},CONTROLLER:PLAINTEXT\ncontroller.listener.names=CONTROLLER\n\
             inter.broker.listener.name=PLAIN\nsasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512\n\
             listener.name.sasltls.sasl.enabled.mechanisms=PLAIN\n{}{}{}{}\
             ssl.keystore.type=PEM\nssl.keystore.location={key}\nssl.truststore.type=PEM\nssl.truststore.location={trust}\n\
             listener.name.mutual.ssl.client.auth=required\n\
             authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
             super.users=User:ANONYMOUS;User:app;User:scram;User:CN=app\nallow.everyone.if.no.acl.found=false\n\
             log.dirs={}\noffsets.topic.replication.factor=1\nauto.create.topics.enable=true\nlog.cleaner.enable=false\n\
             num.network.threads=1\nnum.io.threads=2\nbackground.threads=1\n",
            joined(|one| format!("{}://127.0.0.1:{}", one.name, one.port)),
            joined(|one| format!("{}://{}", one.name, one.announced)),
            joined(|one| format!("{}:{}", one.name, one.protocol)),
            login("sasl", "plain", "plain.PlainLoginModule", &users),
            login("sasl", "scram-sha-256", "scram.ScramLoginModule", ""),
            login("sasl", "scram-sha-512", "scram.ScramLoginModule", ""),
            login("sasltls", "plain", "plain.PlainLoginModule", &users),
            folder.path().join("data").display(),
        );
        let settings = folder.write("server.properties", settings);
        folder.write(
            "log4j2.properties",
            "rootLogger.level=INFO\nrootLogger.appenderRef.c.ref=C\nappender.c.type=Console\nappender.c.name=C\n\
             appender.c.layout.type=PatternLayout\nappender.c.layout.pattern=%p %c{1}: %m%n\n",
        );
        let mut format = java(folder.path());
        format.args(["kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c", &settings]);
        for (mechanism, user) in [("SCRAM-SHA-512", "scram"), ("SCRAM-SHA-256", "scram256")] {
            format.args(["--add-scram", &format!("{mechanism}=[name={user},password={PASSWORD}]")]);
        }
        let ran = run(&mut format);
        assert_eq!(ran.code, 0, "the folder is formatted: {ran:?}");
        let mut process = ending_with_us(java(folder.path()).args(["kafka.Kafka", &settings]), &folder);
        let limit = SystemTime::now() + START;
        let log = || std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        while !log().contains("Kafka Server started") {
            if process.try_wait().expect("its state").is_some() {
                assert!(log().contains("Address already in use"), "Kafka ended: {}", log());
                return None;
            }
            assert!(SystemTime::now() < limit, "Kafka did not start in time: {}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
        let ca = ca.pem;
        let broker = Self {
            plain,
            sasl,
            tls,
            mutual,
            sasl_tls,
            unresolvable,
            dead,
            controller,
            ca,
            client,
            folder,
            _process: process,
        };
        broker.create("orders", 3);
        Some(broker)
    }

    /// Creates a topic, and waits until its partitions have leaders.
    fn create(&self, topic: &str, partitions: i32) {
        let name = text(topic);
        let body = [
            &1_i32.to_be_bytes()[..],
            &name,
            &partitions.to_be_bytes(),
            &1_i16.to_be_bytes(),
            // No assignments, no settings; 10 s; not only to try.
            &[0; 8],
            &10_000_i32.to_be_bytes(),
            &[0],
        ];
        let answer = call(self.plain, 19, 2, &body.concat());
        let error = &answer[answer.len() - 4..answer.len() - 2];
        assert_eq!(error, [0, 0], "the topic is created: {answer:?}");
        super::until("every partition has a leader", || topic_error(self.plain, topic) == 0);
    }

    /// All that it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("the log is readable")
    }
}

/// The number of the error with which the broker describes a topic; the question creates none. 0: all is well.
pub(crate) fn topic_error(port: u16, topic: &str) -> i16 {
    let answer = call(port, 3, 4, &[&1_i32.to_be_bytes()[..], &text(topic), &[0]].concat());
    let at = answer.windows(topic.len()).rposition(|part| part == topic.as_bytes()).expect("it names the topic");
    let number = |at: usize| i16::from_be_bytes([answer[at], answer[at + 1]]);
    match number(at - 4) {
        // Behind the name, a byte and the count, the first partition begins with its error.
        0 => number(at + topic.len() + 5),
        error => error,
    }
}

fn text(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).expect("it is short").to_be_bytes(), text.as_bytes()].concat()
}

/// One request, and its answer behind the number.
#[expect(clippy::disallowed_methods, reason = "a test dials as it likes")]
fn call(port: u16, key: i16, version: i16, body: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let request = [&key.to_be_bytes()[..], &version.to_be_bytes(), &1_i32.to_be_bytes(), &text("test"), body].concat();
    let length = u32::try_from(request.len()).expect("it is short");
    stream.write_all(&[&length.to_be_bytes()[..], &request].concat()).expect("it is sent");
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("an answer");
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut answer).expect("the whole answer");
    answer.split_off(4)
}

fn java(folder: &Path) -> Command {
    let mut command = Command::new(need("java", "openjdk-17-jdk-headless"));
    command
        .env_clear()
        .args(JAVA)
        .arg(format!("-Dlog4j2.configurationFile={}", folder.join("log4j2.properties").display()));
    command.arg("-cp").arg(format!("{}/*", tool(JARS).display()));
    command
}

/// Starts a command that is killed when the one who holds its standard input is gone: nobody drops a static of the tests.
fn ending_with_us(command: &Command, folder: &Folder) -> Child {
    let log = std::fs::File::create(folder.path().join("log")).expect("a file");
    let mut shell = Command::new("/bin/sh");
    let script = "exec 3<&0; folder=$1; shift; \"$@\" </dev/null 3<&- & pid=$!; \
                  (cat <&3 >/dev/null; kill -9 $pid; rm -rf \"$folder\") & wait $pid";
    shell.args(["-c", script, "sh"]).arg(folder.path());
    shell.arg(command.get_program()).args(command.get_args()).env_clear();
    shell.stdin(Stdio::piped()).stdout(log.try_clone().expect("a file")).stderr(log);
    shell.spawn().expect("the shell starts")
}
