//! The way to a running suite, with an identity.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use plan::Plan;
use proto::ticket::{GetTicketRequest, Ticket, ticket_service_client::TicketServiceClient};
use rpc::{Caller, Channel, KeyName, Keys, Limits, Role, as_caller, tuned};
use secrecy::{ExposeSecret, SecretString};
use ticket::{Clock, Line, OrganizationId, SystemClock};

use crate::failure::Failure;
use crate::settings::Settings;
use crate::target::Target;
use crate::{lines, plans, running, wire_json};

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the token is good that a command makes for itself.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// Who is calling.
#[derive(Debug, clap::Args)]
pub(crate) struct Identity {
    /// The data directory of the running suite: it says where the lines are, and its key signs a token.
    #[arg(long, value_name = "DIR", env = "ESTAFETA_DATA", global = true)]
    data: Option<PathBuf>,
    /// A file with a token, instead of one that is signed for this command.
    #[arg(long, value_name = "FILE", env = "ESTAFETA_TOKEN_FILE", global = true)]
    token_file: Option<PathBuf>,
    /// The organization, where the data directory has plans of several.
    #[arg(long, value_name = "ID", global = true)]
    organization: Option<OrganizationId>,
}

/// Where the suite is and who is calling.
#[derive(Debug, clap::Args)]
pub(super) struct CallerOptions {
    /// Print what the service answered, as JSON.
    #[arg(long, global = true)]
    json: bool,
    /// The line to work at. Default: the one that holds the ticket.
    #[arg(long = "at", value_enum, value_name = "LINE", global = true)]
    at: Option<Target>,
    #[command(flatten)]
    identity: Identity,
    /// Where the lines are instead, such as `line1=http://10.0.0.2:7101`.
    #[arg(long, value_name = "SERVICE=URL", env = "ESTAFETA_PEER", value_delimiter = ',', global = true)]
    address: Vec<crate::settings::At>,
    /// The id of the change; give the same one to repeat it. Default: a new one.
    #[arg(long, value_name = "ID", global = true)]
    request_id: Option<String>,
}

/// A running suite, as somebody calls it.
pub(super) struct Connected {
    data: PathBuf,
    addresses: Vec<crate::settings::At>,
    token: SecretString,
    at: Option<Target>,
    request_id: Option<String>,
    pub(super) json: bool,
}

impl CallerOptions {
    pub(super) fn connect(self) -> Result<Connected, Failure> {
        Ok(Connected {
            data: self.identity.data(),
            token: self.identity.token(Role::Supervisor, crate::people::supervisor)?,
            addresses: self.address,
            at: self.at,
            request_id: self.request_id,
            json: self.json,
        })
    }
}

impl Identity {
    /// Where the suite's data is.
    pub(crate) fn data(&self) -> PathBuf {
        self.settings().data()
    }

    fn settings(&self) -> Settings {
        Settings { data: self.data.clone(), ..Settings::default() }
    }

    /// The token that was given, or one for somebody with this role, signed with the key in the data directory: whoever may
    /// read that may do everything. `of` names whoever has the role by a plan.
    ///
    /// # Errors
    /// When there is no such file, or no key.
    pub(crate) fn token(&self, role: Role, of: fn(&Plan) -> Caller) -> Result<SecretString, Failure> {
        if let Some(path) = &self.token_file {
            let text = std::fs::read_to_string(path).map_err(Failure::reading("the token", path))?;
            return Ok(SecretString::from(text.trim().to_owned()));
        }
        let settings = self.settings();
        let keys = settings.keys();
        if !keys.join("authority.pem").exists() {
            return Err(Failure::Given(format!(
                "there is no key to sign a token with in {}; say where the suite's data is with --data, or give a token with --token-file",
                keys.display()
            )));
        }
        let caller = match &self.organization {
            Some(organization) => Caller { subject: role.name().to_owned(), organization: organization.clone(), role },
            None => of(&*only_plan(&settings)?),
        };
        let signer = Keys::open(&keys, &[KeyName::Authority])?.signer(KeyName::Authority)?;
        Ok(signer.token(&caller, SystemClock.now(), TOKEN_LIFETIME))
    }
}

fn only_plan(settings: &Settings) -> Result<std::sync::Arc<Plan>, Failure> {
    let plans = plans::load(settings)
        .map_err(|failure| Failure::Given(format!("whose tickets? give --organization ({failure})")))?;
    match plans.all().as_slice() {
        [plan] => Ok(plan.clone()),
        several => {
            let names: Vec<String> = several.iter().map(|plan| plan.organization().to_string()).collect();
            Err(Failure::Given(format!("give --organization, one of {}", names.join(", "))))
        }
    }
}

impl Connected {
    /// The way to `line`.
    ///
    /// # Errors
    /// When it is not known where that runs.
    pub(super) fn line(&self, line: Line) -> Result<Channel, Failure> {
        let target = Target::of(line);
        let given = self.addresses.iter().find(|at| at.name == target.name()).map(|at| at.url.clone());
        let found = given.or_else(|| running::find(&self.data, target).map(|place| place.address));
        let address = found.ok_or_else(|| Failure::NotRunning { target, dir: self.data.clone() })?;
        Ok(as_caller(rpc::dial(&address)?, SecretString::from(self.token.expose_secret().to_owned())))
    }

    /// The id of the change.
    pub(super) fn request_id(&self) -> String {
        self.request_id.clone().unwrap_or_else(|| format!("cli-{:032x}", rand::random::<u128>()))
    }

    /// A request with the usual patience.
    pub(super) fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        request.set_timeout(PATIENCE);
        request
    }

    /// The ticket `id` as some line knows it: the service desk first, which knows most of them.
    ///
    /// # Errors
    /// When no line that answers knows it.
    pub(super) async fn ticket(&self, id: &str) -> Result<(Line, Ticket), Failure> {
        let mut worst = None;
        for line in [Line::ServiceDesk, Line::SelfService, Line::Technical, Line::Expert, Line::Vendor] {
            let channel = match self.line(line) {
                Ok(channel) => channel,
                Err(failure) => {
                    worst.get_or_insert(failure);
                    continue;
                }
            };
            let mut tickets = tuned!(TicketServiceClient::new(channel), &Limits::default());
            match tickets.get_ticket(self.request(GetTicketRequest { ticket_id: id.to_owned() })).await {
                Ok(found) => return Ok((line, found.into_inner().ticket.unwrap_or_default())),
                Err(status) if status.code() == tonic::Code::NotFound => _ = worst.insert(status.into()),
                Err(status) => _ = worst.get_or_insert(status.into()),
            }
        }
        Err(worst.unwrap_or_else(|| Failure::Given(format!("no line knows {id}"))))
    }

    /// The line to work at: the one asked for, else the ticket's custodian.
    ///
    /// # Errors
    /// When no line knows the ticket.
    pub(super) async fn custodian(&self, id: &str) -> Result<Line, Failure> {
        if let Some(target) = self.at {
            return target.line().ok_or_else(|| Failure::Given("the gateway holds no tickets".to_owned()));
        }
        let (knows, ticket) = self.ticket(id).await?;
        Ok(lines::of_wire(ticket.custodian()).unwrap_or(knows))
    }

    /// Prints an answer: as JSON, or as `people` read it.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub(super) fn print(&self, name: &str, answer: &impl prost::Message, people: String) -> Result<(), Failure> {
        if self.json {
            println!("{:#}", wire_json::write(name, answer)?)
        } else {
            println!("{people}")
        }
        Ok(())
    }
}

/// Reads a file that is to hold evidence.
///
/// # Errors
/// When it cannot be read.
pub(super) fn text_of(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(Failure::reading("the evidence", path))
}
