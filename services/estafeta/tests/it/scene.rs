//! Running the binary, and calling what it serves.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use jiff::SignedDuration;
use rpc::{Caller, Channel, KeyName, Keys, Role, as_caller};
use ticket::{Clock, Line, SystemClock};

/// The binary, with nothing of this process's environment that it would read.
pub(crate) fn estafeta(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_estafeta"));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("ESTAFETA_") || name.starts_with("OTEL_")) {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

/// Runs the binary to its end.
pub(crate) fn ran(arguments: &[&str]) -> Output {
    estafeta(arguments).output().expect("the binary can be started")
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary directory has a plain name")
}

/// A service in a process of its own. Dropping it is a `kill -9`.
pub(crate) struct Serving {
    child: Child,
    /// Where it listens.
    pub(crate) address: String,
    /// Kept open: a process that prints into a closed pipe dies.
    _stdout: BufReader<ChildStdout>,
}

impl Serving {
    /// Starts `serve target` over `data` with these options for its databases, and returns when it listens.
    pub(crate) fn start(target: &str, data: &Path, plan: &Path, databases: &[String]) -> Self {
        Self::start_in(&[], target, data, plan, databases)
    }

    /// The same, with these variables in its environment, and any options.
    pub(crate) fn start_in(
        environment: &[(&str, &Path)],
        target: &str,
        data: &Path,
        plan: &Path,
        more: &[String],
    ) -> Self {
        let arguments =
            ["serve", target, "--data", text(data), "--plan", text(plan), "--listen", "127.0.0.1:0", "--log", "error"];
        let mut command = estafeta(&arguments);
        command.args(more).envs(environment.iter().copied()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the binary can be started");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("it prints text");
        let address = line.trim().rsplit(' ').next().filter(|address| address.starts_with("http://"));
        let address = address.unwrap_or_else(|| panic!("{target} says `{line}`")).to_owned();
        Self { child, address, _stdout: stdout }
    }

    /// Asks it to stop, and returns whether it ended well.
    pub(crate) fn terminate(mut self) -> bool {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().expect("there is a `kill`");
        told.success() && self.child.wait().expect("it is our child").success()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The way to `address` for somebody of the demonstration's organization.
pub(crate) fn at(address: &str, data: &Path, role: Role) -> Channel {
    let keys = Keys::open(&data.join("keys"), &[KeyName::Authority]).expect("the keys of the test's own directory");
    let organization = "romashka".parse().expect("an organization's id");
    let caller = Caller { subject: "a.petrova".to_owned(), organization, role };
    let signer = keys.signer(KeyName::Authority).expect("it was opened");
    let token = signer.token(&caller, SystemClock.now(), SignedDuration::from_hours(1));
    as_caller(rpc::dial(address).expect("an address that a service printed"), token)
}

/// An agent of line 1.
pub(crate) fn desk_agent() -> Role {
    Role::Agent { line: Line::ServiceDesk }
}
