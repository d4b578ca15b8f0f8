//! Hints that are the `dns` kind's own.

use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Evidence, Fault};

pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    // Where an alias leads nowhere, that is what to tell.
    let alias = evidence.queries.iter().any(|query| query.alias.is_some());
    let own_server = !context.endpoints.is_empty();
    let text = match fault.cause {
        Cause::DnsTimeout | Cause::DnsServerFailure | Cause::DnsRefused if own_server && !alias => {
            "This check queries its own `server`, not those of resolv.conf. Compare its address, check in its log \
             whether it serves this pod and this zone, and let a NetworkPolicy allow UDP and TCP 53 to it (kubectl \
             get netpol)."
        }
        Cause::DnsAnswerMismatch => {
            "Compare the zone with the expected records. A record was changed, or a name server other than the zone's \
             own answers (split horizon)."
        }
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests;
