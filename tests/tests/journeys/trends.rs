//! How it goes: each line counts its log, and tells what is otherwise than usual.

use jiff::SignedDuration;
use proto::handover::ListNoticesRequest;
use proto::handover::notice_service_client::NoticeServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::line1::{RegisterRequest, TriageRequest};
use proto::ticket::{Channel, Impact, Mood, Urgency};
use proto::trends as wire;
use proto::trends::{TrendMeasure as Measure, TrendSide as Side};
use rpc::Role;
use tests::{Databases, Stage, articles, evidence, on_each_database, trends};
use ticket::Line;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

async fn register(stage: &Stage, category: &str, text: &str) -> String {
    let people = stage.people();
    let request = RegisterRequest { category: category.into(), ..people.registration(text) };
    let made = ServiceDeskServiceClient::new(people.at(Line::ServiceDesk)).register(request).await;
    tests::people::id_of(made.expect("a good request is registered").into_inner().ticket.as_ref())
}

async fn counted(stage: &Stage, line: Line, measure: Measure, count: i64) {
    let is_so = async || trends::count(stage, line, measure).await == count;
    trends::until(stage, &format!("{measure:?} at {line} is {count}"), is_so).await;
}

#[tokio::test]
async fn what_happens_is_counted_at_its_line_and_moves_with_the_category() {
    on_each_database(async |stage| {
        let people = stage.people();
        let first = register(&stage, "", "Это просто ужас, третий день без связи!").await;
        register(&stage, "payment", "Подскажите адрес офиса").await;
        let passed = people.register("Роутер не выходит в сеть").await;
        counted(&stage, Line::ServiceDesk, Measure::Registered, 3).await;
        let by_category = async || {
            let mut told = trends::by(&stage, Line::ServiceDesk, Measure::Registered, Side::Category).await;
            told.sort();
            told
        };
        let told =
            |all: &[(&str, i64)]| all.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect::<Vec<_>>();
        assert_eq!(by_category().await, told(&[("", 1), ("no-internet", 1), ("payment", 1)]));
        let triage = TriageRequest {
            request_id: people.request_id(),
            ticket_id: first.clone(),
            category: "vpn".into(),
            impact: Impact::Medium as i32,
            urgency: Urgency::Medium as i32,
            mood: Mood::Negative as i32,
            ..TriageRequest::default()
        };
        ServiceDeskServiceClient::new(people.at(Line::ServiceDesk)).triage(triage).await.expect("it is triaged");
        let moved = async || by_category().await == told(&[("no-internet", 1), ("payment", 1), ("vpn", 1)]);
        trends::until(&stage, "what was counted has moved", moved).await;

        people.to_technical(&passed, evidence::technical()).await.expect("a complete handover is not refused");
        counted(&stage, Line::ServiceDesk, Measure::HandedOver, 1).await;
        counted(&stage, Line::Technical, Measure::Registered, 1).await;
        let zones = trends::by(&stage, Line::Technical, Measure::Registered, Side::Zone).await;
        assert_eq!(zones, told(&[("network", 1)]));

        let begins = Some(handover::wire::instant(tests::stage::BEGIN.parse().expect("an instant")));
        let ends = Some(handover::wire::instant("2026-09-14T10:00:00Z".parse().expect("an instant")));
        let request = wire::GetTrendsRequest {
            measures: vec![Measure::OriginalSentiment as i32, Measure::HandlingTime as i32],
            period: wire::TrendPeriod::Hour as i32,
            begins,
            ends,
            channel: "phone".into(),
            ..Default::default()
        };
        let figures =
            trends::at(&stage, Line::ServiceDesk).get_trends(request).await.expect("they are told").into_inner();
        let [mood, time] = figures.series.as_slice() else { panic!("{figures:?}") };
        assert_eq!((mood.points.len(), mood.points[0].count, mood.points[0].parts[0]), (1, 3, 1), "{mood:?}");
        assert!(mood.points[0].sum < 0, "one is angry: {mood:?}");
        assert_eq!((time.points[0].count, time.points[0].parts[0]), (1, 1), "at once: {time:?}");
        assert_eq!(figures.line(), proto::ticket::Line::ServiceDesk);

        people.resolve(Line::ServiceDesk, &first).await.expect("line 1 solves it");
        people.reply(&first, "Опять не работает").await.expect("the client opens it again");
        counted(&stage, Line::ServiceDesk, Measure::Reopened, 1).await;
        counted(&stage, Line::ServiceDesk, Measure::Resolved, 1).await;
    })
    .await;
}

#[tokio::test]
async fn closed_at_once_counts_once_the_answer_has_held_for_the_window_of_the_plan() {
    on_each_database(async |stage| {
        let people = stage.people();
        let reset = articles::article("reset", "Как сбросить пароль от кабинета", "Нажмите «Забыли пароль?»");
        let reset =
            proto::line0::Article { questions: vec!["забыл пароль от кабинета".into()], ..reset };
        people.know(vec![reset]).await.expect("a good article is kept");
        let ask = async || {
            let told = people.ask("Забыл пароль от кабинета").await.expect("it is answered");
            assert_eq!(told.reply.expect("it replies").outcome(), proto::line0::reply::Outcome::Answered);
        };
        ask().await;
        counted(&stage, Line::SelfService, Measure::ClosedAtOnce, 1).await;
        stage.after(HOUR * 71).await;
        assert_eq!(trends::count(&stage, Line::SelfService, Measure::Deflected).await, 0, "it may not have helped");
        stage.after(HOUR * 2).await;
        counted(&stage, Line::SelfService, Measure::Deflected, 1).await;
        // The same client is told the same a day apart: only the second answer can have helped.
        ask().await;
        stage.after(HOUR * 24).await;
        ask().await;
        counted(&stage, Line::SelfService, Measure::ClosedAtOnce, 3).await;
        stage.after(HOUR * 80).await;
        counted(&stage, Line::SelfService, Measure::Deflected, 2).await;
    })
    .await;
}

#[tokio::test]
async fn two_replicas_count_each_thing_once_though_one_of_them_dies_again_and_again() {
    on_each_database(async |stage| {
        let other = stage.replica().await;
        let (mut made, mut cut) = (0, 1);
        for round in 0..4 {
            for number in 0..30 {
                register(&stage, if number % 3 == 0 { "vpn" } else { "payment" }, "Не работает").await;
                made += 1;
            }
            let desk = |suite: &estafeta::Suite| suite.desk(Line::ServiceDesk).expect("it is up");
            let (one, two) = (desk(&stage.suite), desk(&other));
            // Both at the same time; the first is stopped in the middle, a little further each time.
            for _ in 0..12 {
                cut += 3;
                let stops = async {
                    for _ in 0..cut {
                        tokio::task::yield_now().await;
                    }
                };
                let first = async {
                    tokio::select! { biased; () = stops => 0, read = one.follow_log() => read }
                };
                let (_, read) = tokio::join!(first, two.follow_log());
                // Whoever died is waited for.
                stage.clock.advance(SignedDuration::from_secs(if read == 0 { 25 } else { 1 }));
            }
            if round % 2 == 0 {
                stage.suite.restart(Line::ServiceDesk).await.expect("line 1 comes back");
            }
        }
        stage.clock.advance(SignedDuration::from_secs(30));
        counted(&stage, Line::ServiceDesk, Measure::Registered, made).await;
        let mut told = trends::by(&stage, Line::ServiceDesk, Measure::Registered, Side::Category).await;
        told.sort();
        assert_eq!(told, [("payment".to_owned(), 80), ("vpn".to_owned(), 40)]);

        // What was counted in all these portions is what one count from the beginning says.
        let incremental = trends::all(&stage, Line::ServiceDesk).await;
        let boss = stage.people().channel(Line::ServiceDesk, &stage.people().with_role(Role::Administrator));
        let request = wire::RecountTrendsRequest { request_id: "recount-1".into(), why: "проверка".into() };
        let mut service = wire::trend_service_client::TrendServiceClient::new(boss);
        assert_eq!(service.recount_trends(request).await.expect("it begins").into_inner().generation, 2);
        assert_eq!(trends::count(&stage, Line::ServiceDesk, Measure::Registered).await, 0, "from the beginning");
        counted(&stage, Line::ServiceDesk, Measure::Registered, made).await;
        stage.settle().await;
        assert_eq!(trends::all(&stage, Line::ServiceDesk).await, incremental);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_wave_is_told_once_with_what_made_it_and_so_is_its_end() {
    on_each_database(async |stage| {
        let people = stage.people();
        // Three weeks in which this hour brings the same.
        for week in 1..=3 {
            for category in ["payment", "payment", "no-internet"] {
                register(&stage, category, "Подскажите, пожалуйста").await;
            }
            counted(&stage, Line::ServiceDesk, Measure::Registered, week * 3).await;
            stage.after(HOUR * 168).await;
        }
        for number in 0..30 {
            let request = RegisterRequest {
                client: format!("client-{number}"),
                channel: Channel::Email as i32,
                ..people.registration(&format!("Нет связи в доме {number}"))
            };
            ServiceDeskServiceClient::new(people.at(Line::ServiceDesk)).register(request).await.expect("it is taken");
        }
        counted(&stage, Line::ServiceDesk, Measure::Registered, 39).await;
        assert_eq!(trends::alerts(&stage, Line::ServiceDesk, false).await, [], "the hour is not over");
        stage.after(HOUR).await;
        let volume = async |open| {
            let all = trends::alerts(&stage, Line::ServiceDesk, open).await;
            all.into_iter().filter(|alert| alert.alarm() == wire::TrendAlarm::Volume).collect::<Vec<_>>()
        };
        let told = volume(true).await;
        let [alert] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((alert.count, alert.expected, alert.of), (30, 3.0, 0), "{alert:?}");
        assert!(alert.chance < 1e-4 && !alert.plan.is_empty(), "{alert:?}");
        let cause = &alert.causes[0];
        assert_eq!((cause.side(), cause.name.as_str(), cause.count), (Side::Category, "no-internet", 30), "{alert:?}");
        assert!(alert.ru.contains("обращений больше обычного") && alert.ru.contains("«Нет интернета»"), "{}", alert.ru);
        assert!(alert.en.contains("more requests than usual") && alert.en.contains("“No internet”"), "{}", alert.en);

        let request = wire::AcknowledgeAlertRequest {
            request_id: people.request_id(),
            alert_id: alert.alert_id.clone(),
            note: "смотрю".into(),
        };
        let boss = people.supervisor();
        let kept = trends::at(&stage, Line::ServiceDesk).acknowledge_alert(request).await.expect("it is there");
        assert_eq!(kept.into_inner().alert.expect("it is answered").acknowledged_by, boss.subject);

        // An hour later it is the same change, and two days later it is over.
        stage.after(HOUR).await;
        for _ in 0..2 {
            stage.after(HOUR * 24).await;
        }
        let all = volume(false).await;
        assert_eq!(all.len(), 1, "{all:?}");
        assert!(all[0].over_at.is_some() && all[0].note == "смотрю", "{all:?}");
        // What was gathered has gone out; each is counted, though not all are spelt out among so many others.
        for _ in 0..3 {
            stage.after(HOUR).await;
        }
        let all = trends::alerts(&stage, Line::ServiceDesk, false).await;
        let told = all.len() + all.iter().filter(|alert| alert.over_at.is_some()).count();
        for caller in [&boss, &people.agent(Line::ServiceDesk)] {
            let mut inbox = NoticeServiceClient::new(people.channel(Line::ServiceDesk, caller));
            let request = ListNoticesRequest { page_size: 200, page_token: String::new() };
            let digests = inbox.list_notices(request).await.expect("notices can be listed").into_inner().digests;
            let counts = digests.iter().flat_map(|digest| &digest.counts).filter(|count| count.topic == "trend-alert");
            let counted: u32 = counts.map(|count| count.count).sum();
            assert_eq!(counted as usize, told, "that each began and that it is over: {digests:?}");
            let spelt =
                digests.iter().flat_map(|digest| &digest.lines).any(|line| line.ru.contains("Снова как обычно"));
            assert!(spelt, "{digests:?}");
        }
        assert_eq!(trends::alerts(&stage, Line::Technical, false).await, [], "each line tells its own");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn silence_is_told_and_a_holiday_is_none() {
    let stage = Stage::over(Databases::sqlite()).await;
    // Three Wednesdays on which this hour brings the same; on the fourth, the Day of Unity, and on the fifth it brings nothing.
    stage.after(HOUR * 24 * 30).await;
    for week in 1..=3 {
        for _ in 0..15 {
            register(&stage, "payment", "Подскажите, пожалуйста").await;
        }
        counted(&stage, Line::ServiceDesk, Measure::Registered, week * 15).await;
        stage.after(HOUR * 168).await;
    }
    let silence = async || {
        let all = trends::alerts(&stage, Line::ServiceDesk, true).await;
        all.into_iter().filter(|alert| alert.alarm() == wire::TrendAlarm::Silence).collect::<Vec<_>>()
    };
    stage.after(HOUR).await;
    assert_eq!(silence().await, [], "nobody works on a holiday");
    stage.after(HOUR * 168).await;
    let told = silence().await;
    let [alert] = told.as_slice() else { panic!("{told:?}") };
    // Where all of it is missing, no part of it is the cause.
    assert_eq!((alert.count, alert.expected, alert.causes.len()), (0, 15.0, 0), "{alert:?}");
    assert!(alert.ru.contains("обращений меньше обычного") && alert.en.contains("fewer requests"), "{alert:?}");
}
