//! Hints for failures of directories: the most likely cause and the one command or change that fixes it. General hints cover
//! names, addresses and certificates.

use super::answers::code;
use crate::check::early_end::EarlyEnd;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault};

/// The hint for a fault, if directories have a specific one.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match &fault.detail {
        Some(Detail::Protocol { code, .. }) => of_code(code),
        _ => EARLY_END.of_fault(fault, evidence),
    };
    text.map(str::to_owned)
}

/// The hint for what a server answered, by its code.
fn of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        code::REJECTED => {
            "Directories give the same answer for a wrong password, an unknown DN and often a locked account. Compare the \
             Secret with `ldapwhoami -x -H URL -D DN -W`; pilotfish sends it again when its value changes, on `ask --retry`, \
             or after 30 min."
        }
        code::AD_REJECTED => {
            "Active Directory knows the user, but not this password (data 52e). Compare the Secret with the password of the \
             service account; pilotfish sends it again when its value changes, on `ask --retry`, or after 30 min."
        }
        code::NO_USER => {
            "Check that the account exists and where (OpenLDAP: `ldapsearch`; AD: `Get-ADUser`): it may have been moved to \
             another OU. Set `user` to its full DN; with Active Directory `name@domain` works, too."
        }
        code::HOURS => {
            "The logon hours of the account exclude this moment (data 530). Change them in Active Directory (tab Account, \
             Logon Hours), or use a service account without them."
        }
        code::WORKSTATION => {
            "The account may log on to certain computers alone (data 531), and pods are none of them. Remove that list in \
             Active Directory (tab Account, Log On To; userWorkstations)."
        }
        code::EXPIRED => {
            "Set a new password in the directory, and put it into the Secret. For a service account, choose a policy \
             without expiry (AD: `Set-ADUser -PasswordNeverExpires $true`; OpenLDAP: pwdMaxAge 0)."
        }
        code::MUST_CHANGE => {
            "An administrator has reset the password, and the first login must change it. Set one without that demand (AD: \
             `Set-ADUser -ChangePasswordAtLogon $false`; OpenLDAP: delete pwdReset)."
        }
        code::DISABLED => {
            "The account exists, but it is disabled. Enable it (AD: `Enable-ADAccount`; 389 Directory Server: `dsidm account \
             unlock`), or use another one."
        }
        code::ACCOUNT_EXPIRED => {
            "The account has an end date, which is over (data 701). Move that date (AD: `Set-ADAccountExpiration`), or use \
             another account."
        }
        code::RESTRICTED => {
            "A policy of the directory forbids this login. Check the access rules (OpenLDAP: `auth` on userPassword), logon \
             types and restrictions of the account."
        }
        code::LOCKED => {
            "Fix the password in every client first, then unlock the account (AD: `Unlock-ADAccount`; OpenLDAP: delete \
             pwdAccountLockedTime). pilotfish does not try again before 30 min have passed, unless the value changes or you \
             run `ask --retry`."
        }
        code::WANTS_TLS => {
            "The directory takes no password in clear text. Set `tls: starttls`, or write `ldaps://` (port 636), in the app \
             as well."
        }
        code::PORT_WANTS_TLS => {
            "The port speaks TLS at once, as port 636 does. Write `ldaps://`, or set `tls: implicit`."
        }
        code::TOO_WEAK => {
            "The directory wants SASL (Kerberos, certificates) in place of a password. Enable simple binds over TLS for this \
             account on the server; pilotfish has no SASL."
        }
        code::ANONYMOUS => {
            "The directory lets nobody in without a name. Set `user` (a DN) and `password`, as the app has them."
        }
        code::NO_PASSWORD_SET => {
            "The entry has no userPassword that fits a simple bind. Set one with `ldappasswd`, or use the DN of the service \
             account."
        }
        code::BAD_DN => {
            "Write `user` as a full DN, such as `cn=app,ou=services,dc=example,dc=org`. Only Active Directory also accepts \
             `name@domain` and `DOMAIN\\name`."
        }
        code::UNWILLING => {
            "The server's own text is in the message. Check the state of the account, and the server's rules for binds \
             (OpenLDAP: `disallow`, `require`, `security`)."
        }
        code::BUSY => {
            "The directory answers that it is overloaded. Wait, keep connections open in its clients instead of a bind for \
             each request, or add a replica."
        }
        code::UNAVAILABLE => {
            "A directory that is starting, stopping or without its backend answers like this; a load balancer may have no \
             healthy server behind it. Read the server's log."
        }
        code::REFERRAL => {
            "Point the target at the server that the message names, or correct the suffix of the DN: a directory refers what \
             is not below its own suffixes (AD: another domain; use the global catalogue, port 3268)."
        }
        code::OTHER => {
            "The server's own text is in the message. Look up the result code in RFC 4511 (appendix A), and read the \
             server's log."
        }
        code::NO_STARTTLS => {
            "Give the server a certificate for StartTLS (OpenLDAP: TLSCertificateFile and TLSCertificateKeyFile), or write \
             `ldaps://` for port 636. Set `tls: none` only if the app binds without TLS, too."
        }
        code::NO_BASE => {
            "The login works. Compare `base` with the suffixes of the server (`ldapsearch -x -b \"\" -s base \
             namingContexts`); if it exists, grant the user the right to read it: directories hide what one may not see."
        }
        code::NOT_SHOWN => {
            "The login works. Grant the user the right to read the entry and its objectClass (OpenLDAP: `access to \
             dn.base=… by dn=… read`)."
        }
        code::NO_RIGHT => {
            "Grant the user the right to read the entry (OpenLDAP: `access to dn.subtree=… by dn=… read`), or set another \
             `base`."
        }
        code::BAD_BASE => "Write `base` as a DN, such as `ou=people,dc=example,dc=org`.",
        code::LIMIT => {
            "Reading one entry should stay within any limit, so the server is overloaded or its limits for this user are \
             near zero. Check them (OpenLDAP: `limits`, `sizelimit`, `timelimit`)."
        }
        code::USER_ALONE => {
            "A DN without a password would be accepted as an anonymous login, which proves nothing, so it is not sent. Set \
             `password`, or remove the user."
        }
        code::PASSWORD_ALONE => "A login needs a user and a password. Set `user` to the DN that logs in.",
        _ => return None,
    })
}

const EARLY_END: EarlyEnd = EarlyEnd {
    no_tls: "The port does not take TLS the way this check starts it: port 636 takes it at once (`ldaps://`), port 389 after a \
             request (`ldap://` with `tls: starttls`). Compare scheme and port; if they fit, check the server's certificate \
             files.",
    wants_tls: "A port with TLS (636) closes plain connections like this: write `ldaps://`. If it has no TLS, check the port and the \
                server's log: a proxy without a backend closes like that, too.",
    silent: "The port accepts connections, but nothing answers as a directory does. Check the port (636 takes TLS at once: \
             `ldaps://`); if it is right, read the server's log.",
};

#[cfg(test)]
mod tests {
    use super::{EARLY_END, of_code};
    use crate::check::ldap::answers::code;
    use crate::outcome::assert_hint;

    #[test]
    fn every_code_has_a_hint_that_fits() {
        for code in code::ALL {
            assert_hint(of_code(code).unwrap_or_else(|| panic!("{code} has no hint")));
        }
        EARLY_END.all().into_iter().for_each(assert_hint);
    }
}
