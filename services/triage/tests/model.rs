//! What a model learns from examples, and what it says of its own certainty.

use std::sync::LazyLock;

use proptest::prelude::*;
use triage::{Example, Model, Outcome, ReadError, Recipe, Request, TrainError, expected_calibration_error, threshold};

/// Requests about passwords, printers and invoices, in words that repeat; every tenth is about none of them.
fn tickets() -> Vec<(String, Option<&'static str>)> {
    let themes: [(&str, [&str; 4]); 3] = [
        (
            "access",
            ["забыл пароль от почты", "не могу войти в систему", "сбросьте пароль", "учетная запись заблокирована"],
        ),
        ("printer", ["принтер не печатает", "замялась бумага в принтере", "нет тонера", "печать идет полосами"]),
        ("billing", ["где счет за май", "пришлите акт и счет", "оплата не прошла", "верните переплату"]),
    ];
    let mut made = Vec::new();
    for number in 0..120 {
        let (label, texts) = &themes[number % 3];
        let said = texts[(number / 3) % 4];
        made.push((format!("Здравствуйте! {said}, кабинет {number}"), Some(*label)));
        if number % 10 == 0 {
            made.push((format!("какая завтра погода, вариант {number}"), None));
        }
    }
    made
}

/// Trained once for all tests that only ask it.
fn model() -> &'static Model {
    static MODEL: LazyLock<Model> = LazyLock::new(trained);
    &MODEL
}

fn trained() -> Model {
    let tickets = tickets();
    let examples: Vec<Example<'_>> = tickets
        .iter()
        .map(|(text, label)| label.map_or_else(|| Example::out_of_scope(text), |label| Example::of(text, label)))
        .collect();
    Model::train(&examples, &Recipe::default()).expect("the examples teach")
}

#[test]
fn a_new_wording_of_a_known_trouble_is_sorted_right() {
    let model = model();
    let decision = model.decide(&Request::of("Пароль опять забыла, помогите войти"));
    assert_eq!(decision.best().map(|best| best.label), Some("access"));
    let sum: f32 = decision.ranked.iter().map(|ranked| ranked.probability).sum();
    assert!(sum <= 1.0 + 1e-4, "probabilities add up to {sum}");
}

#[test]
fn a_request_out_of_scope_gets_less_confidence_than_one_in_scope() {
    let model = model();
    let inside = model.decide(&Request::of("принтер не печатает, замялась бумага")).confidence();
    let outside = model.decide(&Request::of("какая завтра погода в Казани")).confidence();
    assert!(inside > 0.8 && outside < 0.5, "inside {inside}, outside {outside}");
}

#[test]
fn what_made_a_decision_is_named_in_the_words_of_the_request() {
    let text = "Добрый день, принтер сломался";
    let reasons = model().explain(&Request::of(text), "printer");
    let strongest = reasons.first().expect("there is a reason");
    assert!(strongest.weight > 0.0 && text[strongest.span.clone()].contains("принтер"), "{reasons:?}");
    assert!(model().explain(&Request::of(text), "no such label").is_empty());
}

#[test]
fn without_enough_data_there_is_no_threshold() {
    let tickets = tickets();
    let few: Vec<Example<'_>> =
        tickets.iter().take(30).filter_map(|(text, label)| Some(Example::of(text, (*label)?))).collect();
    let model = Model::train(&few, &Recipe::default()).expect("the examples teach");
    assert_eq!(model.threshold(0.95), None);
}

#[test]
fn a_threshold_keeps_its_promise_on_what_was_held_out() {
    let model = model();
    let threshold = model.threshold(0.9).expect("the themes are easy to tell apart");
    assert!(threshold.precision >= 0.9 && threshold.coverage > 0.5, "{threshold:?}");
    assert!(expected_calibration_error(model.calibration().outcomes()) < 0.1);
}

#[test]
fn the_same_examples_make_the_same_model() {
    assert_eq!(model().version(), trained().version());
}

#[test]
fn examples_that_teach_nothing_are_refused_with_the_reason() {
    let one = Example::of("принтер", "printer");
    let refused = |examples: &[Example<'_>]| Model::train(examples, &Recipe::default()).err();
    assert_eq!(refused(&[one]), Some(TrainError::TooFewExamples(1)));
    assert_eq!(refused(&[one; 20]), Some(TrainError::Labels(1)));
    let mut weightless = [one; 20];
    weightless[3].weight = f32::NAN;
    assert_eq!(refused(&weightless), Some(TrainError::Weight("NaN".to_owned())));
}

#[test]
fn a_model_that_was_stored_decides_as_before() {
    let model = model();
    let again = Model::from_bytes(&model.to_bytes()).expect("the bytes are whole");
    let request = Request::of("пришлите счет за май");
    assert_eq!(model.decide(&request), again.decide(&request));
    assert_eq!(model.version(), again.version());
}

#[test]
fn bytes_that_are_no_model_are_refused() {
    let stored = model().to_bytes();
    assert_eq!(Model::from_bytes(&[]).err(), Some(ReadError::Damaged));
    assert_eq!(Model::from_bytes(&[7; 64]).err(), Some(ReadError::NotAModel));
    assert_eq!(Model::from_bytes(&stored[..stored.len() / 2]).err(), Some(ReadError::Damaged));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_bytes_with_a_right_hash_give_an_error_or_a_model_that_works(
        places in proptest::collection::vec((0.0_f64..1.0, any::<u8>()), 1..4),
    ) {
        let mut bytes = small_model();
        let end = bytes.len() - 8;
        for (place, byte) in places {
            bytes[8 + (place * (end - 8) as f64) as usize] = byte;
        }
        let hash = bytes[..end].iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        bytes[end..].copy_from_slice(&hash.to_le_bytes());
        if let Ok(model) = Model::from_bytes(&bytes) {
            model.decide(&Request::of("принтер не печатает"));
        }
    }

    #[test]
    fn any_text_can_be_sorted_and_explained(text in "\\PC{0,80}") {
        let model = Model::from_bytes(&small_model()).expect("the bytes are whole");
        for reason in model.explain(&Request::of(&text), "billing") {
            prop_assert!(text.get(reason.span).is_some());
        }
        let confidence = model.decide(&Request::of(&text)).confidence();
        prop_assert!((0.0..=1.0).contains(&confidence));
    }
}

fn small_model() -> Vec<u8> {
    static STORED: LazyLock<Vec<u8>> = LazyLock::new(|| model().to_bytes());
    STORED.clone()
}

/// Two themes that share no word, each said in few ways.
fn apart() -> Model {
    let texts = ["пропал интернет", "роутер мигает", "принтер молчит", "застряла бумага"];
    let places = ["дома", "в офисе", "у директора", "на складе", "в филиале", "в архиве", "на кухне", "в зале"];
    let said: Vec<String> = places
        .iter()
        .flat_map(|place| texts.iter().map(move |text| format!("{text} {place}")))
        .cycle()
        .take(64)
        .collect();
    let label = |at: usize| if at % 4 < 2 { "network" } else { "printing" };
    let examples: Vec<Example<'_>> = said.iter().enumerate().map(|(at, text)| Example::of(text, label(at))).collect();
    Model::train(&examples, &Recipe::default()).expect("the examples teach")
}

#[test]
fn where_nothing_was_ever_wrong_what_is_known_is_sure_and_what_is_strange_is_not() {
    let model = apart();
    assert!(model.calibration().outcomes().iter().all(|outcome| outcome.right), "they are cleanly apart");
    let threshold = model.threshold(0.9).expect("they show it").confidence;
    assert!(threshold <= 0.9, "{threshold}");
    let sure = |text: &str| model.decide(&Request::of(text)).confidence() >= threshold;
    for text in ["Снова пропал интернет, роутер", "принтер молчит в отделе кадров", "опять застряла бумага!"]
    {
        assert!(sure(text), "{text}");
    }
    for text in ["хочу купить слона", "Ъщчё юфзг", "зарплата не пришла"] {
        assert!(!sure(text), "{text}");
    }
}

#[test]
fn between_two_measured_confidences_the_wanted_precision_is_the_threshold() {
    let outcomes = |count: usize, confidence: f32, right: bool| {
        (0..count).map(move |example| Outcome { confidence, right, weight: 1.0, example })
    };
    let found = |measured: &[Outcome], precision| threshold(measured, precision).map(|found| found.confidence);
    let right: Vec<Outcome> = outcomes(60, 0.999, true).collect();
    assert_eq!(found(&right, 0.9), Some(0.9), "nothing was measured below");
    assert_eq!(found(&right, 0.99), None, "one more mistake than was made is too many");
    let low: Vec<Outcome> = right.iter().copied().chain(outcomes(20, 0.5, false)).collect();
    assert_eq!(found(&low, 0.9), Some(0.9), "the next one is further down");
    let high: Vec<Outcome> = right.iter().copied().chain(outcomes(20, 0.95, false)).collect();
    assert_eq!(found(&high, 0.9), Some(0.95_f32.next_up()), "just above what is wrong");
    let unsure: Vec<Outcome> = outcomes(60, 0.7, true).collect();
    assert_eq!(found(&unsure, 0.9), Some(0.7), "what was measured is believed");
}
