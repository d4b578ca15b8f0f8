//! Throw-away certificate authorities: roots, intermediates, leaves with chosen names, dates and uses.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SerialNumber, date_time_ymd,
};

use super::Folder;

/// A certificate and its key, as PEM.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) cert: String,
    pub(crate) key: String,
}

impl Pair {
    /// Writes `NAME.crt` and `NAME.key`; gives the two paths. What is in `more` goes behind the certificate.
    pub(crate) fn write(&self, folder: &Folder, name: &str, more: &[&str]) -> (String, String) {
        let chain = std::iter::once(self.cert.as_str()).chain(more.iter().copied()).collect::<String>();
        (folder.write(&format!("{name}.crt"), chain), folder.write(&format!("{name}.key"), &self.key))
    }
}

/// What a certificate is to say.
#[derive(Debug, Clone)]
pub(crate) struct Leaf<'a> {
    /// The common name of the subject.
    pub(crate) common_name: &'a str,
    /// The alternative names: DNS names and addresses. Empty: no such extension.
    pub(crate) names: &'a [&'a str],
    /// Valid from, in seconds from now.
    pub(crate) from: i64,
    /// Valid until, in seconds from now.
    pub(crate) until: i64,
    /// For clients, not for servers.
    pub(crate) client: bool,
    /// It says that it is a CA's.
    pub(crate) ca: bool,
}

pub(crate) const DAY: i64 = 86_400;

impl<'a> Leaf<'a> {
    /// A server's, from yesterday for 90 days.
    pub(crate) fn server(common_name: &'a str, names: &'a [&'a str]) -> Self {
        Self { common_name, names, from: -DAY, until: 90 * DAY + 600, client: false, ca: false }
    }

    /// A client's, from yesterday for 90 days.
    pub(crate) fn client(common_name: &'a str) -> Self {
        Self { client: true, ..Self::server(common_name, &[]) }
    }

    fn params(&self) -> CertificateParams {
        let names: Vec<String> = self.names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("the names are names");
        params.distinguished_name.push(DnType::CommonName, self.common_name);
        params.not_before = date_time_ymd(1970, 1, 1) + from_now(self.from);
        params.not_after = date_time_ymd(1970, 1, 1) + from_now(self.until);
        let usage = if self.client { ExtendedKeyUsagePurpose::ClientAuth } else { ExtendedKeyUsagePurpose::ServerAuth };
        params.extended_key_usages = vec![usage];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        if self.ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages.push(KeyUsagePurpose::KeyCertSign);
        }
        params
    }

    /// Signed by itself.
    pub(crate) fn self_signed(&self) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let cert = self.params().self_signed(&key).expect("a certificate");
        Pair { cert: cert.pem(), key: key.serialize_pem() }
    }
}

fn from_now(seconds: i64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    Duration::from_secs(now.checked_add_signed(seconds).expect("after 1970"))
}

/// An authority: a root or an intermediate.
pub(crate) struct Ca {
    /// Its certificate, as PEM.
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    /// A root, valid for ten years.
    pub(crate) fn root(common_name: &str) -> Self {
        let (params, key) = Self::params(common_name);
        let cert = params.self_signed(&key).expect("a certificate");
        Self { pem: cert.pem(), issuer: Issuer::new(params, key) }
    }

    /// A root that ended this many seconds ago.
    pub(crate) fn ended(common_name: &str, ago: i64) -> Self {
        let (mut params, key) = Self::params(common_name);
        params.not_after = date_time_ymd(1970, 1, 1) + from_now(-ago);
        let cert = params.self_signed(&key).expect("a certificate");
        Self { pem: cert.pem(), issuer: Issuer::new(params, key) }
    }

    /// An authority below this one.
    pub(crate) fn intermediate(&self, common_name: &str) -> Self {
        let (params, key) = Self::params(common_name);
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate");
        Self { pem: cert.pem(), issuer: Issuer::new(params, key) }
    }

    /// A certificate of this authority.
    pub(crate) fn issue(&self, leaf: &Leaf<'_>) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let cert = leaf.params().signed_by(&key, &self.issuer).expect("a certificate");
        Pair { cert: cert.pem(), key: key.serialize_pem() }
    }

    fn params(common_name: &str) -> (CertificateParams, KeyPair) {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = date_time_ymd(1970, 1, 1) + from_now(-DAY);
        params.not_after = date_time_ymd(1970, 1, 1) + from_now(3650 * DAY);
        params.serial_number = Some(SerialNumber::from(1));
        (params, KeyPair::generate().expect("a key"))
    }
}
