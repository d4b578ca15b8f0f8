//! TLS inside other protocols, against the servers that most people run: Dovecot, vsftpd, Prosody.

use std::process::{Command, Stdio};

use super::{assert_told, check};
use crate::support::ca::{Ca, Leaf};
use crate::support::hostile::{Manner, here};
use crate::support::mysql::{Options as MysqlOptions, Server as Mysql};
use crate::support::slapd::{Options as LdapOptions, Server as Ldap};
use crate::support::{Folder, Running, free_port, need, until_listening};

/// A server of each protocol; with TLS, or without.
struct Servers {
    folder: Folder,
    ca: String,
    ports: [(&'static str, u16); 4],
    _running: [Running; 3],
}

impl Servers {
    fn start(with_tls: bool) -> Self {
        let root = Ca::root("Lab Root");
        let folder = Folder::new();
        let (cert, key) = root.issue(&Leaf::server("mail.lab", &["127.0.0.1"])).write(&folder, "server", &[]);
        let ca = folder.write("ca.pem", &root.pem);
        let ports = ["imap", "pop3", "ftp", "xmpp"].map(|name| (name, free_port()));
        let [imap, pop3, ftp, xmpp] = ports.map(|(_, port)| port);
        let at = folder.path().display().to_string();
        for name in ["run", "mail", "empty", "data"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let yes = if with_tls { "yes" } else { "no" };
        let listener = |name: &str, port: u16| {
            format!(
                "service {name}-login {{\n inet_listener {name} {{\n port = {port}\n }}\n inet_listener {name}s {{\n port = 0\n }}\n}}\n"
            )
        };
        let dovecot = format!(
            "base_dir = {at}/run\nstate_dir = {at}/run\nlog_path = {at}/dovecot.log\nprotocols = imap pop3\n\
             listen = 127.0.0.1\nssl = {yes}\nssl_cert = <{cert}\nssl_key = <{key}\nmail_location = maildir:{at}/mail\n\
             passdb {{\n driver = static\n args = password=sesame\n}}\n\
             userdb {{\n driver = static\n args = uid=root gid=root home={at}\n}}\n{}{}",
            listener("imap", imap),
            listener("pop3", pop3),
        );
        let tls = format!("rsa_cert_file={cert}\nrsa_private_key_file={key}\n");
        let vsftpd = format!(
            "listen=YES\nlisten_port={ftp}\nlisten_address=127.0.0.1\nanonymous_enable=YES\nssl_enable={}\n{}\
             background=NO\nsecure_chroot_dir={at}/empty\nanon_root={at}/empty\n",
            yes.to_uppercase(),
            if with_tls { &tls } else { "" },
        );
        let modules = if with_tls { "\"tls\", \"saslauth\"" } else { "\"saslauth\"" };
        let prosody = format!(
            "pidfile = \"{at}/prosody.pid\"\ndaemonize = false\nrun_as_root = true\ndata_path = \"{at}/data\"\n\
             interfaces = {{ \"127.0.0.1\" }}\nc2s_ports = {{ {xmpp} }}\ns2s_ports = {{ }}\n\
             modules_enabled = {{ {modules} }}\nmodules_disabled = {{ \"s2s\"{} }}\n\
             authentication = \"anonymous\"\nc2s_require_encryption = false\nlog = {{ {{ levels = {{ min = \"info\" }}, to = \"file\", filename = \"{at}/prosody.log\" }} }}\n\
             ssl = {{ certificate = \"{cert}\", key = \"{key}\" }}\nVirtualHost \"127.0.0.1\"\n",
            if with_tls { "" } else { ", \"tls\"" },
        );
        let start = |program: &str, package: &str, arguments: &[&str]| {
            let mut command = Command::new(need(program, package));
            Running::start(command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()))
        };
        let running = [
            start("dovecot", "dovecot-imapd", &["-F", "-c", &folder.write("dovecot.conf", dovecot)]),
            start("vsftpd", "vsftpd", &[&folder.write("vsftpd.conf", vsftpd)]),
            start("prosody", "prosody", &["--config", &folder.write("prosody.lua", prosody)]),
        ];
        for (_, port) in ports {
            until_listening(([127, 0, 0, 1], port).into());
        }
        Self { folder, ca, ports, _running: running }
    }
}

#[test]
fn servers_start_tls_inside_their_protocols() {
    let servers = Servers::start(true);
    let ca = &servers.ca;
    for (protocol, port) in servers.ports {
        let report = check(port, &format!("starttls: {protocol}, ca: \"{ca}\""));
        assert_told(&report, "pass");
        assert!(report["facts"]["tls_version"].is_string(), "{protocol}: {report:#}");
        let report = check(port, &format!("starttls: {protocol}"));
        assert_told(&report, "tls tls_untrusted:");
        // Without it, TLS meets a server that greets or waits in plain text.
        let report = check(port, &format!("ca: \"{ca}\", min_days_valid: 1"));
        assert_ne!(report["result"], "pass", "{protocol}: {report:#}");
    }
    let [(_, imap), (_, pop3), (_, ftp), _] = servers.ports;
    for (port, keys) in [
        (imap, r#"starttls: imap, send: 'x CAPABILITY\r\n', expect: {regex: 'x OK'}"#),
        (pop3, r#"starttls: pop3, send: 'CAPA\r\n', expect: '+OK'"#),
        (ftp, r#"starttls: ftp, send: 'SYST\r\n', expect: {regex: '^(530|215)'}"#),
    ] {
        assert_told(&check(port, &format!("{keys}, ca: \"{ca}\"")), "pass");
    }
    let report = check(pop3, &format!(r#"starttls: pop3, send: 'CAPA\r\n', expect: '-ERR', ca: "{ca}""#));
    assert_told(&report, "assert body_mismatch: the answer does not start with the expected bytes");
    // Another protocol than that of the port, and a certificate that does not last.
    assert_told(&check(imap, "starttls: pop3"), "tls tls_not_tls: the peer speaks IMAP, expected the greeting");
    assert_told(&check(ftp, "starttls: imap"), "tls tls_not_tls: the peer speaks FTP, expected the greeting");
    let report = check(pop3, &format!(r#"starttls: pop3, min_days_valid: 400, ca: "{ca}""#));
    assert_told(&report, "assert tls_expired:");
    let log = std::fs::read_to_string(servers.folder.path().join("dovecot.log")).expect("a log");
    assert!(log.contains("logging out") && !log.contains("Error"), "{log}");
}

/// Databases and directories, of which each has a kind that logs in.
#[test]
fn kinds_start_tls_inside_their_protocols() {
    let root = Ca::root("Lab Root");
    let (folder, pair) = (Folder::new(), root.issue(&Leaf::server("db.lab", &["127.0.0.1"])));
    let ca = folder.write("ca.pem", &root.pem);
    let mysql = Mysql::start(&MysqlOptions { tls: Some(&pair), ..MysqlOptions::default() });
    let ldap = Ldap::start(&LdapOptions { tls: Some(&pair), ..LdapOptions::default() });
    for (protocol, port) in [("mysql", mysql.port), ("ldap", ldap.port)] {
        let report = check(port, &format!("starttls: {protocol}, ca: \"{ca}\", min_days_valid: 1"));
        assert_told(&report, "pass");
        assert!(report["facts"]["tls_version"].is_string(), "{protocol}: {report:#}");
        assert_eq!(report["findings"], serde_json::json!([]), "{protocol}: {report:#}");
        assert_told(&check(port, &format!("starttls: {protocol}")), "tls tls_untrusted:");
        let report = check(port, &format!("starttls: {protocol}, ca: \"{ca}\", min_days_valid: 400"));
        assert_told(&report, "assert tls_expired:");
    }
    // The directory sees a goodbye, and nobody who binds.
    assert!(ldap.log().contains("UNBIND") && !ldap.log().contains("BIND dn"), "{}", ldap.log());
    // Another protocol than that of the port.
    assert_told(&check(mysql.port, "starttls: ldap"), "tls tls_not_tls: the peer speaks MySQL");
    assert_told(&check(ldap.tls_port, "starttls: mysql"), "tls timeout: ");
    assert_told(&check(mysql.port, "starttls: smtp"), "tls tls_not_tls: the peer speaks MySQL");
    let report = check(Ldap::plain().port, "starttls: ldap");
    assert_told(&report, "tls tls_unsupported: the directory offers no TLS on this connection (StartTLS)");
    assert!(report["failure"]["hint"].as_str().is_some_and(|hint| hint.contains("Enable TLS")), "{report:#}");
}

/// What a server answers in its own protocol keeps its meaning.
#[test]
fn answers_of_a_kind_keep_their_meaning() {
    let mysql = |code: u16, text: &str| {
        let body = [&[0xff][..], &code.to_le_bytes(), text.as_bytes()].concat();
        [&[u8::try_from(body.len()).expect("short"), 0, 0, 0][..], &body].concat()
    };
    let extended = |code: u8| vec![0x30, 12, 2, 1, 1, 0x78, 7, 10, 1, code, 4, 0, 4, 0];
    for (protocol, said, expected, hint) in [
        ("mysql", mysql(1129, "Host is blocked"), "tls login_rejected: the server blocks", "flush-hosts"),
        ("mysql", mysql(1040, "Too many connections"), "tls too_many_connections: ", "PROCESSLIST"),
        ("mysql", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "tls tls_not_tls: the peer speaks HTTP", ""),
        ("ldap", extended(52), "tls tls_unsupported: the directory cannot start TLS", "certificate or key"),
        ("ldap", extended(51), "tls too_many_connections: the directory is too busy", "overloaded"),
        ("ldap", [extended(0), b"x".to_vec()].concat(), "tls protocol_error: the server accepts TLS, but", ""),
        ("ldap", b"220 mail ESMTP\r\n".to_vec(), "tls tls_not_tls: the peer speaks SMTP", ""),
    ] {
        let peer = here(Manner::SpeaksFirst(said));
        let report = check(peer.port(), &format!("starttls: {protocol}"));
        assert_told(&report, expected);
        assert!(report["failure"]["hint"].as_str().is_some_and(|text| text.contains(hint)), "{hint}: {report:#}");
    }
}

#[test]
fn servers_without_tls_say_so() {
    let servers = Servers::start(false);
    for (protocol, port) in servers.ports {
        let report = check(port, &format!("starttls: {protocol}"));
        assert_told(&report, "tls tls_unsupported:");
        assert!(report["failure"]["message"].as_str().is_some_and(|text| text.contains("offers no")), "{report:#}");
    }
}

#[test]
fn peers_that_break_the_rules_are_told() {
    for (protocol, said, expected) in [
        ("imap", "* BYE too many\r\n", "tls shutting_down: the IMAP server sends its clients away"),
        ("imap", "* PREAUTH hello\r\n", "tls tls_unsupported: the IMAP server takes this client as logged in"),
        ("imap", "* OK hello\r\na NO not now\r\n", "tls tls_unsupported: the IMAP server knows the request"),
        ("imap", "* OK hello\r\na OK begin\r\n* OK more\r\n", "tls protocol_error: the server accepts TLS, but"),
        ("pop3", "+OK hello\r\n+OK begin\r\nmore", "tls protocol_error: the server accepts TLS, but"),
        ("ftp", "220 hello\r\n534 no\r\n", "tls tls_unsupported: the FTP server knows the request"),
        ("ftp", "421 full\r\n", "tls shutting_down: the FTP server sends its clients away"),
        ("xmpp", "HTTP/1.1 400 Bad Request\r\n\r\n</stream:stream>", "tls tls_not_tls: the peer speaks HTTP"),
        ("xmpp", "<stream:stream><stream:features/>", "tls tls_unsupported: the XMPP server offers no STARTTLS"),
        (
            "xmpp",
            "<stream:stream><stream:error><host-unknown/></stream:error></stream:stream>",
            "tls protocol_error: the XMPP server answers with the stream error host-unknown",
        ),
        (
            "xmpp",
            "<s><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features><failure/>",
            "tls tls_unsupported: the XMPP server offers STARTTLS, and refuses it",
        ),
    ] {
        let peer = here(Manner::SpeaksFirst(said.into()));
        assert_told(&check(peer.port(), &format!("starttls: {protocol}")), expected);
    }
}
