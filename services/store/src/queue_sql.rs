//! The statements by which queues are read: one for a page, one for any number of counts.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sea_orm::{DbBackend, Statement, Value};
use ticket::OrganizationId;

use crate::error::StoreError;
use crate::listing::{CustodyKind, StateKind};
use crate::mark::Mark;
use crate::names::micros;
use crate::queue::{Range, Scope, Sort, Wanted};
use crate::tickets::{named, rank};
use crate::word::{beyond, longest, words};

/// The most tickets that are counted one by one.
pub(crate) const COUNT_MAX: u64 = 10_000;

/// A statement's text and values as they grow.
struct Building {
    sql: String,
    values: Vec<Value>,
}

impl Building {
    fn value(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn and(&mut self, condition: &str) {
        let _ = write!(self.sql, " AND {condition}");
    }

    fn equals(&mut self, column: &str, value: Option<&String>) {
        if let Some(value) = value {
            let value = self.value(value.as_str());
            self.and(&format!("{column} = {value}"));
        }
    }

    fn among(&mut self, column: &str, values: Vec<String>) {
        if !values.is_empty() {
            let values: Vec<String> = values.into_iter().map(|value| self.value(value)).collect();
            self.and(&format!("{column} IN ({})", values.join(", ")));
        }
    }

    fn within(&mut self, column: &str, range: Range) {
        for (sign, at) in [(">=", range.from), ("<", range.to)] {
            if let Some(at) = at {
                let at = self.value(micros(at));
                self.and(&format!("{column} {sign} {at}"));
            }
        }
    }

    /// ` FROM ticket WHERE` and everything that is wanted.
    ///
    /// From `first`, a word that few subjects have, the search begins; the others are looked up ticket by ticket.
    fn wanted(&mut self, organization: &OrganizationId, wanted: &Wanted, first: Option<&str>) {
        let Wanted { custody, states, hold_reasons, zone, group, assignee, client, category, product, kinds, .. } =
            wanted;
        let Wanted { priorities, moods, language, marks, text, opened, changed, due, .. } = wanted;
        let of = self.value(organization.as_str());
        match first {
            None => {
                let _ = write!(self.sql, " FROM ticket WHERE organization = {of}");
            }
            Some(word) => {
                let (word, beyond) = (self.value(word), self.value(beyond(word)));
                // SQLite takes the tables of a cross join in this order.
                let _ = write!(
                    self.sql,
                    " FROM (SELECT DISTINCT ticket AS hit FROM ticket_word WHERE organization = {of} \
                     AND word >= {word} AND word < {beyond}) AS hits CROSS JOIN ticket WHERE organization = {of} AND id = hit"
                );
            }
        }
        if *custody == Some(CustodyKind::Held) && !states.is_empty() && !states.contains(&StateKind::Closed) {
            // Word for word the condition of the indexes of active tickets, by which they are known to fit.
            self.and("custody = 'held' AND state <> 'closed'");
        } else if let Some(custody) = custody {
            self.and(&format!("custody = '{}'", custody.name()));
        }
        self.among("state", states.iter().map(|state| state.name().to_owned()).collect());
        self.among("hold_reason", hold_reasons.clone());
        self.equals("zone", zone.as_ref());
        self.equals("queue", group.as_ref());
        match assignee.as_deref() {
            Some("") => self.and("assignee IS NULL"),
            _ => self.equals("assignee", assignee.as_ref()),
        }
        self.equals("client", client.as_ref());
        self.equals("category", category.as_ref());
        self.equals("product", product.as_ref());
        self.among("kind", kinds.iter().map(named).collect());
        if let Some((lowest, highest)) = priorities {
            let (from, to) = (self.value(rank(*highest)), self.value(rank(*lowest)));
            self.and(&format!("urgency_rank BETWEEN {from} AND {to}"));
        }
        self.among("mood", moods.iter().map(|mood| mood.name().to_owned()).collect());
        self.equals("language", language.map(|language| language.code().to_owned()).as_ref());
        for (mark, values) in marks {
            let of = self.value(organization.as_str());
            let values: Vec<String> = values.iter().map(|value| self.value(value.as_str())).collect();
            let values = values.join(", ");
            let marked = format!("m.organization = {of} AND m.kind = '{}' AND m.value IN ({values})", mark.name());
            // A person is invited to few tickets, and called to few, which are best looked for by that; a tag may be on
            // every other one.
            self.and(&match mark {
                Mark::Collaborator | Mark::Supervisor => {
                    format!("id IN (SELECT m.ticket FROM ticket_mark m WHERE {marked})")
                }
                Mark::Tag | Mark::Escalated | Mark::Channel => {
                    format!("EXISTS (SELECT 1 FROM ticket_mark m WHERE {marked} AND m.ticket = ticket.id)")
                }
            });
        }
        let words = text.as_deref().map(words);
        if words.as_ref().is_some_and(BTreeSet::is_empty) {
            // No subject has a word of no letters.
            self.and("1 = 0");
        }
        for word in words.into_iter().flatten().filter(|word| Some(word.as_str()) != first) {
            let (from, beyond) = (self.value(word.as_str()), self.value(beyond(&word)));
            self.and(&format!(
                "EXISTS (SELECT 1 FROM ticket_word w WHERE w.organization = {of} AND w.ticket = ticket.id \
                 AND w.word >= {from} AND w.word < {beyond})"
            ));
        }
        self.within("opened_at", *opened);
        self.within("changed_at", *changed);
        self.within("due_at", *due);
    }

    /// One of the parts, which have no ticket in common, of what a viewer may see.
    fn part(&mut self, part: &Part<'_>) {
        match part {
            Part::Everything => {}
            Part::Queues(queues) => self.among("queue", queues.iter().map(ToString::to_string).collect()),
            Part::Own { person, but } => {
                let person = self.value(*person);
                self.and(&format!("assignee = {person}"));
                let but: Vec<String> = but.iter().map(|queue| self.value(*queue)).collect();
                self.and(&format!("queue NOT IN ({})", but.join(", ")));
            }
        }
    }
}

enum Part<'s> {
    Everything,
    Queues(Vec<&'s str>),
    Own { person: &'s str, but: Vec<&'s str> },
}

/// The parts of what `scope` lets see; one for each queue when they are to be merged in order.
fn parts<'s>(scope: &'s Scope, wanted: &Wanted, apart: bool) -> Vec<Part<'s>> {
    let Scope::Of { person, groups } = scope else { return vec![Part::Everything] };
    let mine = wanted.assignee.as_ref() == Some(person)
        || wanted.marks.iter().any(|(mark, who)| *mark == Mark::Collaborator && *who == [person.as_str()]);
    if mine {
        return vec![Part::Everything];
    }
    let queues: Vec<&str> = std::iter::once("").chain(groups.iter().map(String::as_str)).collect();
    let seen: Vec<&str> =
        queues.iter().copied().filter(|queue| wanted.group.as_ref().is_none_or(|g| g == queue)).collect();
    let mut parts = Vec::new();
    if !seen.is_empty() {
        match apart {
            true => parts.extend(seen.into_iter().map(|queue| Part::Queues(vec![queue]))),
            false => parts.push(Part::Queues(seen)),
        }
    }
    parts.push(Part::Own { person, but: queues });
    parts
}

/// Whether there are few tickets of a part: those in one person's hands, or to which one is invited.
fn is_few(part: &Part<'_>, wanted: &Wanted) -> bool {
    matches!(part, Part::Own { .. })
        || wanted.assignee.as_ref().is_some_and(|person| !person.is_empty())
        || wanted.marks.iter().any(|(mark, _)| matches!(mark, Mark::Collaborator | Mark::Supervisor))
}

/// One row more than the page has, to know whether there is another page. Where the text's longest word is `rare`, the
/// search begins with it.
pub(crate) fn page(
    organization: &OrganizationId,
    scope: &Scope,
    wanted: &Wanted,
    sort: Sort,
    (after, size, rare): (Option<&str>, u32, bool),
    backend: DbBackend,
) -> Result<Statement, StoreError> {
    let (columns, falls, _) = sort.columns();
    let first = wanted.text.as_deref().filter(|_| rare).and_then(longest);
    let after = after.map(|token| sort.parse(token)).transpose()?;
    let way = if falls { " DESC" } else { "" };
    let tail = |columns: &[String]| {
        let order: Vec<String> = columns.iter().map(|column| format!("{column}{way}")).collect();
        format!(" ORDER BY {} LIMIT {}", order.join(", "), size + 1)
    };
    let named: Vec<String> = columns.iter().map(ToString::to_string).collect();
    // Neither database walks an index in the order of a sum: it finds the few tickets and puts them in order, instead of
    // going over all that are in order to find the few.
    let mut summed = named.clone();
    summed[0].insert(0, '+');
    let mut building = Building { sql: String::new(), values: Vec::new() };
    let parts = parts(scope, wanted, true);
    let several = parts.len() > 1;
    if several {
        building.sql.push_str("SELECT * FROM (");
    }
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            building.sql.push_str(" UNION ALL ");
        }
        building.sql.push_str(if several { "SELECT * FROM (SELECT ticket.*" } else { "SELECT ticket.*" });
        building.wanted(organization, wanted, first.as_deref());
        building.part(part);
        let columns = if is_few(part, wanted) { &summed } else { &named };
        if let Some(after) = &after {
            let keys: Vec<String> = after.iter().map(|key| building.value(key.clone())).collect();
            let sign = if falls { "<" } else { ">" };
            building.and(&format!("({}) {sign} ({})", columns.join(", "), keys.join(", ")));
        }
        building.sql.push_str(&tail(columns));
        if several {
            let _ = write!(building.sql, ") AS part{index}");
        }
    }
    if several {
        let _ = write!(building.sql, ") AS merged{}", tail(&named));
    }
    Ok(Statement::from_sql_and_values(backend, building.sql, building.values))
}

/// How many tickets each of `views` has, up to a limit: one statement for all. Rows: the view's place, a part's count.
pub(crate) fn counts(organization: &OrganizationId, scope: &Scope, views: &[Wanted], backend: DbBackend) -> Statement {
    let mut building = Building { sql: String::new(), values: Vec::new() };
    for (view, wanted) in views.iter().enumerate() {
        for (index, part) in parts(scope, wanted, false).iter().enumerate() {
            if view + index > 0 {
                building.sql.push_str(" UNION ALL ");
            }
            let _ = write!(building.sql, "SELECT {view} AS view, COUNT(*) AS tickets FROM (SELECT 1");
            building.wanted(organization, wanted, None);
            building.part(part);
            let _ = write!(building.sql, " LIMIT {}) AS counted{view}x{index}", COUNT_MAX + 1);
        }
    }
    Statement::from_sql_and_values(backend, building.sql, building.values)
}
