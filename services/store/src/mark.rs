//! What tickets are marked with to be found by, and who looks at a ticket now.

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, Statement};
use ticket::{OrganizationId, TicketId};

use crate::error::StoreError;
use crate::names::{instant, micros};
use crate::work::Work;

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A tag of the service desk.
    Tag,
    /// A person who takes part without holding it.
    Collaborator,
    /// Why supervisors were called in: the name of an [`Escalation`].
    Escalated,
    /// A supervisor who was called by hand.
    Supervisor,
    /// The way by which the request came in.
    Channel,
}

impl Mark {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Collaborator => "collaborator",
            Self::Escalated => "escalated",
            Self::Supervisor => "supervisor",
            Self::Channel => "channel",
        }
    }
}

/// How supervisors came to be called in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escalation {
    /// Somebody called one.
    ByHand,
    /// A promise was broken.
    ByBreach,
}

impl Escalation {
    /// Its name as a mark.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ByHand => "by-hand",
            Self::ByBreach => "by-breach",
        }
    }
}

/// Somebody who looks at a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Who.
    pub person: String,
    /// Whether they write something.
    pub editing: bool,
    /// Until when that is believed.
    pub until: Timestamp,
}

impl Work {
    /// Gives a ticket these marks in place of those of this kind that it had.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_marks(
        &self,
        organization: &OrganizationId,
        id: TicketId,
        mark: Mark,
        values: &[String],
    ) -> Result<(), StoreError> {
        let (of, id) = (organization.as_str(), id.to_string());
        let gone = "DELETE FROM ticket_mark WHERE organization = $1 AND ticket = $2 AND kind = $3";
        self.run(gone, vec![of.into(), id.as_str().into(), mark.name().into()]).await?;
        if values.is_empty() {
            return Ok(());
        }
        let mut all: Vec<sea_orm::Value> = vec![of.into(), id.into(), mark.name().into()];
        let rows: Vec<String> = (4..4 + values.len()).map(|n| format!("($1, $3, ${n}, $2)")).collect();
        all.extend(values.iter().map(|value| value.as_str().into()));
        let sql = format!(
            "INSERT INTO ticket_mark (organization, kind, value, ticket) VALUES {} ON CONFLICT DO NOTHING",
            rows.join(", ")
        );
        self.run(&sql, all).await.map(|_| ())
    }

    /// Gives a ticket a mark beside those it has.
    ///
    /// # Errors
    /// What the database says.
    pub async fn add_mark(
        &self,
        organization: &OrganizationId,
        id: TicketId,
        mark: Mark,
        value: &str,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO ticket_mark (organization, kind, value, ticket) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING";
        let values = vec![organization.as_str().into(), mark.name().into(), value.into(), id.to_string().into()];
        self.run(sql, values).await.map(|_| ())
    }

    /// Notes that somebody looks at a ticket, forgets those who stopped before `now`, and tells who else looks.
    ///
    /// # Errors
    /// What the database says.
    pub async fn look(
        &self,
        organization: &OrganizationId,
        id: TicketId,
        viewer: &Viewer,
        now: Timestamp,
    ) -> Result<Vec<Viewer>, StoreError> {
        let (of, id) = (organization.as_str(), id.to_string());
        let gone = "DELETE FROM ticket_viewer WHERE organization = $1 AND ticket = $2 AND (until <= $3 OR person = $4)";
        let person = viewer.person.as_str();
        self.run(gone, vec![of.into(), id.as_str().into(), micros(now).into(), person.into()]).await?;
        let sql = "INSERT INTO ticket_viewer (organization, ticket, person, editing, until) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        let until = micros(viewer.until);
        if viewer.until > now {
            self.run(sql, vec![of.into(), id.as_str().into(), person.into(), viewer.editing.into(), until.into()])
                .await?;
        }
        let others = "SELECT person, editing, until FROM ticket_viewer \
             WHERE organization = $1 AND ticket = $2 AND person <> $3 ORDER BY person LIMIT 50";
        let values = [of.into(), id.into(), person.into()];
        let statement = Statement::from_sql_and_values(self.backend(), others, values);
        let rows = self.transaction().await?.query_all_raw(statement).await.map_err(|error| self.fault(error))?;
        let read = |row: &sea_orm::QueryResult| {
            let until = instant(row.try_get_by_index(2)?, "a viewer")?;
            Ok(Viewer { person: row.try_get_by_index(0)?, editing: row.try_get_by_index(1)?, until })
        };
        rows.iter().map(read).collect()
    }
}
