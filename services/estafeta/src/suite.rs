//! A whole suite in one process: the five lines with a database each, the gateway in front, and, where wanted, the
//! vendors' systems behind the bridge. `up`, `demo` and the workspace's tests are made of it.
//!
//! Calls between the lines go in process through the very same layers as over the network, so that one process and six
//! behave alike. A line can be killed and started again while the others go on.

pub(crate) mod figures;
pub(crate) mod part;
mod partners;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backends::{Backends, Encoder};
use handover::{Backoff, Desk, Fuse, Plans};
use jiff::SignedDuration;
use partner_simulator::Simulator;
use rpc::{Caller, Channel, KeyName, Keys, Late, as_caller};
use secrecy::SecretString;
use telemetry::Telemetry;
use ticket::{Clock, Line, SystemClock};
use tokio::net::TcpListener;

use crate::audit::{self, Audited};
use crate::failure::Failure;
use crate::settings::{Database, Settings};
use crate::target::Target;

use part::{Part, Recipe};
pub use partners::{Conducts, Vendors};

/// How often a suite that settles looks again before it gives up: more rounds than any journey has hops.
const ROUNDS_MAX: usize = 200;

/// How often to look whether a killed line has let go of its port, and how long between.
const PORT_LOOKS_MAX: u32 = 200;
const PORT_LOOK_EVERY: Duration = Duration::from_millis(10);

/// A suite to be started.
#[derive(Clone)]
pub struct Config {
    /// The database of each line.
    pub databases: BTreeMap<Line, Database>,
    /// The directory of keys.
    pub keys: PathBuf,
    /// The directory of the files of tickets.
    pub attachments: PathBuf,
    /// The plans in force.
    pub plans: Plans,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How long to wait before a message is tried again.
    pub backoff: Backoff,
    /// Where a test stops a line.
    pub fuses: BTreeMap<Line, Fuse>,
    /// Where to listen; none for a suite that is called in process only, and has no gateway.
    pub listen: Option<BTreeMap<Target, SocketAddr>>,
    /// Whether lines deliver and wake by themselves. Without it a test does, by [`Suite::settle`].
    pub background: bool,
    /// The company's internal services.
    pub backends: Backends,
    /// The company's sentence encoder.
    pub encoder: Option<Encoder>,
    /// Who stands behind the bridge.
    pub vendors: Vendors,
    /// How the gateway behaves.
    pub gateway: gateway::Settings,
    /// What `/metrics` tells; none for nothing.
    pub telemetry: Option<Telemetry>,
}

impl Config {
    /// A suite in `dir`: SQLite files, keys, the machine's clock, simulated vendors that obey or do what the text of a
    /// case asks for; in process only.
    #[must_use]
    pub fn in_dir(dir: &Path, plans: Plans) -> Self {
        let settings = Settings { data: Some(dir.to_owned()), ..Settings::default() };
        let own = |line| settings.database(line).expect("without a shared database each line has a file of its own");
        Self {
            databases: Line::ALL.into_iter().map(|line| (line, own(line))).collect(),
            keys: settings.keys(),
            attachments: settings.attachments(),
            plans,
            clock: Arc::new(SystemClock),
            backoff: Backoff::new(Arc::new(rand::random::<f64>)),
            fuses: BTreeMap::new(),
            listen: None,
            background: true,
            backends: Backends::default(),
            encoder: None,
            vendors: Vendors::Simulated(Conducts::default()),
            gateway: gateway::Settings::default(),
            telemetry: None,
        }
    }

    /// The same, with all services on ports of 127.0.0.1 that the system chooses.
    #[must_use]
    pub fn listening(mut self) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        self.listen = Some(Target::ALL.into_iter().map(|target| (target, any)).collect());
        self
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("databases", &self.databases)
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

/// A suite at work. Dropping it is a crash of all of it; see [`Suite::stop`].
pub struct Suite {
    recipes: BTreeMap<Line, Recipe>,
    places: BTreeMap<Line, Late>,
    parts: Mutex<BTreeMap<Line, Part>>,
    addresses: Mutex<BTreeMap<Target, SocketAddr>>,
    simulators: BTreeMap<String, Simulator>,
    keys: Keys,
    clock: Arc<dyn Clock>,
    gateway: Option<gateway::Running>,
}

impl std::fmt::Debug for Suite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Suite").field("up", &self.parts().keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

impl Suite {
    /// Starts everything that `config` says.
    ///
    /// # Errors
    /// When keys, databases or ports cannot be used. What was started by then is stopped.
    pub async fn start(config: Config) -> Result<Self, Failure> {
        let Config {
            databases,
            keys,
            attachments,
            plans,
            clock,
            backoff,
            mut fuses,
            listen,
            background,
            backends,
            encoder,
            vendors,
            gateway,
            telemetry,
        } = config;
        let keys = Keys::open(&keys, &KeyName::ALL)?;
        // Ports first: a suite that cannot have them has touched no database.
        let mut listeners = match &listen {
            Some(addresses) => bind(addresses).await?,
            None => BTreeMap::new(),
        };
        let places: BTreeMap<Line, Late> = Line::ALL.into_iter().map(|line| (line, Late::new(line.name()))).collect();
        let ways: BTreeMap<Line, Channel> = places.iter().map(|(line, late)| (*line, late.channel())).collect();
        let (partners, simulators) = partners::behind(&vendors, &plans, &ways, &keys, &clock)?;

        let mut suite = Self {
            recipes: BTreeMap::new(),
            places,
            parts: Mutex::default(),
            addresses: Mutex::default(),
            simulators,
            keys: keys.clone(),
            clock: clock.clone(),
            gateway: None,
        };
        for line in Line::ALL {
            let database = databases.get(&line).cloned();
            let recipe = Recipe {
                line,
                database: database.ok_or_else(|| Failure::Given(format!("{line} was given no database")))?,
                plans: plans.clone(),
                clock: clock.clone(),
                peers: part::peers(line, &ways, &keys, &clock)?,
                partners: if line == Line::Vendor { partners.clone() } else { BTreeMap::new() },
                backends: backends.clone(),
                encoder: encoder.clone(),
                backoff: backoff.clone(),
                keys: keys.clone(),
                attachments: attachments.clone(),
                background,
                telemetry: telemetry.clone(),
            };
            suite.recipes.insert(line, recipe);
            suite.bring_up(line, fuses.remove(&line).unwrap_or_default(), listeners.remove(&Target::of(line))).await?;
        }
        if let Some(listener) = listeners.remove(&Target::Gateway) {
            let upstreams = ways.into_iter().fold(gateway::Upstreams::new(), |all, (line, way)| all.with(line, way));
            let gate = gateway::Gate { verifier: keys.verifier(), clock };
            let running = gateway::start(listener, upstreams, &gateway, gate, telemetry)?;
            suite.addresses().insert(Target::Gateway, running.addr());
            suite.gateway = Some(running);
        }
        Ok(suite)
    }

    async fn bring_up(&self, line: Line, fuse: Fuse, listener: Option<TcpListener>) -> Result<(), Failure> {
        let part = self.recipes[&line].start(fuse, listener).await?;
        self.places[&line].connect(part.channel());
        if let Some(addr) = part.addr() {
            self.addresses().insert(Target::of(line), addr);
        }
        self.parts().insert(line, part);
        Ok(())
    }

    /// The way to `line`, without an identity; it lasts over a restart of the line.
    #[must_use]
    pub fn channel(&self, line: Line) -> Channel {
        self.places[&line].channel()
    }

    /// The way to `line` for `caller`.
    #[must_use]
    pub fn as_caller(&self, line: Line, caller: &Caller) -> Channel {
        as_caller(self.channel(line), self.token(caller, SignedDuration::from_hours(24)))
    }

    /// A token for `caller`, good from now for `lifetime`; services have keys of their own and are not believed so.
    #[must_use]
    pub fn token(&self, caller: &Caller, lifetime: SignedDuration) -> SecretString {
        let signer = self.keys.signer(KeyName::Authority).expect("a suite opens every key");
        signer.token(caller, self.clock.now(), lifetime)
    }

    /// The keys of all its services.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The line at work; none while it is killed.
    #[must_use]
    pub fn desk(&self, line: Line) -> Option<Desk> {
        self.parts().get(&line).map(|part| part.desk.clone())
    }

    /// The system of a simulated vendor.
    #[must_use]
    pub fn simulator(&self, vendor: &str) -> Option<&Simulator> {
        self.simulators.get(vendor)
    }

    /// Where a service listens, if it does.
    #[must_use]
    pub fn address(&self, target: Target) -> Option<SocketAddr> {
        self.addresses().get(&target).copied()
    }

    /// The address of the gateway, such as `http://127.0.0.1:7180`; none when it listens nowhere.
    #[must_use]
    pub fn gateway_url(&self) -> Option<String> {
        self.address(Target::Gateway).map(|addr| format!("http://{addr}"))
    }

    /// Stops `line` at once, as a crash would; its database stays as it is, and calls to it are refused.
    pub fn kill(&self, line: Line) {
        self.places[&line].disconnect();
        drop(self.parts().remove(&line));
    }

    /// Starts `line` on its database, after a [`kill`](Self::kill) or, if it is up, after killing it. It listens where
    /// it did.
    ///
    /// # Errors
    /// When the database or the port cannot be used.
    pub async fn restart(&self, line: Line) -> Result<(), Failure> {
        self.kill(line);
        let target = Target::of(line);
        let listener = match self.address(target) {
            Some(addr) => Some(listen_again(target, addr).await?),
            None => None,
        };
        self.bring_up(line, Fuse::default(), listener).await
    }

    /// Delivers what is due and wakes what must wake, on every line that is up, until nothing moves. For suites without
    /// background work.
    ///
    /// # Errors
    /// When it does not come to rest.
    pub async fn settle(&self) -> Result<(), Failure> {
        for _ in 0..ROUNDS_MAX {
            let mut moved = 0;
            for line in Line::ALL {
                let found = self.parts().get(&line).map(|part| (part.desk.clone(), part.cut()));
                let Some((desk, cut)) = found.filter(|(_, cut)| !cut.is_cancelled()) else { continue };
                let round = async {
                    desk.deliver_due().await + desk.wake_due().await + desk.ring_due().await + desk.follow_log().await
                };
                tokio::select! {
                    done = round => moved += done,
                    // It was stopped in the middle, and would never return.
                    () = cut.cancelled() => moved += 1,
                }
            }
            if moved == 0 {
                return Ok(());
            }
        }
        Err(Failure::Late("the suite's coming to rest".to_owned()))
    }

    /// Checks the invariants over all lines' databases, those of killed lines too.
    ///
    /// # Errors
    /// When a database cannot be read.
    pub async fn audit(&self) -> Result<Audited, Failure> {
        let mut stores = Vec::new();
        for (line, recipe) in &self.recipes {
            match self.desk(*line) {
                Some(desk) => stores.push((*line, desk.store().clone())),
                None => stores.push((*line, audit::open(*line, &recipe.database).await?)),
            }
        }
        audit::look(&stores).await
    }

    /// Stops in good order: the gateway first, then all lines; calls may finish for `patience`, and telemetry is flushed.
    pub async fn stop(mut self, patience: Duration) {
        if let Some(gateway) = self.gateway.take() {
            gateway.stop(patience).await;
        }
        for simulator in std::mem::take(&mut self.simulators).into_values() {
            simulator.stop().await;
        }
        let parts = std::mem::take(&mut *self.parts());
        let telemetry = self.recipes.values().find_map(|recipe| recipe.telemetry.clone());
        futures::future::join_all(parts.into_values().map(|part| part.stop(patience))).await;
        if let Some(telemetry) = telemetry {
            telemetry.shutdown(patience).await;
        }
    }

    fn parts(&self) -> std::sync::MutexGuard<'_, BTreeMap<Line, Part>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn addresses(&self) -> std::sync::MutexGuard<'_, BTreeMap<Target, SocketAddr>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn bind(addresses: &BTreeMap<Target, SocketAddr>) -> Result<BTreeMap<Target, TcpListener>, Failure> {
    let mut listeners = BTreeMap::new();
    for (target, addr) in addresses {
        listeners.insert(*target, listen_on(*target, *addr).await?);
    }
    Ok(listeners)
}

/// Listens where a killed line did; its task lets go of the port when it is next polled.
async fn listen_again(target: Target, addr: SocketAddr) -> Result<TcpListener, Failure> {
    for _ in 0..PORT_LOOKS_MAX {
        match TcpListener::bind(addr).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => tokio::time::sleep(PORT_LOOK_EVERY).await,
            Err(reason) => return Err(Failure::Listen { target, addr, reason }),
        }
    }
    listen_on(target, addr).await
}

/// Listens on `addr` for `target`.
///
/// # Errors
/// When the port is in use or may not be had.
pub(crate) async fn listen_on(target: Target, addr: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(addr).await.map_err(|reason| Failure::Listen { target, addr, reason })
}
