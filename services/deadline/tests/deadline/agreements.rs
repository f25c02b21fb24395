//! Which promise holds for a ticket.

use deadline::{Agreement, Measure, Party, Percent, Tie, agreement_for, ties};
use jiff::SignedDuration;
use ticket::Priority;

fn agreement(id: &str, priority: Option<Priority>, category: Option<&str>, minutes: [i64; 2]) -> Agreement {
    let [response, resolution] = minutes.map(|minutes| (minutes > 0).then(|| SignedDuration::from_mins(minutes)));
    Agreement {
        id: id.to_owned(),
        party: Party::Client,
        priority,
        category: category.map(str::to_owned),
        response,
        resolution,
        calendar: "office".to_owned(),
        warnings: vec![Percent(75)],
    }
}

#[test]
fn the_narrowest_agreement_wins_and_each_measure_may_come_from_another() {
    let all = [
        agreement("all", None, None, [60, 2880]),
        agreement("critical", Some(Priority::Critical), None, [10, 480]),
        agreement("critical-outage", Some(Priority::Critical), Some("outage"), [0, 240]),
    ];
    let id = |measure, priority, category| {
        agreement_for(&all, &Party::Client, measure, priority, category).map(|one| one.id.as_str())
    };
    use Measure::{Resolution, Response};
    assert_eq!(id(Response, Priority::Low, Some("outage")), Some("all"));
    assert_eq!(id(Response, Priority::Critical, Some("outage")), Some("critical"), "the narrowest says nothing of it");
    assert_eq!(id(Resolution, Priority::Critical, Some("outage")), Some("critical-outage"));
    assert_eq!(id(Resolution, Priority::Critical, None), Some("critical"));
    assert_eq!(agreement_for(&all, &Party::Vendor("v".to_owned()), Response, Priority::Low, None), None);
    assert_eq!(ties(&all), []);
}

#[test]
fn two_agreements_of_which_neither_is_narrower_tie_until_a_third_decides() {
    let mut all = vec![
        agreement("outage", None, Some("outage"), [30, 0]),
        agreement("critical", Some(Priority::Critical), None, [10, 480]),
    ];
    let tie = Tie {
        later: "critical".to_owned(),
        earlier: "outage".to_owned(),
        measure: Measure::Response,
        priority: Priority::Critical,
        category: Some("outage".to_owned()),
    };
    assert_eq!(ties(&all), [tie]);
    all.push(agreement("both", Some(Priority::Critical), Some("outage"), [5, 0]));
    assert_eq!(ties(&all), []);
}
