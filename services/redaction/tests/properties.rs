//! What holds for every text.

use proptest::prelude::*;
use redaction::{Kind, Known, Map, Rules, Token, UnknownKind, leaks, redact, restore};

/// Pieces that hold data, announce them, look like tokens, or stand in the way; put together at random they meet in every order.
const PIECES: [&str; 48] = [
    "a@example.com",
    "ivan@пример.рф",
    "+7 (495) 123-45-67",
    "8 495 123 45 67",
    "123-45-67",
    "4111 1111 1111 1111",
    "112-233-445 95",
    "7707083893",
    "500100732259",
    "45 10 123456",
    "10.2.33.1",
    "2001:db8::1",
    "DE89 3704 0044 0532 0130 00",
    "40702810938000000001",
    "Иванов Иван Иванович",
    "Иван Петров",
    "И. И.",
    "John Smith",
    "меня зовут ",
    "клиент ",
    "Regards,\n",
    "password=",
    "пароль: ",
    "token ",
    "Qwe123!",
    "ключ ",
    "версия ",
    "https://u:p@host/?token=",
    "eyJhbGciOi.abcdefgh.x",
    "[EMAIL-1]",
    "[PHONE-2]",
    "[NAME-1.2]",
    "[EMAIL-",
    "1]",
    "[",
    "]",
    " ",
    " ",
    ", ",
    "\n",
    ".",
    "-",
    "8",
    "EST-000123",
    "2026-11-22",
    "ИНН ",
    "/home/",
    "тел. ",
];

fn texts() -> impl Strategy<Value = String> {
    let composed = prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24).prop_map(|pieces| pieces.concat());
    let digits = "[0-9 +().:@-]{0,60}";
    prop_oneof![4 => composed, 1 => digits, 1 => "\\PC{0,80}", 1 => any::<String>()]
}

fn rules() -> impl Strategy<Value = Rules> {
    prop::collection::btree_set(prop::sample::select(&Kind::ALL[..]), 0..4).prop_map(|allow| Rules { allow })
}

fn known() -> impl Strategy<Value = Vec<Known>> {
    let value =
        prop_oneof![Just("example".to_owned()), Just("123".to_owned()), Just("[EMAIL-1]".to_owned()), "\\PC{0,6}"];
    prop::collection::vec(
        (prop::sample::select(&Kind::ALL[..]), value).prop_map(|(kind, value)| Known { kind, value }),
        0..3,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_comes_back_exactly(text in texts(), rules in rules(), known in known()) {
        let mut map = Map::default();
        let out = redact(&text, &rules, &known, &mut map);
        prop_assert_eq!(restore(&out, &map, usize::MAX), text);
    }

    #[test]
    fn redacting_twice_changes_neither_text_nor_map(text in texts(), rules in rules(), known in known()) {
        let mut map = Map::default();
        let once = redact(&text, &rules, &known, &mut map);
        let before = map.clone();
        prop_assert_eq!(redact(&once, &rules, &known, &mut map), once);
        prop_assert_eq!(map, before);
    }

    #[test]
    fn nothing_leaks_after_redaction(text in texts(), rules in rules(), known in known()) {
        let out = redact(&text, &rules, &known, &mut Map::default());
        prop_assert_eq!(leaks(&out, &rules), []);
    }

    #[test]
    fn a_grown_map_still_restores_the_earlier_texts(first in texts(), second in texts()) {
        let mut map = Map::default();
        let out = redact(&first, &Rules::default(), &[], &mut map);
        redact(&second, &Rules::default(), &[], &mut map);
        prop_assert_eq!(restore(&out, &map, usize::MAX), first.clone());
        prop_assert_eq!(redact(&first, &Rules::default(), &[], &mut Map::default()), out);
    }

    #[test]
    fn a_map_survives_storage_as_json(text in texts()) {
        let mut map = Map::default();
        redact(&text, &Rules::default(), &[], &mut map);
        let json = serde_json::to_string(&map).expect("a map is plain data");
        prop_assert_eq!(serde_json::from_str::<Map>(&json).expect("what we wrote"), map);
    }
}

#[test]
fn one_datum_has_one_number_over_all_texts_of_a_case() {
    let mut map = Map::default();
    let mut out = |text: &str| redact(text, &Rules::default(), &[], &mut map);
    assert_eq!(out("с +7 (495) 123-45-67"), "с [PHONE-1]");
    assert_eq!(out("и +7 916 000-11-22, 8 495 123 45 67"), "и [PHONE-2], [PHONE-1.2]");
    assert_eq!(out("8 495 123 45 67 и +7 (495) 123-45-67"), "[PHONE-1.2] и [PHONE-1]");
    assert_eq!(restore("[PHONE-1] = [PHONE-1.2]", &map, usize::MAX), "+7 (495) 123-45-67 = 8 495 123 45 67");
}

#[test]
fn a_lying_vendor_cannot_conjure_data() {
    let mut map = Map::default();
    redact("a@example.com", &Rules::default(), &[], &mut map);
    assert_eq!(
        restore("[EMAIL-2] [PHONE-1] [EMAIL-01] [email-1] [EMAIL-1.2] [EMAIL-1]", &map, usize::MAX),
        "[EMAIL-2] [PHONE-1] [EMAIL-01] [email-1] [EMAIL-1.2] a@example.com"
    );
}

#[test]
fn a_map_and_a_known_fact_do_not_print_what_they_hold() {
    let mut map = Map::default();
    redact("a@example.com", &Rules::default(), &[], &mut map);
    let known = Known { kind: Kind::Custom, value: "Ромашка".to_owned() };
    let printed = format!("{map:?} {known:?}");
    assert!(printed.contains("[EMAIL-1]") && !printed.contains("example") && !printed.contains("Ромашка"), "{printed}");
}

#[test]
fn a_kind_is_read_by_the_name_it_prints_and_stores() {
    for kind in Kind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(kind));
        assert_eq!(serde_json::to_value(kind).expect("a unit variant"), kind.name());
    }
    assert_eq!("e-mail".parse::<Kind>(), Err(UnknownKind("e-mail".to_owned())));
    assert_eq!("[PHONE-1.2]".parse::<Token>().expect("a token").to_string(), "[PHONE-1.2]");
    assert!("[PHONE-1.1]".parse::<Token>().is_err() && "x[PHONE-1]".parse::<Token>().is_err());
}

/// The worst we know for each detector, over and over: chains of findings and refused beginnings.
#[test]
fn long_runs_of_one_piece_come_back_and_do_not_leak() {
    for piece in [
        "a",
        "1",
        "1 ",
        "1.",
        "a.",
        "8 495 ",
        "password ",
        "key=",
        "key",
        "a@",
        "Иван ",
        "И.",
        ":",
        "f:",
        "+",
        "[EMAIL-1",
        "-----BEGIN PRIVATE KEY-----",
        "паспорт ",
        "://",
        "a@b.ru ",
    ] {
        let text = piece.repeat(30_000 / piece.len());
        let mut map = Map::default();
        let out = redact(&text, &Rules::default(), &[], &mut map);
        assert_eq!(leaks(&out, &Rules::default()), [], "{piece:?}");
        assert_eq!(restore(&out, &map, usize::MAX), text, "{piece:?}");
    }
}
