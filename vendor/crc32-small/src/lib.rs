//! Replaces `crc32fast`: see README.md. The checksum of RFC 1952, section 8.

#![forbid(unsafe_code)]

/// The polynomial, its lowest power first.
const POLYNOMIAL: u32 = 0xEDB8_8320;

/// The checksum of each byte.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = times_x(byte as u32, 8);
        byte += 1;
    }
    table
};

/// A polynomial times x, so many times.
const fn times_x(mut value: u32, times: u32) -> u32 {
    let mut done = 0;
    while done < times {
        value = if value & 1 == 1 { value >> 1 ^ POLYNOMIAL } else { value >> 1 };
        done += 1;
    }
    value
}

/// The product of two polynomials.
fn product(a: u32, mut b: u32) -> u32 {
    let mut sum = 0;
    for power in 0..32 {
        if a << power & 1 << 31 != 0 {
            sum ^= b;
        }
        b = times_x(b, 1);
    }
    sum
}

/// Works out a checksum, piece by piece.
#[derive(Debug, Clone, Default)]
pub struct Hasher {
    sum: u32,
    amount: u64,
}

impl Hasher {
    /// Of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let step = |sum: u32, byte: &u8| sum >> 8 ^ TABLE[(sum as u8 ^ byte) as usize];
        self.sum = !bytes.iter().fold(!self.sum, step);
        self.amount += bytes.len() as u64;
    }

    /// The checksum of all bytes.
    pub fn finalize(self) -> u32 {
        self.sum
    }

    /// Starts again.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// Takes in the bytes of another one as if they came next.
    pub fn combine(&mut self, next: &Self) {
        // Times x to the power of its bits, by squaring.
        let (mut left, mut square) = (next.amount, times_x(1 << 31, 8));
        while left > 0 {
            if left & 1 == 1 {
                self.sum = product(self.sum, square);
            }
            square = product(square, square);
            left >>= 1;
        }
        self.sum ^= next.sum;
        self.amount += next.amount;
    }
}

#[cfg(test)]
mod tests {
    use super::Hasher;

    fn of(pieces: &[&[u8]]) -> Hasher {
        let mut hasher = Hasher::new();
        pieces.iter().for_each(|piece| hasher.update(piece));
        hasher
    }

    #[test]
    fn the_check_value_of_the_catalogue() {
        assert_eq!(of(&[b"123456789"]).finalize(), 0xCBF4_3926);
        assert_eq!(of(&[b"1234", b"", b"56789"]).finalize(), 0xCBF4_3926);
        assert_eq!(of(&[]).finalize(), 0);
    }

    #[test]
    fn two_parts_make_the_whole() {
        let text: Vec<u8> = (0..=255).cycle().take(5000).collect();
        for at in [0, 1, 7, 4096, 5000] {
            let mut whole = of(&[&text[..at]]);
            whole.combine(&of(&[&text[at..]]));
            assert_eq!(whole.finalize(), of(&[&text]).finalize(), "{at}");
        }
        let mut hasher = of(&[&text]);
        hasher.reset();
        assert_eq!(hasher.finalize(), 0);
    }
}
