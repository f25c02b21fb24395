//! Weeks of made-up requests of which it is known what was an incident, to measure the watch by.
//!
//! Requests are put together from templates in Russian and English, with slips of the keyboard. Nothing here is used by
//! a service.

mod score;
mod texts;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ticket::{Line, OrganizationId, RequestId, TicketId};

pub use score::{Score, Told};

use self::texts::{INCIDENTS, MAILING, TOPICS};
use crate::watch::{Request, Settings, Watch, Wave};

/// How much an organization is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volume {
    /// Some 15 requests a day.
    Quiet,
    /// Some 250 a day.
    Middling,
    /// Some 800 a day.
    Brisk,
    /// Some 4,000 a day.
    Busy,
}

impl Volume {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Quiet, Self::Middling, Self::Brisk, Self::Busy];

    fn a_day(self) -> f64 {
        match self {
            Self::Quiet => 15.0,
            Self::Middling => 250.0,
            Self::Brisk => 800.0,
            Self::Busy => 4_000.0,
        }
    }
}

/// Weeks that pass before the first incident.
const WARM_UP_WEEKS: i64 = 3;
/// Weeks that are measured.
const MEASURED_WEEKS: i64 = 2;

/// An incident, as it is known to be.
#[derive(Debug, Clone, Copy)]
struct Truth {
    /// Which of the texts.
    text: usize,
    /// When it begins, in minutes from the first measured Monday, 0:00.
    begin: i64,
    /// How long people write, in minutes.
    minutes: i64,
    /// How many write at most, and for each daily request one more in so many.
    people: f64,
    /// Whether more and more write, rather than the same number in each minute.
    rises: bool,
}

/// What happens in the measured weeks: a spike on Monday's peak, a slow rise, two at once, a night, a weekend, a small one.
const HAPPENS: [Truth; 7] = [
    Truth { text: 0, begin: 9 * 60 + 30, minutes: 60, people: 24.0, rises: false },
    Truth { text: 1, begin: 24 * 60 + 8 * 60, minutes: 240, people: 30.0, rises: true },
    Truth { text: 2, begin: 3 * 24 * 60 + 13 * 60, minutes: 90, people: 20.0, rises: false },
    Truth { text: 3, begin: 3 * 24 * 60 + 13 * 60 + 10, minutes: 90, people: 20.0, rises: false },
    Truth { text: 4, begin: 7 * 24 * 60 + 3 * 60, minutes: 90, people: 12.0, rises: false },
    Truth { text: 5, begin: 12 * 24 * 60 + 15 * 60, minutes: 120, people: 14.0, rises: true },
    Truth { text: 0, begin: 9 * 24 * 60 + 11 * 60, minutes: 60, people: 10.0, rises: false },
];

/// What each of them is, for people.
pub const SCENARIOS: [&str; 7] = [
    "spike on Monday's peak",
    "slow rise",
    "two at once, the first",
    "two at once, the second",
    "at night",
    "at the weekend",
    "small",
];

/// The announced mailing: Thursday of the first measured week, 10:00, for three hours.
const MAILING_BEGIN: i64 = 3 * 24 * 60 + 10 * 60;
const MAILING_MINUTES: i64 = 180;

/// Chance as an argument: the same seed makes the same weeks (S. Vigna's SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or(0)
    }

    fn one_of<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of.get(self.below(of.len())).copied().unwrap_or_default()
    }

    /// A Poisson number (D. Knuth, The Art of Computer Programming 2, 3.4.1), for the small rates of a minute.
    fn poisson(&mut self, rate: f64) -> u32 {
        let (limit, mut product, mut count) = ((-rate).exp(), self.part(), 0);
        while product > limit {
            product *= self.part();
            count += 1;
        }
        count
    }
}

/// One request, and what is known about it.
struct Made {
    at: Timestamp,
    text: String,
    client: String,
    /// The number of its incident in [`HAPPENS`].
    incident: Option<usize>,
    mailing: bool,
}

/// The settings that the plan has by default, with the mailing announced.
fn settings(start: Timestamp) -> Settings {
    let at =
        |minutes: i64| start + SignedDuration::from_hours(WARM_UP_WEEKS * 168) + SignedDuration::from_mins(minutes);
    let wave = Wave {
        name: "mailing".to_owned(),
        from: at(MAILING_BEGIN),
        until: at(MAILING_BEGIN + MAILING_MINUTES + 60),
        about: "Письмо о новых тарифах: что изменится в тарифе, как отказаться от нового тарифа".to_owned(),
    };
    let window = SignedDuration::from_mins(60);
    Settings { least: 5, factor: 3.0, window, zone: TimeZone::UTC, waves: vec![wave] }
}

/// Lets five weeks of an organization pass; what the watch told, against what is known.
#[must_use]
pub fn run(volume: Volume, seed: u64) -> Score {
    // A Monday.
    let start = Timestamp::from_second(1_767_571_200).unwrap_or_default();
    let (mut dice, mut watch, settings) = (Dice(seed), Watch::default(), settings(start));
    let Ok(organization) = "simulated".parse::<OrganizationId>() else { return Score::default() };
    let mut score = Score::over(&HAPPENS.map(|truth| truth.begin), MEASURED_WEEKS);
    let mut labels = std::collections::HashMap::new();
    for minute in 0..(WARM_UP_WEEKS + MEASURED_WEEKS) * 168 * 60 {
        for made in minute_of(volume, minute, start, &mut dice) {
            let Ok(name) = dice.next().to_string().parse::<RequestId>() else { continue };
            let ticket = TicketId::of_request(&organization, Line::ServiceDesk, &made.client, &name, made.at);
            labels.insert(ticket, made.incident);
            let request = Request { ticket, client: &made.client, at: made.at, text: &made.text, fields: &[] };
            let observed = watch.observe(&request, &settings);
            let measured = minute - WARM_UP_WEEKS * 168 * 60;
            score.wrote(measured, made.incident);
            if let Some(candidate) = observed.candidate
                && measured >= 0
            {
                let of = candidate.tickets.iter().map(|ticket| labels.get(ticket).copied().flatten());
                score.told(measured, of.collect(), candidate.wave.is_some(), made.mailing);
            }
        }
    }
    score
}

/// The requests of one minute.
fn minute_of(volume: Volume, minute: i64, start: Timestamp, dice: &mut Dice) -> Vec<Made> {
    let at = start + SignedDuration::from_mins(minute);
    let mut made = Vec::new();
    for _ in 0..dice.poisson(volume.a_day() / 1440.0 * shape(minute)) {
        // Few topics make most of the requests, by Zipf's law.
        let topic = (TOPICS.len() as f64).powf(dice.part()) as usize - 1;
        let text = TOPICS.get(topic).copied().unwrap_or_default();
        made.push(Made { at, text: said(text, dice), client: client(dice), incident: None, mailing: false });
    }
    let measured = minute - WARM_UP_WEEKS * 168 * 60;
    // A larger organization has more people to write of the same trouble.
    let size = (volume.a_day() / 250.0).sqrt().max(0.6);
    for (number, truth) in HAPPENS.iter().enumerate() {
        let passed = measured - truth.begin;
        if !(0..truth.minutes).contains(&passed) {
            continue;
        }
        let (passed, minutes) = (passed as f64, truth.minutes as f64);
        let rises = if truth.rises { 2.0 * passed / minutes } else { 1.0 };
        for _ in 0..dice.poisson(truth.people * size / minutes * rises) {
            let text = INCIDENTS.get(truth.text).copied().unwrap_or_default();
            made.push(Made {
                at,
                text: said(text, dice),
                client: client(dice),
                incident: Some(number),
                mailing: false,
            });
        }
    }
    if (0..MAILING_MINUTES).contains(&(measured - MAILING_BEGIN)) {
        for _ in 0..dice.poisson(30.0 * size / MAILING_MINUTES as f64) {
            made.push(Made { at, text: said(MAILING, dice), client: client(dice), incident: None, mailing: true });
        }
    }
    made
}

/// How much more or less than on average is asked in this minute of the week; Monday morning is the peak.
fn shape(minute: i64) -> f64 {
    let (day, hour) = (minute / 1440 % 7, minute / 60 % 24);
    let by_hour = match hour {
        0..=6 => 0.2,
        9..=11 => 2.2,
        12..=17 => 1.6,
        _ => 0.8,
    };
    let by_day = if day >= 5 { 0.4 } else { 1.0 };
    by_hour * by_day * if day == 0 && (8..12).contains(&hour) { 1.8 } else { 1.0 }
}

fn client(dice: &mut Dice) -> String {
    format!("client-{}", dice.below(5_000_000))
}

/// Alternatives stand in the text as `{one|another}`; then a key may slip.
fn said(text: &str, dice: &mut Dice) -> String {
    let mut said = String::new();
    let mut rest = text;
    while let Some((plain, more)) = rest.split_once('{') {
        let (choice, after) = more.split_once('}').unwrap_or((more, ""));
        let choices: Vec<&str> = choice.split('|').collect();
        said.push_str(plain);
        said.push_str(dice.one_of(&choices));
        rest = after;
    }
    said.push_str(rest);
    let mut letters: Vec<char> = said.chars().collect();
    for _ in 0..dice.poisson(0.6) {
        let last = letters.len().saturating_sub(1);
        let place = dice.below(last);
        match dice.below(3) {
            0 => letters.swap(place, (place + 1).min(last)),
            1 => drop(letters.remove(place)),
            _ => letters.insert(place, letters.get(place).copied().unwrap_or(' ')),
        }
    }
    letters.into_iter().collect()
}
