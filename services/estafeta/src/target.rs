//! The six services, as the command line names them.

use std::fmt;

use clap::ValueEnum;
use rpc::ServiceName;
use ticket::Line;

/// A service that can be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ValueEnum)]
pub enum Target {
    /// Self-service: answers at once, or hands over.
    Line0,
    /// The service desk: owns the client contact.
    Line1,
    /// Technical support: groups with zones of responsibility.
    Line2,
    /// The experts.
    Line3,
    /// The bridge to the vendors.
    Vendor,
    /// REST, Connect and gRPC-Web in front of the lines.
    Gateway,
}

impl Target {
    /// All six, the lines first.
    pub const ALL: [Self; 6] = [Self::Line0, Self::Line1, Self::Line2, Self::Line3, Self::Vendor, Self::Gateway];

    /// The service of `line`.
    #[must_use]
    pub fn of(line: Line) -> Self {
        match line {
            Line::SelfService => Self::Line0,
            Line::ServiceDesk => Self::Line1,
            Line::Technical => Self::Line2,
            Line::Expert => Self::Line3,
            Line::Vendor => Self::Vendor,
        }
    }

    /// The line that it serves; none for the gateway.
    #[must_use]
    pub fn line(self) -> Option<Line> {
        match self {
            Self::Line0 => Some(Line::SelfService),
            Self::Line1 => Some(Line::ServiceDesk),
            Self::Line2 => Some(Line::Technical),
            Self::Line3 => Some(Line::Expert),
            Self::Vendor => Some(Line::Vendor),
            Self::Gateway => None,
        }
    }

    /// Its name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Line0 => "line0",
            Self::Line1 => "line1",
            Self::Line2 => "line2",
            Self::Line3 => "line3",
            Self::Vendor => "vendor",
            Self::Gateway => "gateway",
        }
    }

    /// What it calls itself in identities and traces.
    #[must_use]
    pub fn service(self) -> ServiceName {
        self.line().map_or(ServiceName::Gateway, ServiceName::Line)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
