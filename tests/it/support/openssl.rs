//! Certificates that no library makes any more, by the openssl command: version 1, odd keys, odd signatures.

use std::process::Command;

use super::ca::Pair;
use super::{Folder, need, run};

/// How a key is made: EC P-256.
pub(crate) const P256: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
/// EC P-521.
pub(crate) const P521: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-521"];
/// What an authority's certificate has.
pub(crate) const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n";

/// A certificate to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Its files are `NAME.crt` and `NAME.key`.
    pub(crate) name: &'a str,
    pub(crate) subject: &'a str,
    /// The arguments of `-newkey`.
    pub(crate) key: &'a [&'a str],
    /// Lines for `-extfile`; none makes it X.509 version 1.
    pub(crate) extensions: &'a str,
    /// More arguments of `openssl x509 -req`.
    pub(crate) more: &'a [&'a str],
    /// It ended in 2021.
    pub(crate) ended: bool,
}

impl<'a> Wanted<'a> {
    /// One with a P-256 key.
    pub(crate) const fn new(name: &'a str, subject: &'a str, extensions: &'a str) -> Self {
        Self { name, subject, key: P256, extensions, more: &[], ended: false }
    }
}

/// From 2020-01-01 to 2021-09-30, for [`Wanted::ended`].
const ENDED: [&str; 4] = ["-startdate", "20200101000000Z", "-enddate", "20210930140115Z"];
/// What `openssl ca` wants, which alone gives a certificate other dates than from now on.
const CONFIG: &str = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\n\
                      policy=p\nunique_subject=no\n[p]\ncommonName=optional\n";

/// A folder with certificates and keys.
pub(crate) struct OpenSsl {
    pub(crate) folder: Folder,
}

impl OpenSsl {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let folder = Folder::new();
        folder.write("index.txt", "");
        folder.write("ca.cnf", CONFIG);
        Self { folder }
    }

    fn openssl(&self, arguments: &[&str]) {
        let ran = run(Command::new(need("openssl", "openssl")).args(arguments).current_dir(self.folder.path()));
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
    }

    fn request(&self, wanted: Wanted<'_>) {
        let Wanted { name, subject, key, .. } = wanted;
        let (csr, key_file) = (format!("{name}.csr"), format!("{name}.key"));
        let mut arguments =
            vec!["req", "-new", "-nodes", "-subj", subject, "-keyout", &key_file, "-out", &csr, "-newkey"];
        arguments.extend(key);
        self.openssl(&arguments);
    }

    /// Signs a request; by itself where there is no other one.
    fn sign(&self, by: Option<&str>, csr: &str, wanted: Wanted<'_>) {
        let Wanted { name, extensions, more, ended, .. } = wanted;
        let (csr, crt) = (format!("{csr}.csr"), format!("{name}.crt"));
        let signer = by.unwrap_or(name);
        let (ca, key) = (format!("{signer}.crt"), format!("{signer}.key"));
        let file = (!extensions.is_empty()).then(|| self.folder.write(&format!("{name}.ext"), extensions));
        let mut arguments = match (ended, by) {
            (true, None) => vec!["ca", "-batch", "-config", "ca.cnf", "-keyfile", &key, "-selfsign"],
            (true, Some(_)) => vec!["ca", "-batch", "-config", "ca.cnf", "-keyfile", &key, "-cert", &ca],
            (false, None) => vec!["x509", "-req", "-days", "30", "-signkey", &key],
            (false, Some(_)) => vec!["x509", "-req", "-days", "30", "-CA", &ca, "-CAkey", &key, "-CAcreateserial"],
        };
        arguments.extend(["-in", &csr, "-out", &crt]);
        if ended {
            arguments.extend(ENDED);
        }
        if let Some(file) = &file {
            arguments.extend(["-extfile", file]);
        }
        arguments.extend(more);
        self.openssl(&arguments);
    }

    /// Signed by itself.
    pub(crate) fn root(&self, wanted: Wanted<'_>) {
        self.request(wanted);
        self.sign(None, wanted.name, wanted);
    }

    /// Signed by another one of this folder.
    pub(crate) fn issue(&self, by: &str, wanted: Wanted<'_>) {
        self.request(wanted);
        self.sign(Some(by), wanted.name, wanted);
    }

    /// The name and key of another one, signed by yet another one.
    pub(crate) fn cross_sign(&self, by: &str, of: &str, wanted: Wanted<'_>) {
        self.sign(Some(by), of, wanted);
    }

    /// The certificate, as PEM.
    pub(crate) fn pem(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(format!("{name}.crt"))).expect("it was made")
    }

    /// The certificate and its key.
    pub(crate) fn pair(&self, name: &str) -> Pair {
        let key = std::fs::read_to_string(self.folder.path().join(format!("{name}.key"))).expect("it was made");
        Pair { cert: self.pem(name), key }
    }
}
