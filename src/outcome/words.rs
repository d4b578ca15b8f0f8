//! The words of closed sets, in JSON as everywhere else.

use serde::{Serialize, Serializer};

use super::{ConnectResult, DnsAnswer, Phase};
use crate::cause::Cause;
use crate::finding::{Predicted, Severity};

/// Serializes each of these types as the text of its method.
macro_rules! serialize_as_word {
    ($($closed:ty: $word:ident),+ $(,)?) => {$(
        impl Serialize for $closed {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.$word())
            }
        }
    )+};
}

serialize_as_word! {
    DnsAnswer: as_str,
    Cause: slug,
    Phase: as_str,
    Predicted: as_str,
    Severity: as_str,
    ConnectResult: as_str,
}
