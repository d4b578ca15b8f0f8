//! Texts that the build packed: the binary holds a tenth of them.

use std::io::Read as _;

use flate2::read::ZlibDecoder;

/// The text of what `build.rs` packed.
#[must_use]
pub fn text(packed: &[u8]) -> String {
    let mut text = String::new();
    ZlibDecoder::new(packed).read_to_string(&mut text).expect("the build packed it");
    text
}
