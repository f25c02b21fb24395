//! `ticket`: looking at tickets and working on them from a terminal, by gRPC.

pub(crate) mod connect;
mod deeds;
mod desk;
mod file;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::target::Target;

/// Where the suite is, who is calling, and what is asked.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    caller: connect::CallerOptions,
    #[command(subcommand)]
    deed: Deed,
}

/// What a command has to say to the suite; the rest is in [`connect::CallerOptions`].
#[derive(Debug, Subcommand)]
enum Deed {
    /// Print a ticket's journey: who held it, from when to when, why it moved, with what evidence and receipts.
    Show {
        /// The ticket, `tkt_…`.
        id: String,
    },
    /// List a line's tickets, newest first.
    List {
        /// The line.
        #[arg(long, value_enum, default_value = "line1")]
        line: Target,
        /// Only tickets in this state: open, on-hold, resolved or closed.
        #[arg(long, value_parser = ["open", "on-hold", "resolved", "closed"])]
        state: Option<String>,
        /// At most this many, 1 to 200.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
        limit: i32,
    },
    /// Register a request at the service desk.
    Register(Box<deeds::Register>),
    /// Record what the client wrote.
    Reply {
        /// The ticket.
        id: String,
        /// What the client wrote.
        #[arg(long)]
        text: String,
    },
    /// Write to the client; with `--clarification`, put a line's question.
    Write {
        /// The ticket.
        id: String,
        /// What the client gets to read.
        #[arg(long)]
        text: String,
        /// The question this puts, `clr_…`, as `show` tells it.
        #[arg(long, default_value = "")]
        clarification: String,
    },
    /// Hand a ticket up. The fields of the evidence are those of the receiving line's proto.
    Escalate {
        /// The ticket.
        id: String,
        /// The line that is to take it.
        #[arg(long, value_enum, default_value = "line2")]
        to: Target,
        /// A JSON file with the evidence.
        #[arg(long, value_name = "FILE")]
        evidence: Option<PathBuf>,
        /// One field of the evidence, over that of the file, such as `impact=high`; lists and messages are JSON. May be given
        /// several times.
        #[arg(long = "set", value_name = "FIELD=VALUE")]
        fields: Vec<String>,
    },
    /// Say what solved a ticket.
    Resolve {
        /// The ticket.
        id: String,
        /// What was behind it.
        #[arg(long)]
        root_cause: String,
        /// What was done.
        #[arg(long)]
        done: String,
        /// How to see that it helped.
        #[arg(long)]
        how_to_verify: String,
        /// It is a way around rather than a fix.
        #[arg(long)]
        workaround: bool,
        /// What should be written down for next time.
        #[arg(long, default_value = "")]
        knowledge: String,
        /// A step by which the client sees that it helped; once for each step, in their order.
        #[arg(long = "step")]
        steps: Vec<String>,
    },
    /// Hand a ticket back to the line below.
    Return {
        /// The ticket.
        id: String,
        /// Why.
        #[arg(long, value_parser = ["wrong-zone", "evidence-insufficient", "not-reproducible", "solved-meanwhile", "out-of-scope", "rejected-by-vendor"])]
        reason: String,
        /// What the line below is asked for.
        #[arg(long)]
        asked_for: String,
    },
    /// Put a zone or a person to a ticket.
    #[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["zone", "assignee"]))]
    Assign {
        /// The ticket.
        id: String,
        /// A zone of the plan.
        #[arg(long, default_value = "")]
        zone: String,
        /// A person.
        #[arg(long, default_value = "")]
        assignee: String,
    },
    /// Ask the client something, through line 1.
    Ask {
        /// The ticket.
        id: String,
        /// The question.
        #[arg(long)]
        question: String,
        /// Within how many hours of working time the answer is needed; what the plan says when left out.
        #[arg(long, default_value_t = 0)]
        within_hours: u32,
    },
    /// Tell line 1 how it goes.
    Progress {
        /// The ticket.
        id: String,
        /// What the client would want to know.
        #[arg(long)]
        text: String,
    },
    /// Close a resolved ticket: the client says that it works.
    Confirm {
        /// The ticket.
        id: String,
    },
    #[command(flatten)]
    AtDesk(desk::Deed),
    #[command(flatten)]
    WithFiles(file::Deed),
}

/// Does what was asked.
///
/// # Errors
/// When the suite is not there, or refuses.
pub async fn run(options: Options) -> Result<(), Failure> {
    let Options { caller, deed } = options;
    let suite = caller.connect()?;
    match deed {
        Deed::Show { id } => show::show(&suite, &id).await,
        Deed::List { line, state, limit } => show::list(&suite, line, state.as_deref(), limit).await,
        Deed::Register(register) => deeds::register(&suite, *register).await,
        Deed::Reply { id, text } => deeds::reply(&suite, id, text).await,
        Deed::Write { id, text, clarification } => deeds::write(&suite, id, text, clarification).await,
        Deed::Escalate { id, to, evidence, fields } => {
            deeds::escalate(&suite, id, to, evidence.as_deref(), &fields).await
        }
        Deed::Resolve { id, root_cause, done, how_to_verify, workaround, knowledge, steps } => {
            let request = proto::handover::CustodianServiceResolveRequest {
                request_id: suite.request_id(),
                ticket_id: id,
                root_cause,
                done,
                workaround,
                how_to_verify,
                knowledge,
                steps_to_verify: steps,
                expected_version: 0,
            };
            deeds::resolve(&suite, request).await
        }
        Deed::Return { id, reason, asked_for } => deeds::hand_back(&suite, id, &reason, asked_for).await,
        Deed::Assign { id, zone, assignee } => deeds::assign(&suite, id, zone, assignee).await,
        Deed::Ask { id, question, within_hours } => deeds::ask(&suite, id, question, within_hours).await,
        Deed::Progress { id, text } => deeds::progress(&suite, id, text).await,
        Deed::Confirm { id } => deeds::confirm(&suite, id).await,
        Deed::AtDesk(deed) => desk::run(&suite, deed).await,
        Deed::WithFiles(deed) => file::run(&suite, deed).await,
    }
}
