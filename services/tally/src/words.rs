//! What is otherwise, in words.

use plan::Plan;
use texts::Text;
use ticket::{Language, Line};
use trends::cause::Cause;
use trends::watch::Change;
use trends::{Alarm, Side};

use crate::alert::Alert;

/// An alert in Russian and in English.
pub(crate) fn alert(plan: &Plan, line: Line, change: &Change, causes: &[Cause]) -> (String, String) {
    in_both(|language| {
        let causes: Vec<String> = causes.iter().map(|cause| of_cause(plan, language, cause)).collect();
        let causes = match causes.is_empty() {
            true => Text::TrendNoCause.plain(language).to_owned(),
            false => causes.join(" "),
        };
        said(Text::NoticeTrendAlert, language, line, change, &causes)
    })
}

/// That it is over.
pub(crate) fn over(alert: &Alert) -> (String, String) {
    in_both(|language| said(Text::NoticeTrendOver, language, alert.line, &alert.change, ""))
}

fn in_both(say: impl Fn(Language) -> String) -> (String, String) {
    (say(Language::Russian), say(Language::English))
}

fn said(text: Text, language: Language, line: Line, change: &Change, causes: &str) -> String {
    let count = match change.of {
        Some(of) => Text::TrendOf
            .with(language, &[("count", &change.count.to_string()), ("of", &of.to_string())])
            .trim()
            .to_owned(),
        None => change.count.to_string(),
    };
    let (hours, expected) = (change.hours.to_string(), rounded(change.expected, language));
    let fields = [
        ("line", Text::of_line(line).plain(language)),
        ("what", of_alarm(change.alarm).plain(language)),
        ("hours", &hours),
        ("count", &count),
        ("expected", &expected),
        ("causes", causes),
    ];
    text.with(language, &fields).trim().to_owned()
}

fn of_cause(plan: &Plan, language: Language, cause: &Cause) -> String {
    let named = match cause.side {
        Side::Category => plan.category(&cause.name).map(|category| &category.name),
        Side::Zone => plan.zone(&cause.name).map(|zone| &zone.name),
        Side::Product | Side::Channel | Side::Language => None,
    };
    let name = named.map_or(cause.name.as_str(), |name| name.in_language(language));
    let (count, expected, percent) =
        (cause.count.to_string(), rounded(cause.expected, language), cause.percent.to_string());
    let fields = [
        ("side", of_side(cause.side).plain(language)),
        ("name", name),
        ("count", &count),
        ("expected", &expected),
        ("percent", &percent),
    ];
    Text::TrendCause.with(language, &fields).trim().to_owned()
}

fn of_alarm(alarm: Alarm) -> Text {
    match alarm {
        Alarm::Volume => Text::TrendVolume,
        Alarm::Mood => Text::TrendMood,
        Alarm::Reopened => Text::TrendReopened,
        Alarm::Overdue => Text::TrendOverdue,
        Alarm::HandedOver => Text::TrendHandedOver,
        Alarm::Silence => Text::TrendSilence,
    }
}

fn of_side(side: Side) -> Text {
    match side {
        Side::Zone => Text::SideZone,
        Side::Category => Text::SideCategory,
        Side::Product => Text::SideProduct,
        Side::Channel => Text::SideChannel,
        Side::Language => Text::SideLanguage,
    }
}

/// Whole, but for small numbers; with a comma in Russian.
fn rounded(number: f64, language: Language) -> String {
    let text = if number < 10.0 { format!("{number:.1}") } else { format!("{number:.0}") };
    let text = text.trim_end_matches(".0");
    match language {
        Language::Russian => text.replace('.', ","),
        Language::English => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_do() {
        let told = [3.0, 2.54, 40.0, 0.04].map(|number| rounded(number, Language::Russian));
        assert_eq!(told, ["3", "2,5", "40", "0"]);
        assert_eq!(rounded(2.5, Language::English), "2.5");
    }
}
