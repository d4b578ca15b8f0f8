//! Hints for files that are there and not as expected. General hints cover missing files and permissions.

use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault};

/// Codes of what is wrong with a file.
pub(super) mod code {
    pub(in super::super) const NOT_REGULAR: &str = "file_not_regular";
    pub(in super::super) const TOO_OLD: &str = "file_too_old";
    pub(in super::super) const OTHER_TEXT: &str = "file_other_text";
    pub(in super::super) const NOT_YET: &str = "file_not_yet";
    pub(in super::super) const EXPIRES: &str = "file_expires";
}

/// The hint for a fault, if it is about the content or the age.
pub(super) fn hint(fault: &Fault, _: &Evidence, _: &Context<'_>) -> Option<String> {
    let Some(Detail::Protocol { code, .. }) = fault.detail else { return None };
    let text = match code {
        code::NOT_REGULAR => {
            "Name a file in `path`. A Secret or ConfigMap is mounted as a directory with one file for each key."
        }
        code::TOO_OLD => {
            "Check what writes the file: a CronJob, a sidecar or the kubelet (a volume with `subPath` is never updated)."
        }
        code::OTHER_TEXT => {
            "Compare the key of the Secret or ConfigMap with what the app expects. Restart the pod if the file is mounted \
             with `subPath`, because such a file is never updated."
        }
        code::NOT_YET => {
            "Compare the clock of this node with the one of the issuer, or wait until the certificate is valid."
        }
        code::EXPIRES => {
            "Renew the certificate: `kubectl describe certificate` shows why cert-manager did not. If the Secret has a newer \
             one, restart the pod, because a file mounted with `subPath` is never updated."
        }
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{code, hint};
    use crate::cause::Cause;
    use crate::findings::Context;
    use crate::outcome::{Detail, Evidence, Fault, Phase, assert_hint};

    #[test]
    fn every_code_has_a_hint_that_fits() {
        for code in [code::NOT_REGULAR, code::TOO_OLD, code::OTHER_TEXT, code::NOT_YET, code::EXPIRES] {
            let detail = Detail::Protocol { code, product: None };
            let fault = Fault::new(Phase::Assert, Cause::FileInvalid, "x").with(detail);
            let text = hint(&fault, &Evidence::default(), &Context::default()).expect(code);
            assert_hint(&text);
        }
    }
}
