//! A real NATS server for one test, on a free port, gone when the test ends; and the JWTs of an operator.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::BASE32_NOPAD;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::json;

use super::ca::Pair;
use super::netns::Namespace;
use super::{Folder, Running, free_port, tool, until};

/// A user with a password, as lines of its configuration.
pub(crate) const WITH_PASSWORD: &str = "authorization { user: app, password: sesame }";

/// How a server is to be.
#[derive(Default)]
pub(crate) struct Options<'a> {
    /// Lines of its configuration; `PORT` is a free port.
    pub(crate) settings: &'a str,
    /// The server's certificate: it accepts only TLS.
    pub(crate) tls: Option<&'a Pair>,
    /// Whose client certificates are good, in PEM; without it no client needs one.
    pub(crate) client_ca: Option<&'a str>,
    /// More settings of TLS.
    pub(crate) tls_settings: &'a str,
    /// Where it runs: then it has port 4222 of every address there.
    pub(crate) inside: Option<&'a Namespace>,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    folder: Folder,
    process: Running,
}

impl Server {
    /// One with these lines in its configuration.
    pub(crate) fn with(settings: &str) -> Self {
        Self::start(&Options { settings, ..Options::default() })
    }

    /// Starts one and waits until it is ready. Another process may take the free port first: then with another one.
    pub(crate) fn start(options: &Options<'_>) -> Self {
        let folder = Folder::new();
        let path = folder.path().join("log");
        let log = || std::fs::read_to_string(&path).unwrap_or_default();
        let tls = options.tls.map(|pair| {
            let (cert, key) = pair.write(&folder, "server", &[]);
            let ca = options.client_ca.map(|pem| folder.write("client_ca.crt", pem));
            let clients = ca.map(|ca| format!("ca_file: \"{ca}\", verify: true, ")).unwrap_or_default();
            format!("tls {{ cert_file: \"{cert}\", key_file: \"{key}\", {clients}{} }}\n", options.tls_settings)
        });
        for _ in 0..5 {
            let (host, port) = options.inside.map_or_else(|| ("127.0.0.1", free_port()), |_| ("0.0.0.0", 4222));
            let conf = format!(
                "listen: \"{host}:{port}\"\nlog_file: \"{}\"\ndebug: true\ntrace: true\n{}{}\n",
                path.display(),
                tls.as_deref().unwrap_or_default(),
                options.settings,
            );
            let conf = folder.write("nats.conf", conf);
            let mut command = Command::new(tool("nats-server-2.15.3/nats-server"));
            command.args(["-c", &conf]);
            if let Some(namespace) = options.inside {
                command = namespace.within(&command);
            }
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let mut process = Running::start(&mut command);
            let mut ended = false;
            until("NATS is ready", || {
                ended = process.0.try_wait().expect("its state").is_some();
                ended || log().contains("Server is ready")
            });
            if !ended {
                return Self { port, folder, process };
            }
            assert!(log().contains("address already in use"), "NATS ended: {}", log());
        }
        panic!("no port stayed free");
    }

    /// All that it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("the log is readable")
    }

    /// How often pilotfish logged in to it, or tried to.
    pub(crate) fn logins(&self) -> usize {
        self.log().matches(r#""name":"pilotfish""#).count()
    }

    /// A URL with this before the `@`: `url("app:sesame@")`.
    pub(crate) fn url(&self, login: &str) -> String {
        format!("nats://{login}127.0.0.1:{}", self.port)
    }

    /// Its INFO, and the connection on which it came.
    pub(crate) fn info(&self) -> (String, TcpStream) {
        let address = ([127, 0, 0, 1], self.port).into();
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5)).expect("it listens");
        let mut line = String::new();
        BufReader::new(stream.try_clone().expect("a socket")).read_line(&mut line).expect("INFO");
        (line, stream)
    }

    /// Sends it a signal: `USR2` is lame duck mode.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.0.id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill");
        assert!(status.success());
    }
}

/// Two servers of one cluster; each announces this to clients. Both know of each other.
pub(crate) fn cluster(announced: [&str; 2]) -> [Server; 2] {
    let routes = [free_port(), free_port()];
    let server = |at: usize| {
        let (own, other) = (routes[at], routes[1 - at]);
        Server::with(&format!(
            "server_name: s{at}\nclient_advertise: \"{}\"\n\
             cluster {{ name: lab, listen: \"127.0.0.1:{own}\", routes: [\"nats://127.0.0.1:{other}\"] }}",
            announced[at]
        ))
    };
    let both = [server(0), server(1)];
    until("the cluster is complete", || {
        both.iter().all(|server| announced.iter().all(|one| server.info().0.contains(one)))
    });
    both
}

/// A key of NATS.
pub(crate) struct Key {
    seed: [u8; 32],
    prefix: u8,
}

impl Key {
    /// A key of a user, an account or an operator: by the letter with which its public key starts.
    pub(crate) fn new(letter: char, number: u8) -> Self {
        let prefix = match letter {
            'U' => 20 << 3,
            'A' => 0,
            'O' => 14 << 3,
            other => panic!("{other} is no prefix"),
        };
        Self { seed: [number; 32], prefix }
    }

    fn pair(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&self.seed).expect("32 bytes")
    }

    pub(crate) fn public(&self) -> String {
        encoded(&[&[self.prefix], self.pair().public_key().as_ref()].concat())
    }

    pub(crate) fn seed(&self) -> String {
        encoded(&[&[(18 << 3) | (self.prefix >> 5), self.prefix << 3][..], &self.seed].concat())
    }

    /// A JWT about a key that this one vouches for.
    pub(crate) fn vouch(&self, about: &Self, expires: i64, nats: &serde_json::Value) -> String {
        let mut claims = json!({"jti": "lab", "iat": 1_700_000_000, "iss": self.public(), "name": "lab",
            "sub": about.public(), "nats": nats});
        if expires != 0 {
            claims["exp"] = expires.into();
        }
        let header = json!({"typ": "JWT", "alg": "ed25519-nkey"});
        let part = |json: &serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.pair().sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

fn encoded(bytes: &[u8]) -> String {
    let crc = bytes.iter().fold(0u16, |crc, byte| {
        (0..8).fold(
            crc ^ (u16::from(*byte) << 8),
            |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 },
        )
    });
    BASE32_NOPAD.encode(&[bytes, &crc.to_le_bytes()].concat())
}

/// The lines of a server's configuration that trusts an operator with one account.
pub(crate) fn operator(operator: &Key, account: &Key) -> String {
    let own = operator.vouch(operator, 0, &json!({"type": "operator", "version": 2}));
    let limits = json!({"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true,
        "conn": -1, "leaf": -1});
    let of_account =
        json!({"limits": limits, "default_permissions": {"pub": {}, "sub": {}}, "type": "account", "version": 2});
    let of_account = operator.vouch(account, 0, &of_account);
    format!("operator: \"{own}\"\nresolver: MEMORY\nresolver_preload: {{ {}: \"{of_account}\" }}", account.public())
}

/// The text of a creds file for a user of an account; the seed is of `seed`.
pub(crate) fn creds(account: &Key, user: &Key, seed: &Key, expires: i64) -> String {
    let claims = json!({"pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1, "type": "user", "version": 2});
    let jwt = account.vouch(user, expires, &claims);
    format!(
        "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
         ************************* IMPORTANT *************************\n\n\
         -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
        seed.seed()
    )
}
