//! Articles that ask for much the same as those which answered similar questions: where nobody asked for an article yet, its
//! neighbours were asked for.

use crate::{article::Viewer, entry::Entry, statistics::Statistics, term::TermMap};

/// What the articles that answered similar questions ask for, together.
pub(crate) struct Kin<'a> {
    weights: TermMap<f32>,
    stems: &'a Statistics,
    viewer: Viewer,
}

impl<'a> Kin<'a> {
    /// From articles, each with how near a question is that it answered, 0 to 1.
    pub(crate) fn of<'e>(
        answered: impl Iterator<Item = (&'e Entry, f32)>,
        stems: &'a Statistics,
        viewer: Viewer,
    ) -> Self {
        let mut kin = Self { weights: TermMap::default(), stems, viewer };
        for (entry, near) in answered {
            let over = near * near / kin.length(entry);
            for term in &entry.ask_stems {
                *kin.weights.entry(*term).or_default() += over * kin.stems.rarity_of(*term, viewer);
            }
        }
        kin
    }

    /// How much an article is like them: the sum of the cosines between what it and each of them asks for, weighed by the
    /// square of how near the question was.
    pub(crate) fn likeness(&self, entry: &Entry) -> f32 {
        if self.weights.is_empty() {
            return 0.0;
        }
        let shared = entry.ask_stems.iter().filter_map(|term| Some((self.weights.get(term)?, *term)));
        let dot: f32 = shared.map(|(weight, term)| weight * self.stems.rarity_of(term, self.viewer)).sum();
        dot / self.length(entry)
    }

    fn length(&self, entry: &Entry) -> f32 {
        let squares = entry.ask_stems.iter().map(|term| self.stems.rarity_of(*term, self.viewer).powi(2));
        squares.sum::<f32>().sqrt().max(f32::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Article, Audience, Language, statistics::Counts, vocabulary::Vocabulary};

    #[test]
    fn an_article_is_like_those_that_ask_for_the_same_the_more_the_nearer_their_questions() {
        let (mut vocabulary, mut counts) = (Vocabulary::default(), Counts::default());
        let titles = ["Обложка канала", "Требования: обложка", "Вывод денег", "Сроки: вывод", "Обложка канала"];
        let entries = titles.map(|title| {
            let article = Article {
                id: title.to_owned(),
                title: title.to_owned(),
                body: String::new(),
                questions: Vec::new(),
                language: Language::Russian,
                tags: Vec::new(),
                synonyms: Vec::new(),
                audience: Audience::Client,
            };
            let entry = Entry::new(article, &mut vocabulary);
            entry.add_to(&mut counts, &vocabulary);
            entry
        });
        let [cover, demands, money, terms, again] = &entries;
        let kin = |near: f32| Kin::of([(cover, near), (money, 0.1)].into_iter(), &counts.stems, Viewer::Client);
        let of = |entry: &Entry| kin(0.8).likeness(entry);
        assert!(of(demands) > 0.1 && of(demands) > 10.0 * of(terms) && of(terms) > 0.0);
        assert!((of(again) - 0.64).abs() < 1e-4, "the same is alike in full: {}", of(again));
        assert!(kin(0.4).likeness(demands) < of(demands));
        assert!(Kin::of(std::iter::empty(), &counts.stems, Viewer::Client).likeness(cover) == 0.0);
    }
}
