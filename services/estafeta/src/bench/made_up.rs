//! Words and texts that are made up, the same for the same number.

/// A word of four syllables.
pub(super) fn word(number: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ра", "бо", "те", "лин", "ка", "сор", "ми", "вед", "пу", "ж", "ко", "нат", "ти", "лог", "ше", "рук"];
    let mixed = mixed(number) >> 40;
    (0..4).map(|at| SYLLABLES[usize::try_from(mixed >> (4 * at) & 15).unwrap_or(0)]).collect()
}

/// A number that looks drawn, of all 64 bits; the upper ones are the better.
pub(super) fn mixed(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
