//! Text in base64.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The text that this is base64 of, with or without its padding.
pub(super) fn decoded(text: &str) -> Option<zeroize::Zeroizing<String>> {
    const CONFIG: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
    let bytes = zeroize::Zeroizing::new(STANDARD.decode(text).ok()?);
    std::str::from_utf8(&bytes).ok().map(|text| zeroize::Zeroizing::new(text.to_owned()))
}
