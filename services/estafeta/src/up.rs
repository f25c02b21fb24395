//! `up`: everything in one process.

use std::net::SocketAddr;
use std::sync::Arc;

use backends::Backends;
use handover::{Backoff, Plans};
use jiff::SignedDuration;
use partner_simulator::Habits;
use plan::Plan;
use secrecy::SecretString;
use ticket::{Clock, Line, SystemClock};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::people;
use crate::settings::Settings;
use crate::suite::{Conducts, Config, Suite, Vendors};
use crate::target::Target;
use crate::{demo, plans, process, reload, serve, services};

/// How long the tokens are good that `up` writes down.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// Runs a suite until Ctrl-C or SIGTERM; with `with_demo`, plays the demonstration through it first.
///
/// # Errors
/// When settings, plans, keys, databases or ports cannot be used.
pub async fn run(with_demo: bool, settings: &Settings) -> Result<(), Failure> {
    let telemetry = process::telemetry(settings, "estafeta", "warn")?;
    serve::make_data(settings)?;
    if with_demo {
        plans::keep_demo(settings)?;
    }
    let plans = plans::load(settings)?;
    let mut addresses = services::addresses(settings)?;
    // Kept for as long as the suite runs.
    let _simulated = if with_demo { demo::simulate(&mut addresses, &plans).await? } else { Vec::new() };
    let backends = services::connected(addresses, &plans)?;
    let suite = Suite::start(config(with_demo, settings, plans.clone(), backends, telemetry)?).await?;
    let stop = CancellationToken::new();
    let desks = Line::ALL.into_iter().filter_map(|line| suite.desk(line)).collect();
    tokio::spawn(reload::follow(settings.clone(), plans.clone(), desks, stop.clone()));
    let mut announced = Vec::new();
    for target in Target::ALL {
        if let Some(addr) = suite.address(target) {
            announced.push(serve::announce(settings, target, addr)?);
        }
    }
    let stopped = process::told_to_stop();
    tokio::pin!(stopped);
    if with_demo {
        let played = demo::play_in(&suite, &plans);
        let ended = tokio::select! {
            ended = played => Some(ended?),
            told = &mut stopped => { told?; None }
        };
        if let Some(ended) = ended {
            demo::print(&ended, false)?;
            where_to_look(
                &suite,
                settings,
                &plans,
                ended.iter().max_by_key(|end| end.journey.len()).map(|end| &*end.ticket),
            )?;
            stopped.await?;
        }
    } else {
        where_to_look(&suite, settings, &plans, None)?;
        stopped.await?;
    }
    eprintln!("stopping");
    drop(announced);
    stop.cancel();
    suite.stop(settings.patience()).await;
    Ok(())
}

fn config(
    with_demo: bool,
    settings: &Settings,
    plans: Plans,
    backends: Backends,
    telemetry: telemetry::Telemetry,
) -> Result<Config, Failure> {
    let mut databases = std::collections::BTreeMap::new();
    for line in Line::ALL {
        databases.insert(line, settings.database(line)?);
    }
    let listen: std::collections::BTreeMap<Target, SocketAddr> =
        Target::ALL.into_iter().map(|target| (target, settings.address(target))).collect();
    // The bridge remembers the cases of an earlier run, so that a new one counts on from another number.
    let first_case = u32::try_from(SystemClock.now().as_second() % 100_000_000).unwrap_or(1001);
    let vendors = if with_demo {
        Vendors::Simulated(Conducts { habits: Habits { first_case, ..Habits::default() }, ..Conducts::default() })
    } else {
        Vendors::Real(settings.partner.iter().map(|partner| (partner.name.clone(), partner.url.clone())).collect())
    };
    Ok(Config {
        backends,
        encoder: services::encoder(settings)?,
        databases,
        keys: settings.keys(),
        attachments: settings.attachments(),
        plans,
        clock: Arc::new(SystemClock),
        backoff: Backoff::new(Arc::new(rand::random::<f64>)),
        fuses: std::collections::BTreeMap::new(),
        listen: Some(listen),
        background: true,
        vendors,
        gateway: gateway::Settings { cors_origins: settings.cors_origin.clone(), ..gateway::Settings::default() },
        telemetry: Some(telemetry),
    })
}

/// Tells people where everything is, and writes tokens down for them.
fn where_to_look(suite: &Suite, settings: &Settings, plans: &Plans, ticket: Option<&str>) -> Result<(), Failure> {
    let data = settings.data();
    let gateway = suite.gateway_url().unwrap_or_default();
    for plan in plans.all() {
        let token = |caller: &rpc::Caller| -> SecretString { suite.token(caller, TOKEN_LIFETIME) };
        let supervisor = people::supervisor(&plan);
        let file = people::keep_token(&data, &supervisor, "supervisor", &token(&supervisor))?;
        for line in plan_lines(&plan) {
            let agent = people::agent(&plan, line);
            people::keep_token(&data, &agent, &format!("agent-{}", Target::of(line)), &token(&agent))?;
        }
        let client = people::client(&plan, "client-1");
        people::keep_token(&data, &client, "client", &token(&client))?;
        println!();
        println!("{}: tokens of people, good for 12 hours, in {}", plan.profile().name.en, parent(&file));
        println!("  curl -H \"Authorization: Bearer $(cat {})\" {gateway}/v1/tickets", file.display());
    }
    println!();
    println!("gateway   {gateway}   (REST, Connect, gRPC-Web; {gateway}/openapi.json)");
    for target in Target::ALL {
        if let (Some(_), Some(addr)) = (target.line(), suite.address(target)) {
            println!("{:<9} http://{addr}   (gRPC; /healthz, /metrics)", target.name());
        }
    }
    if let Some(ticket) = ticket {
        println!();
        println!("follow a ticket: estafeta ticket show {ticket} --data {}", data.display());
    }
    println!();
    println!("running until Ctrl-C");
    Ok(())
}

fn plan_lines(plan: &Plan) -> impl Iterator<Item = Line> + '_ {
    Line::ALL.into_iter().filter(|line| *line != Line::SelfService && plan.topology().has(*line))
}

fn parent(file: &std::path::Path) -> String {
    file.parent().unwrap_or(file).display().to_string()
}
