//! What may happen to a runbook, in every order.

use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use runbooks::{Guide, GuideStep, Review, Runbook, State, Verdict, WrongRunbook};
use ticket::{Language, Line, RunbookTestId};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn guide(title: &str) -> Guide {
    let step = GuideStep { action: "restart it".to_owned(), expected: "a green light".to_owned() };
    let (title, applies) = (title.to_owned(), "the light is red".to_owned());
    Guide { language: Language::English, title, applies, steps: vec![step], products: vec![], categories: vec![] }
}

fn runbook() -> Runbook {
    let id = "rbk_00000000000000000000000000000001".parse().expect("it is well formed");
    Runbook::write(id, guide("first"), "igor".to_owned(), date(2027, 3, 1), NOW)
}

fn test(number: usize) -> RunbookTestId {
    format!("rbt_{number:032x}").parse().expect("it is well formed")
}

#[test]
fn nothing_is_published_that_has_not_passed() {
    let mut runbook = runbook();
    let refused = runbook.publish(NOW);
    assert_eq!(refused, Err(WrongRunbook::State { action: "publish", state: State::Draft }));
    let own = runbook.submit(test(0), Line::Technical, "igor".to_owned(), "igor".to_owned(), NOW);
    assert_eq!(own, Err(WrongRunbook::OwnTest("igor".to_owned())));
    runbook.submit(test(1), Line::Technical, "anna".to_owned(), "igor".to_owned(), NOW).expect("it is a draft");
    runbook.record(test(1), Line::Technical, false, "step 1 is not there".to_owned(), NOW).expect("it is open");
    assert_eq!((runbook.state(), runbook.publish(NOW).is_err()), (State::Draft, true));
    runbook.revise(guide("second"), "igor".to_owned(), NOW).expect("it is in use");
    runbook.submit(test(2), Line::ServiceDesk, "anna".to_owned(), "igor".to_owned(), NOW).expect("it is a draft");
    let elsewhere = runbook.record(test(2), Line::Technical, true, String::new(), NOW).map(|_| ());
    assert_eq!(elsewhere, Err(WrongRunbook::NoTest(test(2))), "another line was asked");
    runbook.record(test(2), Line::ServiceDesk, true, String::new(), NOW).expect("it is open");
    runbook.publish(NOW).expect("it has passed");
    assert_eq!((runbook.state(), runbook.told), (State::Published, 1));
    assert_eq!(runbook.in_use().map(|published| published.edition.number), Some(2));
}

#[test]
fn what_is_published_stays_while_the_next_edition_is_tried_and_whoever_is_asked_later_counts() {
    let mut runbook = runbook();
    runbook.submit(test(1), Line::Technical, "anna".to_owned(), "igor".to_owned(), NOW).expect("it is a draft");
    runbook.submit(test(2), Line::Technical, "boris".to_owned(), "igor".to_owned(), NOW).expect("another may be asked");
    runbook.record(test(1), Line::Technical, true, "late".to_owned(), NOW).expect("it is noted");
    assert_eq!(runbook.state(), State::InTest, "nobody waits for the first any more");
    runbook.record(test(2), Line::Technical, true, String::new(), NOW).expect("it is open");
    runbook.publish(NOW).expect("it has passed");
    runbook.revise(guide("second"), "igor".to_owned(), NOW).expect("it is in use");
    assert_eq!(runbook.state(), State::Draft);
    assert_eq!(runbook.in_use().map(|published| published.edition.guide.title.as_str()), Some("first"));
    runbook.retire("the product is gone".to_owned(), NOW).expect("it is in use");
    assert_eq!((runbook.in_use(), runbook.told), (None, 2));
}

#[derive(Debug, Clone)]
enum Deed {
    Revise(bool),
    Submit(bool, bool),
    Record(usize, bool, bool),
    Publish,
    Retire,
    Review,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => any::<bool>().prop_map(Deed::Revise),
        6 => any::<(bool, bool)>().prop_map(|(who, line)| Deed::Submit(who, line)),
        8 => (0..12_usize, any::<bool>(), any::<bool>()).prop_map(|(test, line, passed)| Deed::Record(test, line, passed)),
        4 => Just(Deed::Publish),
        1 => Just(Deed::Retire),
        1 => Just(Deed::Review),
    ]
}

fn line(first: bool) -> Line {
    if first { Line::ServiceDesk } else { Line::Technical }
}

fn person(first: bool) -> String {
    if first { "igor" } else { "anna" }.to_owned()
}

proptest! {
    /// In whatever order: what is in use has passed a test of that very edition by somebody who did not write it, a refusal
    /// changes nothing, what is retired stays so, editions are counted up, and at most one test is waited for.
    #[test]
    fn what_is_in_use_was_tried_by_another(deeds in proptest::collection::vec(deed(), 0..60)) {
        let (mut runbook, mut submitted) = (runbook(), 0);
        for deed in deeds {
            let before = runbook.clone();
            let done = match deed {
                Deed::Revise(by) => runbook.revise(guide("next"), person(by), NOW),
                Deed::Submit(who, at) => {
                    let asked = runbook.submit(test(submitted), line(at), person(who), "igor".to_owned(), NOW);
                    submitted += usize::from(asked.is_ok());
                    asked
                }
                Deed::Record(number, at, passed) => {
                    runbook.record(test(number), line(at), passed, String::new(), NOW).map(|_| ())
                }
                Deed::Publish => runbook.publish(NOW),
                Deed::Retire => runbook.retire("gone".to_owned(), NOW),
                Deed::Review => {
                    let review = Review { by: "igor".to_owned(), note: String::new(), at: NOW };
                    runbook.review(review, date(2028, 1, 1))
                }
            };
            if done.is_err() {
                prop_assert_eq!(&runbook, &before);
            }
            if before.state() == State::Retired {
                prop_assert!(runbook.state() == State::Retired && runbook.in_use().is_none());
            }
            if let Some(published) = runbook.in_use() {
                let passed = runbook.tests.iter().any(|test| {
                    test.edition == published.edition.number
                        && matches!(test.verdict, Verdict::Passed { .. })
                        && test.tester != published.edition.by
                });
                prop_assert!(passed, "{:?}", runbook);
            }
            prop_assert!(runbook.newest().map(|e| e.number) >= before.newest().map(|e| e.number));
            prop_assert!(runbook.told >= before.told);
            let waiting = runbook.tests.iter().filter(|test| test.verdict == Verdict::Waiting).count();
            prop_assert_eq!(waiting, usize::from(runbook.state() == State::InTest));
        }
    }
}
