//! Where line 1 is and who is calling, for the commands of a supervisor that ask it alone.

use std::time::Duration;

use rpc::{Channel, Role, as_caller};
use ticket::Line;

use crate::failure::Failure;
use crate::target::Target;
use crate::ticket_work::connect::Identity;
use crate::{people, running};

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where line 1 is and who is calling.
#[derive(Debug, clap::Args)]
pub(crate) struct Line1 {
    #[command(flatten)]
    identity: Identity,
    /// Where line 1 is, such as `http://10.0.0.2:7101`. Default: what the data directory of the running suite tells.
    #[arg(long, value_name = "URL", global = true)]
    line1: Option<String>,
    /// Print one JSON object.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Line1 {
    /// The way to it, for a supervisor.
    ///
    /// # Errors
    /// When it is not known where it runs, or there is neither a token nor a key to sign one with.
    pub(crate) fn channel(&self) -> Result<Channel, Failure> {
        let target = Target::of(Line::ServiceDesk);
        let data = self.identity.data();
        let found = self.line1.clone().or_else(|| running::find(&data, target).map(|place| place.address));
        let address = found.ok_or(Failure::NotRunning { target, dir: data })?;
        Ok(as_caller(rpc::dial(&address)?, self.identity.token(Role::Supervisor, people::supervisor)?))
    }
}

/// A request with the usual patience.
pub(crate) fn timely<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(PATIENCE);
    request
}
