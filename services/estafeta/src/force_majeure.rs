//! `force-majeure`: declaring that something is wrong on a large scale, and ending it.

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use prost_types::Timestamp as Instant;
use proto::line1::force_majeure_service_client::ForceMajeureServiceClient;
use proto::line1::{
    DeclareForceMajeureRequest, EndForceMajeureRequest, ForceMajeure, ForceMajeureState, GetForceMajeureRequest,
    ListForceMajeuresRequest, ProlongForceMajeureRequest,
};
use rpc::{Channel, Limits, tuned};
use serde_json::{Value, json};
use ticket::{Clock, SystemClock};

use crate::failure::Failure;
use crate::line1::{Line1, timely};
use crate::wire_json;

/// Where line 1 is, who is calling, and what is asked.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    line1: Line1,
    /// The id of the change; give the same one to repeat it. Default: a new one.
    #[arg(long, value_name = "ID", global = true)]
    request_id: Option<String>,
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Switch it on by a profile of the plan, until an end: every automatic answer says so, and priorities and targets are
    /// others until then.
    Declare {
        /// The id of a profile under [[force_majeure]] of the plan.
        profile: String,
        #[command(flatten)]
        end: End,
        /// When it begins, such as 2026-12-01T06:00:00Z. Default: now.
        #[arg(long, value_name = "TIME")]
        from: Option<Timestamp>,
        /// What clients are told, in Russian. Default: what the plan says.
        #[arg(long, value_name = "TEXT", requires = "en")]
        ru: Option<String>,
        /// The same in English.
        #[arg(long, value_name = "TEXT", requires = "ru")]
        en: Option<String>,
    },
    /// Let one that is not over end later than it was to.
    Prolong {
        /// Which. Default: the one that holds.
        id: Option<String>,
        #[command(flatten)]
        end: End,
    },
    /// End one now, or call it off before it begins. At its end it ends without this.
    End {
        /// Which. Default: the one that holds.
        id: Option<String>,
    },
    /// List all there were, in the order in which they were declared.
    List,
    /// Show one, with everything that was done to it.
    Show {
        /// Which.
        id: String,
    },
}

/// When it ends: one of both.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct End {
    /// When it ends, such as 2026-12-01T18:00:00Z.
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// It ends so many hours after it begins; when it is prolonged, so many hours from now.
    #[arg(long, value_parser = clap::value_parser!(i64).range(1..=8784))]
    hours: Option<i64>,
}

impl End {
    /// The end, for what begins at `from`.
    fn after(&self, from: Timestamp) -> Option<Instant> {
        let by_hours = || from.saturating_add(SignedDuration::from_hours(self.hours?)).ok();
        self.until.or_else(by_hours).map(to_wire)
    }
}

/// Does what was asked, and prints what it came to.
///
/// # Errors
/// When line 1 refuses or is away, or nothing holds that could be meant.
pub async fn run(options: Options) -> Result<(), Failure> {
    let Options { line1, request_id, deed } = options;
    let mut service = tuned!(ForceMajeureServiceClient::new(line1.channel()?), &Limits::default());
    let request_id = request_id.unwrap_or_else(|| format!("cli-{:032x}", rand::random::<u128>()));
    let done = match deed {
        Deed::List => {
            let all = list(&mut service).await?;
            if line1.json {
                let all = all.iter().map(in_json).collect::<Result<Vec<_>, _>>()?;
                println!("{}", json!({ "forceMajeures": all }));
            } else if all.is_empty() {
                println!("none was declared; `estafeta force-majeure declare` does it");
            } else {
                all.iter().for_each(print);
            }
            return Ok(());
        }
        Deed::Declare { profile, end, from, ru, en } => {
            let request = DeclareForceMajeureRequest {
                request_id,
                profile_id: profile,
                begins: from.map(to_wire),
                ends: end.after(from.unwrap_or_else(|| SystemClock.now())),
                ru: ru.unwrap_or_default(),
                en: en.unwrap_or_default(),
            };
            service.declare_force_majeure(timely(request)).await?.into_inner().force_majeure
        }
        Deed::Prolong { id, end } => {
            let force_majeure_id = meant(&mut service, id).await?;
            let ends = end.after(SystemClock.now());
            let request = ProlongForceMajeureRequest { request_id, force_majeure_id, ends };
            service.prolong_force_majeure(timely(request)).await?.into_inner().force_majeure
        }
        Deed::End { id } => {
            let force_majeure_id = meant(&mut service, id).await?;
            let request = EndForceMajeureRequest { request_id, force_majeure_id };
            service.end_force_majeure(timely(request)).await?.into_inner().force_majeure
        }
        Deed::Show { id } => {
            let request = GetForceMajeureRequest { force_majeure_id: id };
            service.get_force_majeure(timely(request)).await?.into_inner().force_majeure
        }
    };
    let done = done.unwrap_or_default();
    if line1.json {
        println!("{}", in_json(&done)?);
    } else {
        print(&done);
    }
    Ok(())
}

/// The id that was given, or that of the one that holds: there is one at a time.
async fn meant(service: &mut ForceMajeureServiceClient<Channel>, given: Option<String>) -> Result<String, Failure> {
    if let Some(id) = given {
        return Ok(id);
    }
    let holding = list(service).await?.into_iter().find(|one| one.state() == ForceMajeureState::Holds);
    holding.and_then(|one| one.terms).map(|terms| terms.force_majeure_id).ok_or_else(|| {
        Failure::Given(
            "none holds now; `estafeta force-majeure list` shows those that are to begin, by their ids".into(),
        )
    })
}

async fn list(service: &mut ForceMajeureServiceClient<Channel>) -> Result<Vec<ForceMajeure>, Failure> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListForceMajeuresRequest { page_size: 0, page_token };
        let page = service.list_force_majeures(timely(request)).await?.into_inner();
        all.extend(page.force_majeures);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

fn to_wire(at: Timestamp) -> Instant {
    Instant { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

fn in_json(one: &ForceMajeure) -> Result<Value, Failure> {
    wire_json::write("estafeta.line1.v1.ForceMajeure", one)
}

fn print(one: &ForceMajeure) {
    let state = match one.state() {
        ForceMajeureState::Unspecified => "–",
        ForceMajeureState::Planned => "is to begin",
        ForceMajeureState::Holds => "holds",
        ForceMajeureState::Over => "is over",
    };
    let terms = one.terms.clone().unwrap_or_default();
    let (name, text) = (terms.name.unwrap_or_default(), terms.text.unwrap_or_default());
    println!("{}  {state}  {} – {}", terms.force_majeure_id, shown(terms.begins), shown(terms.ends));
    println!("  {}: {} / {}", terms.profile_id, name.ru, name.en);
    println!("  ru: {}", text.ru);
    println!("  en: {}", text.en);
    for step in &one.history {
        println!("  {}  {} by {}, to end at {}", shown(step.at), step.what, step.by, shown(step.ends));
    }
}

/// To the second, in UTC, as times are given here.
fn shown(at: Option<Instant>) -> String {
    let at = at.and_then(|at| Timestamp::from_second(at.seconds).ok());
    at.map_or_else(|| "–".to_owned(), |at| at.to_string())
}
