//! Entry points for fuzzing: the messages of a proof, as either side reads them.

use crate::proof::wire::{Question, Reply};

/// A message that can be read is written the same way again; only the sentence for people may differ.
pub(crate) fn same_secret(bytes: &[u8]) {
    if let Some(question) = Question::read(bytes) {
        assert_eq!(question.text().as_bytes(), bytes);
    }
    if let Some(reply) = Reply::read(bytes) {
        let line = |text: &[u8]| text.split(|byte| *byte == b'\n').next().map(<[u8]>::to_vec);
        assert_eq!(line(reply.text().as_bytes()), line(bytes));
    }
}
