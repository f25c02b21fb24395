//! What people are told by themselves never floods them.

use handover::{Notice, Recipient, Refused};
use jiff::SignedDuration;
use proto::handover::notice_service_client::NoticeServiceClient;
use proto::handover::{ListNoticesRequest, NoticeDigest};
use tests::{Stage, on_each_database};
use ticket::{Actor, Line};

/// How many notices one mass event brings, and how many in one transaction.
const MASS: usize = 10_000;
const AT_ONCE: usize = 500;

fn notice(to: Recipient, number: usize) -> Notice {
    let (ru, en) = (format!("Дом {number} без связи"), format!("House {number} is without a connection"));
    Notice { to, topic: "house-down", ticket: None, ru, en }
}

async fn tell(stage: &Stage, to: Recipient, numbers: std::ops::Range<usize>) -> Result<(), Refused> {
    let desk = stage.suite.desk(Line::ServiceDesk).expect("line 1 is up");
    let actor = Actor::Line { line: Line::ServiceDesk };
    desk.work(stage.plan.organization(), actor, move |change| {
        Box::pin(async move {
            for number in numbers {
                change.notify(notice(to.clone(), number)).await?;
            }
            Ok(())
        })
    })
    .await
}

async fn digests(stage: &Stage) -> Vec<NoticeDigest> {
    let people = stage.people();
    let mut inbox = NoticeServiceClient::new(people.channel(Line::ServiceDesk, &people.supervisor()));
    let request = ListNoticesRequest { page_size: 200, page_token: String::new() };
    inbox.list_notices(request).await.expect("notices can be listed").into_inner().digests
}

#[tokio::test]
async fn ten_thousand_notices_of_one_mass_event_become_a_handful_of_digests() {
    on_each_database(async |stage| {
        for from in (0..MASS).step_by(AT_ONCE) {
            tell(&stage, Recipient::Supervisors, from..from + AT_ONCE).await.expect("people are told");
            stage.after(SignedDuration::from_mins(1)).await;
        }
        stage.after(SignedDuration::from_mins(30)).await;
        let digests = digests(&stage).await;
        assert!(digests.len() <= 4, "twenty minutes are {} digests", digests.len());
        let counted: u32 = digests.iter().flat_map(|digest| &digest.counts).map(|count| count.count).sum();
        assert_eq!(counted as usize, MASS, "each is counted");
        assert!(digests.iter().all(|digest| digest.lines.len() <= 20), "and few are spelt out");
    })
    .await;
}

#[tokio::test]
async fn first_notices_to_one_recipient_at_the_same_instant_do_not_collide() {
    on_each_database(async |stage| {
        let first = |number: usize| tell(&stage, Recipient::Supervisors, number..number + 1);
        let told = futures::future::join_all((0..8).map(first)).await;
        assert!(told.iter().all(Result::is_ok), "{told:?}");
        stage.after(SignedDuration::from_mins(30)).await;
        let counted: u32 =
            digests(&stage).await.iter().flat_map(|digest| &digest.counts).map(|count| count.count).sum();
        assert_eq!(counted, 8);
    })
    .await;
}

#[tokio::test]
async fn digests_are_kept_for_as_long_as_the_plan_says() {
    on_each_database(async |stage| {
        for day in 0..4 {
            tell(&stage, Recipient::Supervisors, day..day + 1).await.expect("people are told");
            stage.after(SignedDuration::from_hours(24)).await;
        }
        assert_eq!(digests(&stage).await.len(), 4);
        // The demonstration keeps them for 90 days.
        stage.after(SignedDuration::from_hours(24 * 87)).await;
        tell(&stage, Recipient::Supervisors, 9..10).await.expect("people are told");
        let kept = digests(&stage).await;
        assert_eq!(kept.len(), 3, "those of the first two days are gone: {kept:?}");
    })
    .await;
}
