//! Lines on the wire and in print.

use proto::ticket as wire;
use ticket::Line;

/// `line` on the wire.
pub(crate) fn to_wire(line: Line) -> wire::Line {
    match line {
        Line::SelfService => wire::Line::SelfService,
        Line::ServiceDesk => wire::Line::ServiceDesk,
        Line::Technical => wire::Line::Technical,
        Line::Expert => wire::Line::Expert,
        Line::Vendor => wire::Line::Vendor,
    }
}

/// A line from the wire; none when it is unset.
pub(crate) fn of_wire(line: wire::Line) -> Option<Line> {
    match line {
        wire::Line::Unspecified => None,
        wire::Line::SelfService => Some(Line::SelfService),
        wire::Line::ServiceDesk => Some(Line::ServiceDesk),
        wire::Line::Technical => Some(Line::Technical),
        wire::Line::Expert => Some(Line::Expert),
        wire::Line::Vendor => Some(Line::Vendor),
    }
}

/// Its name in JSON: `SELF_SERVICE` and so on.
pub(crate) fn name(line: wire::Line) -> String {
    line.as_str_name().trim_start_matches("LINE_").to_owned()
}
