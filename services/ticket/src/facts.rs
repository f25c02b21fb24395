//! What is known about a ticket and travels with it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{OrganizationId, TicketId};
use crate::priority::{Impact, Mood, Priority, Urgency};
use crate::raise::Raise;

/// What kind of work a ticket asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Something is broken.
    Incident,
    /// Something is wanted.
    ServiceRequest,
    /// Something is asked.
    Question,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Incident, Self::ServiceRequest, Self::Question];

    /// Its name in plans and on screens.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::ServiceRequest => "service-request",
            Self::Question => "question",
        }
    }
}

/// The language in which the client is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    /// Russian.
    #[serde(rename = "ru")]
    Russian,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// Its ISO 639-1 code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Russian => "ru",
            Self::English => "en",
        }
    }
}

/// The way by which a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// A telephone call.
    Phone,
    /// An e-mail.
    Email,
    /// A chat on a site.
    Chat,
    /// A messenger.
    Messenger,
    /// A form on a site.
    WebForm,
    /// A mobile application.
    MobileApp,
    /// A social network.
    SocialNetwork,
    /// Another service of the organization.
    InternalService,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 8] = [
        Self::Phone,
        Self::Email,
        Self::Chat,
        Self::Messenger,
        Self::WebForm,
        Self::MobileApp,
        Self::SocialNetwork,
        Self::InternalService,
    ];

    /// Its name in plans, marks and on screens.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Chat => "chat",
            Self::Messenger => "messenger",
            Self::WebForm => "web-form",
            Self::MobileApp => "mobile-app",
            Self::SocialNetwork => "social-network",
            Self::InternalService => "internal-service",
        }
    }
}

/// What is known about a ticket and travels with it from line to line.
///
/// Nothing here says how to reach the client: contact details stay on line 1, and `client` is an opaque reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The ticket.
    pub id: TicketId,
    /// Whose ticket it is.
    pub organization: OrganizationId,
    /// The number told to the client, once line 1 has given one.
    pub number: Option<String>,
    /// Incident, service request or question.
    pub kind: Kind,
    /// One line that says what it is about.
    pub subject: String,
    /// The request as the client put it.
    pub text: String,
    /// The client's language.
    pub language: Language,
    /// The client, as an opaque reference of the organization.
    pub client: String,
    /// How much it touches.
    pub impact: Impact,
    /// How soon it must be dealt with.
    pub urgency: Urgency,
    /// What follows from both by the plan, and from what raises it; see [`Facts::reckon`].
    pub priority: Priority,
    /// What raises it above the matrix, at most [`crate::raise::RAISES_MAX`].
    #[serde(default)]
    pub raises: Vec<Raise>,
    /// What the client sounds like.
    pub mood: Mood,
    /// The category, once somebody chose one.
    pub category: Option<String>,
    /// The affected product.
    pub product: Option<String>,
    /// Where it happens: version, system, place.
    pub environment: Option<String>,
    /// When the request came in.
    pub opened_at: Timestamp,
    /// The W3C `traceparent` of the ticket's journey; empty when it is not traced.
    pub trace: String,
}

/// How to reach a client. Kept on lines 0 and 1 only, and never printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The client's name.
    pub name: String,
    /// An e-mail address.
    pub email: String,
    /// A telephone number.
    pub phone: String,
    /// Every further way to the client.
    #[serde(default)]
    pub addresses: Vec<Address>,
}

/// One way to a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// By what.
    pub kind: AddressKind,
    /// A number, a mailbox, a handle.
    pub value: String,
    /// Which messenger or network; may be empty.
    pub network: String,
    /// Whether the client likes to be reached here.
    pub is_preferred: bool,
}

/// By what an address is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressKind {
    /// A telephone.
    Phone,
    /// E-mail.
    Email,
    /// A messenger.
    Messenger,
    /// A chat on a site.
    Chat,
    /// A social network.
    SocialNetwork,
    /// A user of the company's own application.
    AppUser,
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contact { .. }")
    }
}
