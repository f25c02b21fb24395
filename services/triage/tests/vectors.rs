//! What a sentence encoder adds: classes that share no words are told apart, and without a vector all is as before.

use std::sync::LazyLock;

use triage::{Encoder, Example, Model, ReadError, Recipe, Request, TrainError, expected_calibration_error};

/// Pairs of a class and words that only some of its requests have, so that a new request often shares none with those learned.
const THEMES: [(&str, [&str; 6]); 3] = [
    ("access", ["пароль", "логин", "учетка", "вход", "доступ", "авторизация"]),
    ("printer", ["принтер", "картридж", "тонер", "бумага", "сканер", "оттиск"]),
    ("billing", ["счет", "оплата", "акт", "платеж", "переплата", "квитанция"]),
];

const DIMENSIONS: usize = 6;

/// Knows what words mean: two dimensions a theme, and a bit of the text's own; a word that it does not know lies elsewhere.
fn encode(text: &str) -> Vec<f32> {
    // All vectors of an encoder have much in common.
    let mut vector = vec![1.0; DIMENSIONS];
    for (theme, (_, words)) in THEMES.iter().enumerate() {
        for (number, _) in words.iter().enumerate().filter(|(_, word)| text.contains(*word)) {
            vector[2 * theme + number % 2] += 0.5;
        }
    }
    vector.iter_mut().zip(text.bytes().cycle()).for_each(|(part, byte)| *part += f32::from(byte % 16) * 0.004);
    vector
}

fn encoder() -> Encoder {
    Encoder { name: "meanings".to_owned(), dimensions: DIMENSIONS }
}

/// Only the first words of each theme are learned.
fn learned() -> Vec<(String, &'static str)> {
    let text = |number: usize| {
        let (label, words) = THEMES[number % 3];
        (format!("{} {number}", words[number / 3 % 4]), label)
    };
    (0..150).map(text).collect()
}

fn trained(tickets: &[(String, &'static str)], vectors: &[Vec<f32>], encoder: Option<Encoder>) -> Model {
    let example = |((text, label), vector): (&'_ (String, &'static str), &'_ Vec<f32>)| {
        let mut example = Example::of(text.clone().leak(), label);
        example.request.vector = Some(vector.clone().leak());
        example
    };
    let examples: Vec<Example<'_>> = tickets.iter().zip(vectors).map(example).collect();
    Model::train(&examples, &Recipe { encoder, ..Recipe::default() }).expect("the examples teach")
}

/// Trained once for all tests that only ask it.
fn model() -> &'static Model {
    static MODEL: LazyLock<Model> = LazyLock::new(|| {
        let tickets = learned();
        let vectors: Vec<Vec<f32>> = tickets.iter().map(|(text, _)| encode(text)).collect();
        trained(&tickets, &vectors, Some(encoder()))
    });
    &MODEL
}

/// Of the words that were never learned, how many are sorted right.
fn right(model: &Model, vector: impl Fn(&str) -> Option<Vec<f32>>) -> usize {
    let new = THEMES.iter().flat_map(|(label, words)| words[4..].iter().map(move |word| (*label, *word)));
    let asked = new.filter(|(label, word)| {
        let vector = vector(word);
        let decision = model.decide(&Request { vector: vector.as_deref(), ..Request::of(word) });
        decision.best().is_some_and(|best| best.label == *label)
    });
    asked.count()
}

#[test]
fn words_never_met_are_sorted_by_what_the_encoder_makes_of_them() {
    assert_eq!(right(model(), |word| Some(encode(word))), 6);
    assert!(right(model(), |_| None) < 6, "the words alone do not tell");
}

#[test]
fn without_a_vector_a_model_says_what_it_would_have_had_it_never_seen_one() {
    let tickets = learned();
    let vectors: Vec<Vec<f32>> = tickets.iter().map(|(text, _)| encode(text)).collect();
    let alone = trained(&tickets, &vectors, None);
    assert_eq!((alone.encoder(), alone.by_vector()), (None, None));
    assert_eq!(alone.calibration(), model().calibration());
    for text in ["пароль 7", "квитанция", "погода"] {
        let decision = model().decide(&Request::of(text));
        assert!(!decision.by_vector);
        assert_eq!(decision, alone.decide(&Request::of(text)));
        // A model without vectors takes none, and nobody can pass off zeros as one.
        let vector = encode(text);
        let given = alone.decide(&Request { vector: Some(&vector), ..Request::of(text) });
        assert_eq!(decision, given);
    }
}

#[test]
fn a_vector_that_the_encoder_cannot_have_made_is_none() {
    let alone = model().decide(&Request::of("пароль"));
    let none =
        [&[][..], &[1.0; DIMENSIONS - 1], &[0.0; DIMENSIONS], &[f32::NAN; DIMENSIONS], &[f32::INFINITY; DIMENSIONS]];
    for vector in none {
        assert_eq!(model().decide(&Request { vector: Some(vector), ..Request::of("пароль") }), alone);
    }
}

#[test]
fn each_case_has_a_confidence_of_its_own() {
    let (words, vectors) = (model().calibration(), model().by_vector().expect("vectors were learned"));
    assert_eq!((words.outcomes().len(), vectors.outcomes().len()), (150, 150));
    assert!(expected_calibration_error(vectors.outcomes()) < 0.1);
    let text = "картридж";
    let vector = encode(text);
    let with = model().decide(&Request { vector: Some(&vector), ..Request::of(text) });
    assert!(with.by_vector && with.confidence() != model().decide(&Request::of(text)).confidence());
}

#[test]
fn few_vectors_are_not_learned_and_some_are_enough() {
    let tickets = learned();
    let few = |with: usize| {
        let vectors: Vec<Vec<f32>> = tickets.iter().map(|(text, _)| encode(text)).collect();
        let examples: Vec<Example<'_>> = tickets
            .iter()
            .zip(&vectors)
            .enumerate()
            .map(|(at, ((text, label), vector))| {
                let request = Request { vector: (at < with).then_some(vector.as_slice()), ..Request::of(text) };
                Example { request, ..Example::of(text, label) }
            })
            .collect();
        Model::train(&examples, &Recipe { encoder: Some(encoder()), ..Recipe::default() }).expect("they teach")
    };
    assert_eq!(few(9).encoder(), None);
    let some = few(60);
    let of_vectors = some.by_vector().expect("sixty are enough").outcomes();
    assert!(of_vectors.len() == 60 && of_vectors.iter().all(|outcome| outcome.example < 60));
    assert_eq!(some.calibration().outcomes().len(), 150);
}

#[test]
fn vectors_of_two_lengths_are_refused_when_learning() {
    let tickets = learned();
    let mut examples: Vec<Example<'_>> = tickets.iter().map(|(text, label)| Example::of(text, label)).collect();
    examples[3].request.vector = Some(&[0.5; DIMENSIONS + 1]);
    let refused = |dimensions| {
        let encoder = Some(Encoder { dimensions, ..encoder() });
        Model::train(&examples, &Recipe { encoder, ..Recipe::default() }).err()
    };
    assert_eq!(refused(DIMENSIONS), Some(TrainError::Vector(DIMENSIONS + 1, DIMENSIONS)));
    assert!(matches!(refused(0), Some(TrainError::Vector(..))));
}

#[test]
fn a_stored_model_remembers_its_encoder_and_judges_vectors_as_before() {
    let stored = model().to_bytes();
    let again = Model::from_bytes(&stored).expect("the bytes are whole");
    assert_eq!(again.encoder(), Some(&encoder()));
    let vector = encode("сканер");
    let request = Request { vector: Some(&vector), ..Request::of("сканер") };
    assert_eq!(again.decide(&request), model().decide(&request));
    assert_eq!((again.version(), again.to_bytes() == stored), (model().version(), true));
    assert_eq!(Model::from_bytes(&stored[..stored.len() - 1]).err(), Some(ReadError::Damaged));
}
