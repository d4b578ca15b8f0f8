//! docs/causes.md, docs/findings.md and the README's table of causes are written from the code.

use crate::cause::{Cause, Waits};
use crate::findings::{Entry, FAMILIES};
use crate::testing::{keep, keep_section};

const CAUSES: &str = "\
# Causes

Every failed outcome has exactly one cause. JSON (`failure.cause`), the metric `pilotfish_check_failure`, logs and
termination messages use the same word for it. The list is closed, so dashboards and scripts can rely on it. The hint in a
report is built from what pilotfish recorded during the run. This page describes what is true of every failure with that
cause.

**Waiting** shows whether the failure can end without action:

- **yes**: `wait` continues.
- **no**: `wait` stops with exit code 4 once the same failure has lasted for `--permanent-after`.
- **restart**: `wait` stops at once, because only a new container gets other variables.

**Ready** shows what happens to a check that has been up:

- **down**: the cause takes the check down.
- **degraded**: the check stays up. The failure concerns pilotfish or its own new login, not the app's work.

## A limit of pilotfish

`probe_limit` means that pilotfish cannot do something that the app may well do: a protocol, a login method, a cipher, a
dialect, a size. Such a limit is no outage, so it counts differently from every other cause:

- Once the server has accepted a TCP connection, the check counts as passed and degraded for the gates `startup` and `ready`
  and for `wait`, which exits with 0 and names the check on stderr. `check` exits with 1. Reports count it as not judged (`not_judged`).
- `pilotfish_check_up` is 1 if the check was up before, and absent otherwise: the verdict stays `unknown`.
  `pilotfish_check_degraded` is 1, and `pilotfish_check_failure` has the cause.
- Before a connection, such as for a value that pilotfish cannot read, it is a failure that waits. It never takes down a check
  that has been up, and `wait` never stops early because of it.

The hint shows what to set, or that the check says nothing about the app beyond the connection.

### TLS

pilotfish speaks TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers. The following is `probe_limit`, because
OpenSSL, Go or Java may still connect:

- a server with only TLS 1.0 or 1.1, or only ciphers with CBC, with RSA key exchange or with finite-field Diffie-Hellman (DHE)
- a certificate or an authority with an RSA key under 2048 or over 8192 bits, with Ed448, or with a key for RSA-PSS alone
- a chain that is signed with SHA-1 or MD5
- a certificate whose encoding pilotfish does not read

A certificate that OpenSSL accepts and strict clients reject passes, with a finding that names those clients
([findings](findings.md)): a name that is only the common name (`tls_common_name_only`), a wildcard for part of a label
(`tls_loose_name`), X.509 version 1, or a CA certificate on a server (`tls_odd_certificate`). For `postgres`, the names are
compared like libpq does it.

A server may send any certificates, and all checks share one thread. pilotfish reads at most 8 certificates, follows at most 8
issuers among them, and verifies at most 4 signatures with P-521 or with RSA over 4096 bits. More is `tls_handshake_failed`.

## The list

";

const FINDINGS: &str = "\
# Findings

A finding is a problem that pilotfish noticed and that can break the app even though the check passes. Rules derive findings
from what a run recorded. A finding states only what was observed, and never causes a request of its own. Findings appear in
the reports, in `/status`, and in the metric `pilotfish_finding`. `fail_on: [CODE]` on a check turns a finding into a failure
with the cause in the last column.

";

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn phases(cause: Cause) -> String {
    let words: Vec<&str> = cause.phases().iter().map(|phase| phase.as_str()).collect();
    if words.is_empty() { "–".to_owned() } else { words.join(", ") }
}

fn row_of_page(cause: Cause) -> String {
    let info = cause.info();
    let waiting = match info.waits {
        // No failure of a run: nothing waits for it.
        _ if cause.phases().is_empty() => "–",
        Waits::Heals => "yes",
        Waits::Permanent => "no",
        Waits::AfterRestart => "restart",
    };
    let ready = if info.takes_ready_down { "down" } else { "degraded" };
    format!(
        "| `{}` | {} | {waiting} | {ready} | {} | {} |\n",
        info.slug,
        phases(cause),
        cell(info.meaning),
        cell(info.remedy)
    )
}

#[test]
fn the_page_is_as_the_code_says() {
    let head = "| cause | phase | waiting | ready | meaning | fix |\n| --- | --- | --- | --- | --- | --- |\n";
    let rows: String = Cause::ALL.iter().copied().map(row_of_page).collect();
    keep("docs/causes.md", &format!("{CAUSES}{head}{rows}"));

    let row = |entry: &Entry| {
        let Entry { code, severity, cause, meaning, remedy } = entry;
        let (severity, cause) = (severity.as_str(), cause.slug());
        format!("| `{code}` | {severity} | {} | {} | `{cause}` |\n", cell(meaning), cell(remedy))
    };
    let head = "| code | severity | meaning | fix | with `fail_on` |\n| --- | --- | --- | --- | --- |\n";
    let rows: String = FAMILIES.iter().copied().flatten().map(row).collect();
    keep("docs/findings.md", &format!("{FINDINGS}{head}{rows}"));
}

#[test]
fn the_readme_lists_every_cause() {
    let row = |cause: &Cause| {
        format!("| `{}` | {} | {} |\n", cause.slug(), cell(cause.info().meaning), cell(cause.info().remedy))
    };
    let rows: String = Cause::ALL.iter().map(row).collect();
    keep_section("README.md", "causes", &format!("| cause | meaning | fix |\n| --- | --- | --- |\n{rows}"));
}
