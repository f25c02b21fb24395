//! `serve`: one service in its own process.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use backends::Backends;
use handover::{Backoff, Fuse};
use rpc::{Channel, Keys, Late, Peer, ServiceName};
use telemetry::Telemetry;
use ticket::{Clock, Line, SystemClock};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::settings::Settings;
use crate::suite::part::{self, Recipe};
use crate::target::Target;
use crate::{plans, process, reload, running, services, suite};

/// Runs `target` until Ctrl-C or SIGTERM. Prints where it listens to standard output.
///
/// # Errors
/// When settings, keys, plans, the database or the port cannot be used.
pub async fn run(target: Target, settings: &Settings) -> Result<(), Failure> {
    let telemetry = process::telemetry(settings, &format!("estafeta-{target}"), "info,opentelemetry=warn")?;
    let keys = Keys::open(&settings.keys(), &[target.service().key()])?;
    let addr = settings.listen.unwrap_or_else(|| settings.address(target));
    let listener = suite::listen_on(target, addr).await?;
    let stop = CancellationToken::new();
    let ways = ways(target, settings, &stop)?;
    match target.line() {
        Some(line) => serve_line(line, settings, keys, ways, listener, telemetry, &stop).await,
        None => serve_gateway(settings, &keys, ways, listener, telemetry, &stop).await,
    }
}

/// The ways to the lines: as the settings say, else as they announce themselves.
fn ways(target: Target, settings: &Settings, stop: &CancellationToken) -> Result<BTreeMap<Line, Channel>, Failure> {
    let known: Vec<&str> = Target::ALL.iter().map(|target| target.name()).collect();
    if let Some(peer) = settings.peer.iter().find(|peer| !known.contains(&peer.name.as_str())) {
        return Err(Failure::Given(format!("`{}` is not a service; the services are {}", peer.name, known.join(", "))));
    }
    let mut ways = BTreeMap::new();
    for line in Line::ALL {
        let other = Target::of(line);
        if other == target {
            continue;
        }
        let way = match settings.peer.iter().find(|peer| peer.name == other.name()) {
            Some(peer) => rpc::dial(&peer.url)?,
            None => {
                let late = Late::new(line.name());
                running::follow(&settings.data(), other, late.clone(), stop.clone());
                late.channel()
            }
        };
        ways.insert(line, way);
    }
    Ok(ways)
}

async fn serve_line(
    line: Line,
    settings: &Settings,
    keys: Keys,
    ways: BTreeMap<Line, Channel>,
    listener: TcpListener,
    telemetry: Telemetry,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let plans = plans::load(settings)?;
    let mut partners = BTreeMap::new();
    if line == Line::Vendor {
        let this = ServiceName::Line(line);
        for partner in &settings.partner {
            let peer =
                Peer::new(&*partner.name, rpc::dial(&partner.url)?, keys.signer(this.key())?, this, clock.clone());
            partners.insert(partner.name.clone(), peer);
        }
        for vendor in
            plans.all().iter().flat_map(|plan| plan.vendors()).filter(|vendor| !partners.contains_key(&vendor.id))
        {
            tracing::warn!(vendor = vendor.id, "its system is nowhere: cases wait until one is given by --partner");
        }
    }
    let backends = match line {
        Line::SelfService => services::connected(services::addresses(settings)?, &plans)?,
        Line::ServiceDesk | Line::Technical | Line::Expert | Line::Vendor => Backends::default(),
    };
    let recipe = Recipe {
        line,
        backends,
        encoder: if line == Line::ServiceDesk { services::encoder(settings)? } else { None },
        database: settings.only_database(line)?,
        peers: part::peers(line, &ways, &keys, &clock)?,
        plans: plans.clone(),
        clock,
        partners,
        backoff: Backoff::new(Arc::new(rand::random::<f64>)),
        keys,
        attachments: settings.attachments(),
        background: true,
        telemetry: Some(telemetry.clone()),
    };
    make_data(settings)?;
    let part = recipe.start(Fuse::default(), Some(listener)).await?;
    tokio::spawn(reload::follow(settings.clone(), plans, vec![part.desk.clone()], stop.clone()));
    let announced = part.addr().map(|addr| announce(settings, Target::of(line), addr)).transpose()?;
    process::told_to_stop().await?;
    drop(announced);
    stop.cancel();
    part.stop(settings.patience()).await;
    telemetry.shutdown(settings.patience()).await;
    Ok(())
}

async fn serve_gateway(
    settings: &Settings,
    keys: &Keys,
    ways: BTreeMap<Line, Channel>,
    listener: TcpListener,
    telemetry: Telemetry,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let upstreams = ways.into_iter().fold(gateway::Upstreams::new(), |all, (line, way)| all.with(line, way));
    let gate = gateway::Gate { verifier: keys.verifier(), clock: Arc::new(SystemClock) };
    let how = gateway::Settings { cors_origins: settings.cors_origin.clone(), ..gateway::Settings::default() };
    let running = gateway::start(listener, upstreams, &how, gate, Some(telemetry.clone()))?;
    make_data(settings)?;
    let announced = announce(settings, Target::Gateway, running.addr())?;
    process::told_to_stop().await?;
    drop(announced);
    stop.cancel();
    running.stop(settings.patience()).await;
    telemetry.shutdown(settings.patience()).await;
    Ok(())
}

/// Makes the data directory if need be.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make_data(settings: &Settings) -> Result<(), Failure> {
    let dir = settings.data();
    std::fs::create_dir_all(&dir).map_err(Failure::writing("the data directory", &dir))
}

/// Tells people, and the other services, where `target` listens.
pub(crate) fn announce(settings: &Settings, target: Target, addr: SocketAddr) -> Result<running::Announced, Failure> {
    // Who listens everywhere is reached on this machine by its loopback address.
    let reached =
        if addr.ip().is_unspecified() { SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), addr.port()) } else { addr };
    println!("{target} listens on http://{addr}");
    running::announce(&settings.data(), target, &format!("http://{reached}"))
}
