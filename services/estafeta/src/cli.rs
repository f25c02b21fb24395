//! The commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::SignedDuration;
use rpc::{Caller, KeyName, Keys, Role};
use secrecy::ExposeSecret;
use ticket::{Clock, OrganizationId, SystemClock};

use crate::failure::Failure;
use crate::settings::Given;
use crate::target::Target;
use crate::{
    articles, audit, bench, demo, eval, force_majeure, learning, plans, serve, ticket_work, trends, up, whatif,
};

/// A suite of services that pass technical-support tickets between support lines, as runners pass a baton.
///
/// Exit status: 0 when all went well, 1 when something was found to be wrong (a plan with faults, a broken invariant, a
/// ticket that ended elsewhere than it should), 2 when the command could not do its work.
#[derive(Debug, Parser)]
#[command(name = "estafeta", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything in this process, until Ctrl-C.
    ///
    /// Databases are SQLite files in the data directory unless `--database` says otherwise. Nothing listens beyond this
    /// machine unless `--host` says so.
    Up {
        /// Load the demonstration: an organization, its knowledge, simulated vendors and internal services, and a stream of
        /// requests.
        #[arg(long)]
        demo: bool,
        #[command(flatten)]
        given: Given,
    },
    /// Run one service in its own process, until Ctrl-C or SIGTERM.
    ///
    /// Services that share a data directory find each other; others are told by `--peer`.
    Serve {
        /// Which one.
        #[arg(value_enum)]
        target: Target,
        #[command(flatten)]
        given: Given,
    },
    /// Play the demonstration in a suite of its own, and end.
    Demo(Box<demo::Options>),
    /// Look at tickets and work on them, in a running suite.
    Ticket(Box<ticket_work::Options>),
    /// Bring knowledge from files to line 0, or write it into files.
    Articles(Box<articles::Options>),
    /// Let line 1 learn from closed tickets now; exit status 1 if no model was made.
    Train(Box<learning::TrainOptions>),
    /// The models that line 1 has learned: list them, look at one, let it act or not.
    Models(Box<learning::ModelsOptions>),
    /// Declare force majeure by a profile of the plan, always with an end; prolong it, end it sooner, list all there were.
    ForceMajeure(Box<force_majeure::Options>),
    /// What would be decided otherwise under the plan that `--plan` names, or by another model, on what was recorded.
    Whatif(Box<whatif::Options>),
    /// Show how it goes at every line: figures over time, and what is otherwise than usual; exit status 1 when a line does not
    /// answer.
    Trends(Box<trends::Options>),
    /// Check plans, or print what a plan may say.
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Measure how well requests are sorted, on sets with known answers. Thresholds are chosen on the training parts.
    Eval(eval::Options),
    /// Measure how fast daily work is, in how many statements, against a limit measured in the same run.
    #[command(subcommand)]
    Bench(bench::Options),
    /// Check what must always hold, over the databases of a running or a stopped suite.
    Audit {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        given: Given,
    },
    /// Print a token for somebody, signed with the key in the data directory.
    Token(TokenOptions),
}

#[derive(Debug, Subcommand)]
enum PlanCommand {
    /// Print every fault of a plan, with the place and what to do; exit status 1 if there is one.
    Check {
        /// One fault a line, `FILE:LINE:COLUMN: …`, without the text around it.
        #[arg(long)]
        plain: bool,
        /// The plans.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Print the JSON Schema of a plan, for editors.
    Schema,
    /// Print the whole-day events of an iCalendar file as holidays, to be pasted into a plan's calendar.
    Holidays {
        /// The file, as exported from a calendar (.ics).
        file: PathBuf,
        /// The first year.
        #[arg(long, value_name = "YEAR")]
        from: i16,
        /// The last year; the first one when it is left out.
        #[arg(long, value_name = "YEAR")]
        to: Option<i16>,
    },
}

#[derive(Debug, Args)]
struct TokenOptions {
    /// The organization that the bearer acts for.
    #[arg(long)]
    organization: OrganizationId,
    /// Who the bearer is.
    #[arg(long)]
    subject: String,
    /// What the bearer is.
    #[arg(long, value_enum)]
    role: RoleName,
    /// The line of an agent.
    #[arg(long, value_enum, required_if_eq("role", "agent"))]
    line: Option<Target>,
    /// The vendor of a partner.
    #[arg(long, required_if_eq("role", "partner"))]
    vendor: Option<String>,
    /// For how many hours.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(i64).range(1..=8784))]
    hours: i64,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleName {
    Client,
    Agent,
    Supervisor,
    KnowledgeEditor,
    Administrator,
    Partner,
}

impl Cli {
    /// Does what was asked. Returns whether all was well.
    ///
    /// # Errors
    /// When it could not be done.
    pub async fn run(self) -> Result<bool, Failure> {
        match self.command {
            Command::Up { demo, given } => up::run(demo, &given.resolve()?).await.map(|()| true),
            Command::Serve { target, given } => serve::run(target, &given.resolve()?).await.map(|()| true),
            Command::Demo(options) => demo::run(*options).await,
            Command::Ticket(options) => ticket_work::run(*options).await.map(|()| true),
            Command::Articles(options) => articles::run(*options).await.map(|()| true),
            Command::Train(options) => learning::train(*options).await,
            Command::Models(options) => learning::models(*options).await.map(|()| true),
            Command::ForceMajeure(options) => force_majeure::run(*options).await.map(|()| true),
            Command::Whatif(options) => whatif::run(*options).await,
            Command::Trends(options) => trends::run(*options).await,
            Command::Eval(options) => eval::run(options).await,
            Command::Bench(options) => bench::run(options).await,
            Command::Plan(PlanCommand::Check { plain, files }) => plans::check(&files, plain),
            Command::Plan(PlanCommand::Holidays { file, from, to }) => {
                print!("{}", plans::holidays(&file, from..=to.unwrap_or(from))?);
                Ok(true)
            }
            Command::Plan(PlanCommand::Schema) => {
                println!("{}", plans::schema());
                Ok(true)
            }
            Command::Audit { json, given } => audit::run(&given.resolve()?, json).await,
            Command::Token(options) => options.print().map(|()| true),
        }
    }
}

impl TokenOptions {
    fn print(self) -> Result<(), Failure> {
        let role = match (self.role, self.line.and_then(Target::line), self.vendor) {
            (RoleName::Client, ..) => Role::Client,
            (RoleName::Agent, Some(line), _) => Role::Agent { line },
            (RoleName::Agent, None, _) => {
                return Err(Failure::Given("an agent works on a line; give --line".to_owned()));
            }
            (RoleName::Supervisor, ..) => Role::Supervisor,
            (RoleName::KnowledgeEditor, ..) => Role::KnowledgeEditor,
            (RoleName::Administrator, ..) => Role::Administrator,
            (RoleName::Partner, _, Some(vendor)) => Role::Partner { vendor },
            (RoleName::Partner, _, None) => return Err(Failure::Given("give the partner's --vendor".to_owned())),
        };
        let keys = Keys::open(&self.given.resolve()?.keys(), &[KeyName::Authority])?;
        let caller = Caller { subject: self.subject, organization: self.organization, role };
        let token =
            keys.signer(KeyName::Authority)?.token(&caller, SystemClock.now(), SignedDuration::from_hours(self.hours));
        println!("{}", token.expose_secret());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_command_is_well_formed() {
        Cli::command().debug_assert();
    }
}
