//! Numbers by chance, the same on every machine for the same seed.

/// SplitMix64 (Steele, Lea, Flood, 2014): small, well studied, and the same everywhere; nothing secret is drawn with it.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of a patient: of a seed and the patient's number.
    pub const fn new(seed: u64, number: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        let span = u64::from(high.abs_diff(low)) + 1;
        low.saturating_add(i32::try_from(self.bits() % span).unwrap_or(0))
    }

    /// Yes, in so many of a hundred cases.
    pub fn percent(&mut self, of_hundred: i32) -> bool {
        self.between(1, 100) <= of_hundred
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let place = usize::try_from(self.bits() % (of.len() as u64).max(1)).unwrap_or(0);
        of.get(place).copied()
    }

    /// A number around `middle`, nearly always within `spread` of it: the mean of three draws.
    pub fn around(&mut self, middle: i32, spread: i32) -> i32 {
        let sum: i32 = (0..3).map(|_| self.between(-spread, spread)).sum();
        middle + sum / 3
    }
}
