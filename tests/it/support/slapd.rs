//! A real directory for one test: OpenLDAP's slapd with its own data on free ports, gone when the test ends.

use std::fs::File;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use super::ca::Pair;
use super::netns::Namespace;
use super::{Folder, Running, free_port, need, run, until};

/// The user of tests.
pub(crate) const USER: &str = "cn=app,dc=lab";
/// Its password.
pub(crate) const PASSWORD: &str = "sesame";

/// How a server is to be.
#[derive(Default)]
pub(crate) struct Options<'a> {
    /// Lines of slapd.conf before its database.
    pub(crate) settings: &'a str,
    /// Lines of its database.
    pub(crate) database: &'a str,
    /// Entries beside those of every server, as LDIF.
    pub(crate) entries: &'a str,
    /// The server's certificate: it offers `StartTLS`, and has a second port that speaks TLS at once.
    pub(crate) tls: Option<&'a Pair>,
    /// Whose client certificates are good, in PEM; without it no client needs one.
    pub(crate) client_ca: Option<&'a str>,
    /// Where it runs: then it listens on every address there.
    pub(crate) inside: Option<&'a Namespace>,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// The port that speaks TLS at once, where it has a certificate.
    pub(crate) tls_port: u16,
    folder: Folder,
    /// Where its log starts to be of interest.
    log_from: usize,
    _process: Running,
}

/// The entries of every server: a user, one without a password, and a subtree that nobody may read.
const ENTRIES: &str = "dn: dc=lab\nobjectClass: dcObject\nobjectClass: organization\no: lab\ndc: lab\n\n\
    dn: cn=app,dc=lab\nobjectClass: person\ncn: app\nsn: app\nuserPassword: sesame\n\n\
    dn: cn=bare,dc=lab\nobjectClass: person\ncn: bare\nsn: bare\n\n\
    dn: ou=people,dc=lab\nobjectClass: organizationalUnit\nou: people\n\n\
    dn: ou=hidden,dc=lab\nobjectClass: organizationalUnit\nou: hidden\n\n\
    dn: ou=closed,dc=lab\nobjectClass: organizationalUnit\nou: closed\n";

/// Who may see what: `disclose` alone makes the difference between an entry that is not there and one that is not shown.
const RIGHTS: &str = "access to dn.base=\"ou=hidden,dc=lab\" by * none\n\
    access to dn.base=\"ou=closed,dc=lab\" by * disclose\n\
    access to attrs=userPassword by anonymous auth by * none\naccess to * by * read\n";

impl Server {
    /// One without TLS.
    pub(crate) fn plain() -> Self {
        Self::start(&Options::default())
    }

    /// One that locks an account after so many rejected passwords.
    pub(crate) fn locking(failures: u32) -> Self {
        let entries = policy(&format!("pwdLockout: TRUE\npwdMaxFailure: {failures}"));
        Self::start(&Options {
            settings: "moduleload ppolicy",
            database: POLICY,
            entries: &entries,
            ..Options::default()
        })
    }

    /// Starts one and waits until it is ready. Another process may take a free port first: then with other ones.
    pub(crate) fn start(options: &Options<'_>) -> Self {
        let folder = Folder::new();
        let base = folder.path().display().to_string();
        std::fs::create_dir(folder.path().join("data")).expect("a folder for the data");
        let conf = folder.write("slapd.conf", configuration(options, &folder));
        let ldif = folder.write("entries.ldif", format!("{ENTRIES}\n{}", options.entries));
        let added = run(Command::new(need("slapadd", "slapd")).args(["-q", "-f", &conf, "-l", &ldif]));
        assert_eq!(added.code, 0, "{added:?}");
        let log_path = folder.path().join("log");
        let log = || std::fs::read_to_string(&log_path).unwrap_or_default();
        for _ in 0..5 {
            let (port, tls_port) = (free_port(), free_port());
            let address = if options.inside.is_some() { "0.0.0.0" } else { "127.0.0.1" };
            let secure = options.tls.map(|_| format!(" ldaps://{address}:{tls_port}/")).unwrap_or_default();
            let urls =
                format!("ldap://{address}:{port}/{secure} ldapi://{}", format!("{base}/ldapi").replace('/', "%2F"));
            let mut command = Command::new(need("slapd", "slapd"));
            command.args(["-f", &conf, "-h", &urls, "-d", "stats"]);
            if let Some(namespace) = options.inside {
                command = namespace.within(&command);
            }
            let file = File::create(&log_path).expect("a log");
            let mut process = Running::start(command.stdout(Stdio::null()).stderr(file));
            let mut ended = false;
            until("slapd is ready", || {
                ended = process.0.try_wait().expect("its state").is_some();
                ended || log().contains("slapd starting")
            });
            if !ended {
                // It says so before it listens; of its addresses the socket is the last.
                let socket = folder.path().join("ldapi");
                until("slapd listens", || UnixStream::connect(&socket).is_ok());
                until("that connection has ended", || log().contains(" closed"));
                let log_from = log().len();
                return Self { port, tls_port, folder, log_from, _process: process };
            }
            assert!(log().contains("Address already in use"), "slapd ended: {}", log());
        }
        panic!("no port stayed free");
    }

    /// All that it logged so far.
    pub(crate) fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        log.get(self.log_from..).unwrap_or_default().to_owned()
    }

    /// How many logins it has rejected so far.
    pub(crate) fn rejected(&self) -> usize {
        self.log().matches("RESULT tag=97 err=49").count()
    }

    /// Its Unix socket.
    pub(crate) fn socket(&self) -> String {
        format!("{}/ldapi", self.folder.path().display())
    }

    /// Whether the real client can log in with this password.
    pub(crate) fn accepts(&self, password: &str) -> bool {
        let url = format!("ldap://127.0.0.1:{}", self.port);
        let mut command = Command::new(need("ldapwhoami", "ldap-utils"));
        run(command.args(["-x", "-H", &url, "-D", USER, "-w", password])).code == 0
    }
}

/// Lines of a database with the policy of [`policy`].
pub(crate) const POLICY: &str = "overlay ppolicy\nppolicy_default cn=policy,dc=lab\nppolicy_use_lockout";

/// The entry of a password policy with these lines.
pub(crate) fn policy(lines: &str) -> String {
    format!(
        "dn: cn=policy,dc=lab\nobjectClass: person\nobjectClass: pwdPolicy\ncn: policy\nsn: policy\n\
         pwdAttribute: userPassword\n{lines}\n"
    )
}

fn configuration(options: &Options<'_>, folder: &Folder) -> String {
    let base = folder.path().display();
    let tls = options.tls.map(|pair| {
        let (cert, key) = pair.write(folder, "server", &[]);
        let clients = options.client_ca.map(|pem| {
            let ca = folder.write("clients.pem", pem);
            format!("TLSCACertificateFile {ca}\nTLSVerifyClient demand\n")
        });
        format!("TLSCertificateFile {cert}\nTLSCertificateKeyFile {key}\n{}", clients.unwrap_or_default())
    });
    format!(
        "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {base}/pid\n\
         {}{}\ndatabase mdb\nsuffix dc=lab\nrootdn cn=admin,dc=lab\ndirectory {base}/data\nmaxsize 1048576\n{RIGHTS}{}\n",
        tls.unwrap_or_default(),
        options.settings,
        options.database
    )
}
