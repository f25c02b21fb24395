//! The life of an article: what its standings allow, in whatever order people act.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use knowledge::life::{About, Edition, Kept, Standing, Unfit, Version};
use knowledge::{Article, Audience, Language};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn edition(body: &str) -> Edition {
    let article = Article {
        id: "vpn".to_owned(),
        title: "VPN".to_owned(),
        body: body.to_owned(),
        questions: vec![],
        language: Language::English,
        tags: vec![],
        synonyms: vec![],
        audience: Audience::Client,
    };
    Edition { article, about: About::default() }
}

fn told(kept: &Kept) -> Option<&str> {
    kept.answers(NOW).map(|article| article.body.as_str())
}

#[test]
fn an_article_is_answered_from_only_while_it_is_published_and_valid() {
    let mut kept = Kept::draft(edition("one"), "olga", None, NOW);
    assert_eq!(told(&kept), None);
    assert_eq!(kept.publish(NOW), Err(Unfit::Standing { action: "publish", standing: "draft" }));
    assert_eq!(kept.approve("olga", NOW), Err(Unfit::OwnWork { who: "olga".to_owned() }));
    kept.approve("ivan", NOW).unwrap();
    assert_eq!(told(&kept), None, "nobody published it");
    assert_eq!(kept.publish(NOW), Ok(None));
    assert_eq!((kept.present.number, kept.present.reviewer.as_deref()), (1, Some("ivan")));
    assert_eq!(told(&kept), Some("one"));
    let later = NOW + SignedDuration::from_secs(5);
    kept.present.edition.about.valid_from = Some(later);
    assert_eq!(told(&kept), None, "not yet");
    assert_eq!(kept.present.edition.about.changes_after(NOW), Some(later));
    assert!(kept.answers(later).is_some());
    kept.retire(NOW).unwrap();
    assert_eq!(kept.retire(NOW), Err(Unfit::Standing { action: "retire", standing: "retired" }));
}

#[test]
fn the_published_version_stays_while_the_next_is_written() {
    let mut kept = Kept::imported(edition("one"), "ivan", NOW);
    assert_eq!(kept.write(edition("two"), "olga", NOW), None);
    assert_eq!(told(&kept), Some("one"));
    kept.approve("ivan", NOW).unwrap();
    assert!(kept.approve("petr", NOW).is_err(), "twice");
    let replaced = kept.write(edition("three"), "olga", NOW).unwrap();
    assert_eq!((replaced.number, replaced.standing), (2, Standing::Retired));
    assert!(kept.publish(NOW).is_err(), "a changed text has to be approved again");
    kept.approve("ivan", NOW).unwrap();
    let replaced = kept.publish(NOW).unwrap().unwrap();
    assert_eq!((replaced.number, replaced.standing), (1, Standing::Retired));
    assert_eq!((kept.present.number, told(&kept)), (3, Some("three")));
}

#[test]
fn an_article_of_an_earlier_release_is_published() {
    let plain = serde_json::to_string(&edition("one").article).unwrap();
    let kept: Kept = serde_json::from_str(&plain).unwrap();
    assert_eq!((kept.present.standing, kept.present.number, kept.written), (Standing::Published, 1, 1));
    let again: Kept = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
    assert_eq!(again, kept);
}

#[derive(Debug, Clone, Copy)]
enum Deed {
    Write,
    Approve,
    Publish,
    Retire,
    Import,
}

fn deeds() -> impl Strategy<Value = Vec<(Deed, u8)>> {
    let deed = prop_oneof![
        3 => Just(Deed::Write),
        3 => Just(Deed::Approve),
        3 => Just(Deed::Publish),
        1 => Just(Deed::Retire),
        1 => Just(Deed::Import),
    ];
    prop::collection::vec((deed, 0..3_u8), 0..40)
}

/// Every version as it was last seen: those at work, and those that another came in place of.
fn note(all: &mut BTreeMap<u32, Version>, kept: &Kept, over: Option<Version>) {
    for version in kept.versions().cloned().chain(over) {
        all.insert(version.number, version);
    }
}

proptest! {
    #[test]
    fn whatever_people_do_no_version_is_lost_and_none_is_published_without_another_pair_of_eyes(deeds in deeds()) {
        let mut kept = Kept::draft(edition("1"), "person-0", None, NOW);
        let (mut all, mut imported) = (BTreeMap::new(), Vec::new());
        note(&mut all, &kept, None);
        for (deed, who) in deeds {
            let (before, who) = (kept.clone(), format!("person-{who}"));
            let text = edition(&(kept.written + 1).to_string());
            let done = match deed {
                Deed::Write => Ok(kept.write(text, &who, NOW)),
                Deed::Approve => kept.approve(&who, NOW).map(|()| None),
                Deed::Publish => kept.publish(NOW),
                Deed::Retire => kept.retire(NOW),
                Deed::Import => {
                    let over = kept.import(text, &who, NOW);
                    imported.push(kept.present.number);
                    Ok(Some(over))
                }
            };
            match done {
                Ok(over) => note(&mut all, &kept, over),
                Err(_) => prop_assert_eq!(&kept, &before, "what is refused changes nothing"),
            }
            let numbers: Vec<u32> = all.keys().copied().collect();
            prop_assert_eq!(numbers, (1..=kept.written).collect::<Vec<_>>(), "every version is kept");
            let count = |wanted: &[Standing]| all.values().filter(|one| wanted.contains(&one.standing)).count();
            prop_assert!(count(&[Standing::Published]) <= 1);
            prop_assert!(count(&[Standing::Draft, Standing::Approved]) <= 1);
            for (number, version) in &all {
                prop_assert_eq!(&version.edition.article.body, &number.to_string(), "a version never changes its text");
                prop_assert_ne!(version.reviewer.as_deref(), Some(version.author.as_str()));
                let is_up = version.standing == Standing::Published;
                prop_assert!(!is_up || version.reviewer.is_some() || imported.contains(number));
            }
            let up = all.values().find(|one| one.standing == Standing::Published);
            prop_assert_eq!(kept.answers(NOW), up.map(|one| &one.edition.article));
        }
    }
}
