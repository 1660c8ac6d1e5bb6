//! A fast hash for short keys that only the mapping files choose (no stranger can make them collide on purpose).

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map from short texts, looked up once a coding.
pub type TextMap<T> = HashMap<Box<str>, T, BuildHasherDefault<ShortHash>>;

const MULTIPLIER: u64 = 0x51_7c_c1_b7_27_22_0a_95;

/// Multiply and rotate, eight bytes at a time (the hash that the Rust compiler uses for its own tables).
#[derive(Default)]
pub struct ShortHash(u64);

impl ShortHash {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(MULTIPLIER);
    }
}

impl Hasher for ShortHash {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0u8; 8];
            for (to, from) in last.iter_mut().zip(rest) {
                *to = *from;
            }
            self.add(u64::from_le_bytes(last));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.add(u64::from(byte));
    }

    fn finish(&self) -> u64 {
        // The table takes its bucket from the low bits and its tag from the high ones; the product's high bits mix best.
        self.0.rotate_left(26)
    }
}
