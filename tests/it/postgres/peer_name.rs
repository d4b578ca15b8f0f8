//! `sslmode=verify-full` beside the real psql: which names of a certificate count.

use super::check;
use crate::support::openssl::{AUTHORITY, OpenSsl, Wanted};
use crate::support::postgres::{Cluster, Options, PASSWORD};

/// Subject, extensions, host, and what becomes of it: findings about the name, or `None` where it is refused.
type Row = (&'static str, &'static str, &'static str, Option<&'static str>);

const COMMON: Option<&str> = Some("tls_common_name_only");
const LOOSE: Option<&str> = Some("tls_loose_name");
const FINE: Option<&str> = Some("");

fn rows() -> Vec<Row> {
    const V3: &str = "basicConstraints=CA:FALSE\n";
    vec![
        ("/CN=x", "subjectAltName=DNS:db.lab\n", "db.lab", FINE),
        ("/CN=x", "subjectAltName=IP:127.0.0.1\n", "127.0.0.1", FINE),
        ("/CN=db.lab", V3, "db.lab", COMMON),
        ("/CN=DB.LAB", V3, "db.lab", COMMON),
        ("/CN=db.lab", "", "db.lab", COMMON),
        ("/CN=db.lab", "subjectAltName=IP:10.9.9.9\n", "db.lab", COMMON),
        ("/CN=*.lab", V3, "db.lab", COMMON),
        ("/CN=127.0.0.1", V3, "127.0.0.1", COMMON),
        ("/CN=127.0.0.1", "subjectAltName=DNS:db.lab\n", "127.0.0.1", COMMON),
        ("/CN=x", "subjectAltName=DNS:127.0.0.1\n", "127.0.0.1", LOOSE),
        ("/CN=x", "subjectAltName=DNS:*.lab\n", "db.lab", LOOSE),
        ("/CN=db.lab/CN=other.lab", V3, "db.lab", COMMON),
        ("/CN=db.lab", "subjectAltName=DNS:other.lab\n", "db.lab", None),
        ("/CN=127.0.0.1", "subjectAltName=IP:10.9.9.9\n", "127.0.0.1", None),
        ("/CN=other.lab/CN=db.lab", V3, "db.lab", None),
        ("/CN=x", "subjectAltName=DNS:d*.lab\n", "db.lab", None),
        ("/CN=x", "subjectAltName=DNS:*.lab\n", "a.db.lab", None),
        ("/CN=other.lab", V3, "db.lab", None),
    ]
}

#[test]
fn verify_full_accepts_the_names_that_libpq_accepts() {
    let lab = OpenSsl::new();
    lab.root(Wanted::new("root", "/CN=Lab Root", AUTHORITY));
    let ca = lab.folder.write("ca.pem", lab.pem("root"));
    let mut faults = Vec::new();
    for (index, (subject, extensions, host, expected)) in rows().into_iter().enumerate() {
        let name = format!("server{index}");
        lab.issue("root", Wanted::new(&name, subject, extensions));
        let pair = lab.pair(&name);
        let cluster = Cluster::start(&Options { tls: Some((&pair.cert, &pair.key)), ..Options::default() });
        let url = |mode: &str| {
            format!(
                "postgres://app:{PASSWORD}@{host}:{}/app?hostaddr=127.0.0.1&sslmode={mode}&sslrootcert={ca}",
                cluster.port
            )
        };
        let what = format!("{subject} {extensions:?} for {host}");
        let psql = cluster.psql(&format!("{}&gssencmode=disable", url("verify-full")), "SELECT 1");
        if (psql.code == 0) != expected.is_some() {
            faults.push(format!("{what}: psql decides otherwise: {psql:?}"));
        }
        let report = check(&url("verify-full"));
        let codes = report["findings"].to_string();
        let of_name = |code: &str| codes.contains(&format!("\"code\":\"{code}\""));
        let right = match expected {
            None => report["failure"]["cause"] == "tls_wrong_name",
            Some(code) => {
                let named = of_name("tls_common_name_only") || of_name("tls_loose_name");
                report["result"] == "pass" && named != code.is_empty() && (code.is_empty() || of_name(code))
            }
        };
        if !right {
            faults.push(format!("{what}: {} {codes}", report["failure"]));
        }
        // Without a name to verify there is nothing to say of one.
        let report = check(&url("verify-ca"));
        let codes = report["findings"].to_string();
        if report["result"] != "pass" || codes.contains("tls_common_name_only") || codes.contains("tls_loose_name") {
            faults.push(format!("{what}, verify-ca: {report:#}"));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
