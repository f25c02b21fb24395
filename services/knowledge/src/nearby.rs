//! Which words of a question stand close together in a text.

use std::collections::VecDeque;

/// Words stand close together within so many.
const WIDTH: usize = 12;

/// A window that runs over a text.
pub(crate) struct Nearby<'a> {
    /// How much each word of the question says.
    rarities: &'a [f32],
    /// What is in the window: where in the text, and which word of the question.
    recent: VecDeque<(usize, usize)>,
    /// By the words of the question, how often each is in the window.
    times: Vec<u32>,
    at: usize,
    here: f32,
    most: f32,
}

impl<'a> Nearby<'a> {
    pub(crate) fn new(rarities: &'a [f32]) -> Self {
        Self { rarities, recent: VecDeque::new(), times: vec![0; rarities.len()], at: 0, here: 0.0, most: 0.0 }
    }

    /// Reads the next word of the text, which is these words of the question.
    pub(crate) fn read(&mut self, slots: impl Iterator<Item = usize>) {
        self.at += 1;
        while let Some((_, slot)) = self.recent.pop_front_if(|(then, _)| *then + WIDTH <= self.at) {
            if self.change(slot, |times| times.saturating_sub(1)) == Some(0) {
                self.here -= self.rarities[slot];
            }
        }
        for slot in slots {
            if self.change(slot, |times| times.saturating_add(1)) == Some(1) {
                self.here += self.rarities[slot];
            }
            self.recent.push_back((self.at, slot));
        }
        self.most = self.most.max(self.here);
    }

    fn change(&mut self, slot: usize, by: impl Fn(u32) -> u32) -> Option<u32> {
        let times = self.times.get_mut(slot)?;
        *times = by(*times);
        Some(*times)
    }

    /// The share of the question that stood together at its best, 0 to 1.
    pub(crate) fn most(&self) -> f32 {
        let all: f32 = self.rarities.iter().sum();
        if all > 0.0 { (self.most / all).min(1.0) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_stand_close_together_count_together() {
        let most = |gap: usize| {
            let mut nearby = Nearby::new(&[3.0, 1.0]);
            nearby.read([0].into_iter());
            (0..gap).for_each(|_| nearby.read(std::iter::empty()));
            nearby.read([1, 1].into_iter());
            nearby.most()
        };
        assert!((most(0) - 1.0).abs() < 1e-6);
        assert!((most(WIDTH - 2) - 1.0).abs() < 1e-6, "the last place within the width");
        assert!((most(WIDTH - 1) - 0.75).abs() < 1e-6, "the first place beyond it");
        assert!(Nearby::new(&[]).most() == 0.0);
    }
}
