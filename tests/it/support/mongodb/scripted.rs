//! A scripted server of MongoDB's protocol, written from the drivers' specifications: threads of this process on a free port of
//! loopback. It knows hello, SCRAM-SHA-256, X.509, PLAIN and three commands.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bson::raw::{RawDocument, RawDocumentBuf};
use bson::spec::BinarySubtype;
use bson::{Binary, rawdoc};
use ring::{digest, hmac, pbkdf2};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::support::ca::{Ca, Pair};

/// How a server is to be.
#[derive(Clone)]
pub(crate) struct Script {
    /// What it adds to its hello.
    pub(crate) hello: RawDocumentBuf,
    /// Users, as `database.user`, with their passwords; without any, nobody needs a login.
    pub(crate) users: Vec<(&'static str, &'static str)>,
    /// Whether a hello lists the login methods of a user.
    pub(crate) lists_methods: bool,
    /// The rounds of SCRAM that it demands.
    pub(crate) rounds: u32,
    /// It knows a hello by its older name alone.
    pub(crate) older: bool,
    /// What it answers any command with but a hello, if that is an error.
    pub(crate) refuses: Option<RawDocumentBuf>,
    /// It closes every connection at its first message.
    pub(crate) full: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            hello: rawdoc! { "isWritablePrimary": true },
            users: vec![("admin.app", "sesame")],
            lists_methods: true,
            rounds: 4096,
            older: false,
            refuses: None,
            full: false,
        }
    }
}

/// A running server.
pub(crate) struct Scripted {
    pub(crate) port: u16,
    script: Arc<Mutex<Script>>,
    /// The names of all commands so far.
    commands: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// One that behaves like this.
    pub(crate) fn start(script: Script) -> Self {
        Self::serve(script, None)
    }

    /// One that speaks TLS, with this certificate, and asks clients for one that this authority issued.
    pub(crate) fn over_tls(script: Script, pair: &Pair, client_ca: &Ca) -> Self {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(client_ca.pem.as_bytes()).expect("a certificate");
        roots.add(root).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let verifier = verifier.allow_unauthenticated().build().expect("a verifier");
        let chain = CertificateDer::pem_slice_iter(pair.cert.as_bytes()).collect::<Result<_, _>>().expect("a chain");
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("a key");
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("versions").with_client_cert_verifier(verifier).with_single_cert(chain, key);
        Self::serve(script, Some(Arc::new(config.expect("the key fits"))))
    }

    fn serve(script: Script, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let (script, commands) = (Arc::new(Mutex::new(script)), Arc::default());
        let server = Self { port, script: Arc::clone(&script), commands: Arc::clone(&commands) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let script = script.lock().expect("no panic while it is held").clone();
                let (commands, tls) = (Arc::clone(&commands), tls.clone());
                std::thread::spawn(move || {
                    let session =
                        Session { script, commands, by_certificate: tls.is_some(), logged_in: false, scram: None };
                    // A client that goes away ends the conversation.
                    drop(match tls {
                        None => session.converse(stream),
                        Some(config) => session.over_tls(stream, config),
                    });
                });
            }
        });
        server
    }

    /// From now on it behaves like this.
    pub(crate) fn become_like(&self, script: Script) {
        *self.script.lock().expect("no panic while it is held") = script;
    }

    /// The names of all commands so far.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.commands.lock().expect("no panic while it is held").clone()
    }

    /// Its address, as a member has it.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// The hello of a member of the set `rs0` with these members: `state` is the field that is true, if any.
pub(crate) fn member(state: &str, me: &str, primary: Option<&str>, hosts: &[&str]) -> RawDocumentBuf {
    let mut hello = rawdoc! { "setName": "rs0", "me": me };
    let mut list = bson::RawArrayBuf::new();
    for host in hosts {
        list.push(*host);
    }
    hello.append(bson::raw::cstr!("hosts"), list);
    if let Some(primary) = primary {
        hello.append(bson::raw::cstr!("primary"), primary);
    }
    match state {
        "primary" => hello.append(bson::raw::cstr!("isWritablePrimary"), true),
        "secondary" => hello.append(bson::raw::cstr!("secondary"), true),
        "arbiter" => hello.append(bson::raw::cstr!("arbiterOnly"), true),
        _ => {}
    }
    hello
}

struct Session {
    script: Script,
    commands: Arc<Mutex<Vec<String>>>,
    by_certificate: bool,
    logged_in: bool,
    scram: Option<Scram>,
}

/// A login that has begun.
struct Scram {
    password: String,
    bare: String,
    challenge: String,
}

impl Session {
    fn over_tls(self, stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
        let connection = ServerConnection::new(config).expect("a session");
        let mut stream = StreamOwned::new(connection, stream);
        self.converse_over(&mut stream)?;
        stream.conn.send_close_notify();
        stream.flush()
    }

    fn converse(self, mut stream: TcpStream) -> std::io::Result<()> {
        self.converse_over(&mut stream)
    }

    fn converse_over(mut self, stream: &mut (impl Read + Write)) -> std::io::Result<()> {
        loop {
            let mut header = [0; 16];
            stream.read_exact(&mut header)?;
            let length = u32::from_le_bytes(header[..4].try_into().expect("four bytes")) as usize;
            // What is no message of the protocol, such as a TLS handshake, is read to its end: closing is a FIN then.
            let known = (21..48_000_000).contains(&length) && header[12..] == 2013_u32.to_le_bytes();
            let mut body = vec![0; if known { length - 16 } else { 64 * 1024 }];
            if !known {
                return stream.read(&mut body).map(drop);
            }
            stream.read_exact(&mut body)?;
            if self.script.full {
                return Ok(());
            }
            let command = RawDocumentBuf::from_bytes(body[5..].to_vec()).expect("the client sends BSON");
            let mut answer = self.answer(&command);
            if answer.get("ok").expect("BSON").is_none() {
                answer.append(bson::raw::cstr!("ok"), 1.0);
            }
            let bytes = answer.into_bytes();
            let length = u32::try_from(21 + bytes.len()).expect("it is short");
            let mut message = Vec::new();
            message.extend_from_slice(&length.to_le_bytes());
            message.extend_from_slice(&7_u32.to_le_bytes());
            message.extend_from_slice(&header[4..8]);
            message.extend_from_slice(&2013_u32.to_le_bytes());
            message.extend_from_slice(&[0; 5]);
            message.extend_from_slice(&bytes);
            stream.write_all(&message)?;
            stream.flush()?;
        }
    }

    fn answer(&mut self, command: &RawDocument) -> RawDocumentBuf {
        let name = command.iter().next().expect("a command").expect("BSON").0.as_str().to_owned();
        self.commands.lock().expect("no panic while it is held").push(name.clone());
        match name.as_str() {
            "hello" if self.script.older => error(59, "CommandNotFound", "no such command: 'hello'"),
            "hello" | "isMaster" => self.hello(command),
            _ if self.script.refuses.is_some() => self.script.refuses.clone().expect("it refuses"),
            "saslStart" => self.start(command),
            "saslContinue" => self.go_on(command),
            "authenticate" if self.by_certificate && command.get_str("mechanism").ok() == Some("MONGODB-X509") => {
                assert_eq!(command.get_str("$db").ok(), Some("$external"));
                if self.script.users.iter().any(|(user, _)| *user == "$external.CN=app") {
                    self.logged_in = true;
                    return rawdoc! {};
                }
                error(18, "AuthenticationFailed", "Authentication failed.")
            }
            "ping" | "buildInfo" => rawdoc! { "version": "7.0.14" },
            "listDatabases" if self.logged_in || self.script.users.is_empty() => rawdoc! {},
            _ => error(13, "Unauthorized", &format!("Command {name} requires authentication")),
        }
    }

    fn hello(&self, command: &RawDocument) -> RawDocumentBuf {
        let client = command.get_document("client").and_then(|client| client.get_document("application"));
        assert_eq!(client.and_then(|application| application.get_str("name")).ok(), Some("pilotfish"));
        let mut hello = self.script.hello.clone();
        hello.append(bson::raw::cstr!("maxWireVersion"), 21);
        let user = command.get_str("saslSupportedMechs").ok();
        let known = user.filter(|user| self.script.users.iter().any(|(known, _)| known == user));
        if known.is_some() && self.script.lists_methods {
            let mut list = bson::RawArrayBuf::new();
            list.push("SCRAM-SHA-256");
            hello.append(bson::raw::cstr!("saslSupportedMechs"), list);
        }
        hello
    }

    fn start(&mut self, command: &RawDocument) -> RawDocumentBuf {
        let rejected = || error(18, "AuthenticationFailed", "Authentication failed.");
        let database = command.get_str("$db").expect("a database");
        let text = payload(command);
        match command.get_str("mechanism").expect("a mechanism") {
            "PLAIN" => {
                assert_eq!(database, "$external");
                let parts: Vec<&str> = text.split('\0').collect();
                let known = |(user, password): &(&str, &str)| {
                    *user == format!("$external.{}", parts[1]) && *password == parts[2]
                };
                if !self.script.users.iter().any(known) {
                    return rejected();
                }
                self.logged_in = true;
                rawdoc! { "conversationId": 1, "done": true, "payload": binary("") }
            }
            "SCRAM-SHA-256" => {
                let bare = text.strip_prefix("n,,").expect("no channel binding").to_owned();
                let (user, nonce) =
                    bare.strip_prefix("n=").and_then(|rest| rest.split_once(",r=")).expect("user and nonce");
                let name = format!("{database}.{user}");
                let Some((_, password)) = self.script.users.iter().find(|(known, _)| *known == name) else {
                    return rejected();
                };
                let challenge = format!("r={nonce}srv,s={},i={}", STANDARD.encode("salt"), self.script.rounds);
                let answer = rawdoc! { "conversationId": 1, "done": false, "payload": binary(&challenge) };
                self.scram = Some(Scram { password: (*password).to_owned(), bare, challenge });
                answer
            }
            other => error(
                334,
                "MechanismUnavailable",
                &format!("Received authentication for mechanism {other} which is not enabled"),
            ),
        }
    }

    fn go_on(&mut self, command: &RawDocument) -> RawDocumentBuf {
        let scram = self.scram.take().expect("a login has begun");
        let text = payload(command);
        let (without_proof, proof) = text.split_once(",p=").expect("a proof");
        let mut salted = [0; 32];
        let rounds = NonZeroU32::new(self.script.rounds).expect("some");
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, b"salt", scram.password.as_bytes(), &mut salted);
        let sign = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
        let signed = format!("{},{},{without_proof}", scram.bare, scram.challenge);
        let client_key = sign(&salted, b"Client Key");
        let stored = digest::digest(&digest::SHA256, client_key.as_ref());
        let signature = sign(stored.as_ref(), signed.as_bytes());
        let expected: Vec<u8> = client_key.as_ref().iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
        if proof != STANDARD.encode(expected) {
            return error(18, "AuthenticationFailed", "Authentication failed.");
        }
        self.logged_in = true;
        let server = sign(sign(&salted, b"Server Key").as_ref(), signed.as_bytes());
        rawdoc! { "conversationId": 1, "done": true, "payload": binary(&format!("v={}", STANDARD.encode(server))) }
    }
}

/// An error as a server answers it.
pub(crate) fn error(code: i32, name: &str, text: &str) -> RawDocumentBuf {
    rawdoc! { "ok": 0.0, "errmsg": text, "code": code, "codeName": name }
}

fn binary(text: &str) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes: text.as_bytes().to_vec() }
}

fn payload(command: &RawDocument) -> String {
    String::from_utf8(command.get_binary("payload").expect("a payload").bytes.to_vec()).expect("it is text")
}
