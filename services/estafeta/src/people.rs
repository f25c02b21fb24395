//! Who works in an organization, by its plan, as callers with tokens.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use plan::Plan;
use rpc::{Caller, Role};
use secrecy::{ExposeSecret, SecretString};
use ticket::Line;

use crate::failure::Failure;

/// The first supervisor of the plan.
#[must_use]
pub fn supervisor(plan: &Plan) -> Caller {
    let subject = plan.profile().supervisors.first().map_or("supervisor", String::as_str);
    caller(plan, subject, Role::Supervisor)
}

/// The first person of `line`, such as of line 1.
#[must_use]
pub fn agent(plan: &Plan, line: Line) -> Caller {
    let members = plan.groups().filter(|group| group.line == line).flat_map(|group| &group.members);
    let subject = members.map(String::as_str).next().unwrap_or(line.name());
    caller(plan, subject, Role::Agent { line })
}

/// The client `subject`.
#[must_use]
pub fn client(plan: &Plan, subject: &str) -> Caller {
    caller(plan, subject, Role::Client)
}

/// Whoever writes knowledge.
#[must_use]
pub fn knowledge_editor(plan: &Plan) -> Caller {
    caller(plan, "knowledge-editor", Role::KnowledgeEditor)
}

fn caller(plan: &Plan, subject: &str, role: Role) -> Caller {
    Caller { subject: subject.to_owned(), organization: plan.organization().clone(), role }
}

/// Writes `token` into `DIR/tokens/ORGANIZATION/NAME.token`, readable by this user alone. Returns where.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_token(data: &Path, caller: &Caller, name: &str, token: &SecretString) -> Result<PathBuf, Failure> {
    let dir = data.join("tokens").join(caller.organization.as_str());
    std::fs::create_dir_all(&dir).map_err(Failure::writing("the directory", &dir))?;
    let path = dir.join(format!("{name}.token"));
    // A new file, since an old one keeps the permissions that it had.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Failure::writing("the token", &path)(error));
        }
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .map_err(Failure::writing("the token", &path))?;
    writeln!(file, "{}", token.expose_secret()).map_err(Failure::writing("the token", &path))?;
    Ok(path)
}
