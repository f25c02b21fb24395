//! Who is running where: one small file for each service in `DIR/run`, so that services and commands that share a data
//! directory find each other.
//!
//! A file for each service, not one for all: six processes write them, each its own, without a lock.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rpc::Late;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::target::Target;

/// How often a service looks whether the others have moved.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its address, such as `http://127.0.0.1:7101`.
    pub address: String,
    /// The process.
    pub pid: u32,
}

/// The file of `target`.
fn path(data: &Path, target: Target) -> PathBuf {
    data.join("run").join(format!("{target}.json"))
}

/// Writes down that this process serves `target` at `address`. The file goes when the answer is dropped; what a crash
/// left behind is written over by the next start.
///
/// # Errors
/// When the file cannot be written.
pub fn announce(data: &Path, target: Target, address: &str) -> Result<Announced, Failure> {
    let path = path(data, target);
    let place = Place { address: address.to_owned(), pid: std::process::id() };
    let text = serde_json::to_string(&place).map_err(|error| Failure::Given(error.to_string()))?;
    std::fs::create_dir_all(data.join("run")).map_err(Failure::writing("the directory", &data.join("run")))?;
    // Whoever reads sees all of it or nothing.
    let whole = path.with_extension(format!("{}.new", std::process::id()));
    std::fs::write(&whole, format!("{text}\n")).map_err(Failure::writing("the address", &whole))?;
    std::fs::rename(&whole, &path).map_err(Failure::writing("the address", &path))?;
    Ok(Announced { path, place })
}

/// An announcement in force.
#[derive(Debug)]
#[must_use = "dropping it takes it back"]
pub struct Announced {
    path: PathBuf,
    place: Place,
}

impl Drop for Announced {
    fn drop(&mut self) {
        // Another process may have announced itself since; without the file nothing is lost but convenience.
        if read(&self.path).as_ref() == Some(&self.place) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn read(path: &Path) -> Option<Place> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

/// Where `target` is, if it was announced.
#[must_use]
pub fn find(data: &Path, target: Target) -> Option<Place> {
    read(&path(data, target))
}

/// Keeps `late` connected to wherever `target` announces itself, until `stop`. Must be called inside of a Tokio runtime.
pub fn follow(data: &Path, target: Target, late: Late, stop: CancellationToken) {
    let data = data.to_owned();
    tokio::spawn(async move {
        let mut present = None;
        loop {
            let found = find(&data, target).map(|place| place.address);
            if found != present {
                match found.as_deref().map(rpc::dial) {
                    Some(Ok(channel)) => late.connect(channel),
                    Some(Err(error)) => tracing::warn!(%target, %error, "its announced address cannot be used"),
                    // A service that is being started again comes back soon, and is called in vain until then.
                    None => {}
                }
                present = found;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    });
}
