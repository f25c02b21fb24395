//! Plans: reading them for a suite, and the commands that check them.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use handover::Plans;
use miette::{GraphicalReportHandler, GraphicalTheme};
use plan::{Holidays, Plan};

use crate::failure::Failure;
use crate::settings::Settings;

/// Reads the plans that `settings` name.
///
/// # Errors
/// When there is none, one has faults, or two are for one organization.
pub fn load(settings: &Settings) -> Result<Plans, Failure> {
    let plans = Plans::default();
    for path in files(settings)? {
        let plan = read(&path)?;
        if plans.of(plan.organization()).is_ok() {
            return Err(Failure::SecondPlan { path, organization: plan.organization().to_string() });
        }
        plans.put(plan);
    }
    if plans.all().is_empty() { Err(Failure::NoPlan { dir: home(settings) }) } else { Ok(plans) }
}

/// The files that `settings` name.
///
/// # Errors
/// When the directory of plans cannot be read.
pub(crate) fn files(settings: &Settings) -> Result<Vec<PathBuf>, Failure> {
    if settings.plan.is_empty() { in_dir(&home(settings)) } else { Ok(settings.plan.clone()) }
}

/// Where plans are looked for when none is named.
fn home(settings: &Settings) -> PathBuf {
    settings.data().join("plans")
}

/// Puts the plan of the demonstration into the data directory, so that it is there without `--demo` too. One that
/// somebody has changed stays.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_demo(settings: &Settings) -> Result<(), Failure> {
    let dir = home(settings);
    let path = dir.join("demo.toml");
    if path.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(&dir).map_err(Failure::writing("the directory", &dir))?;
    std::fs::write(&path, plan::DEMO).map_err(Failure::writing("the plan", &path))
}

fn in_dir(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::reading("the plans in", dir)(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(Failure::reading("the plans in", dir))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<Plan, Failure> {
    let text = std::fs::read_to_string(path).map_err(Failure::reading("the plan", path))?;
    let name = path.display().to_string();
    let plan = Plan::parse(&name, &text).map_err(|faults| Failure::Plan(Box::new(faults)))?;
    match unknown_kinds(&name, &plan).as_slice() {
        [] => Ok(plan),
        faults => Err(Failure::PlanAllows(faults.join("\n"))),
    }
}

/// What vendors are allowed that redaction does not know: it would never be let through.
fn unknown_kinds(name: &str, plan: &Plan) -> Vec<String> {
    let mut faults = Vec::new();
    for vendor in plan.vendors() {
        for kind in &vendor.allow {
            if let Err(unknown) = redaction::Kind::from_str(kind) {
                faults.push(format!("{name}: the vendor `{}` is allowed an {unknown}", vendor.id));
            }
        }
    }
    faults
}

/// `plan check`: prints what is wrong with each file, drawn with the text around it or, `plain`, one fault a line.
/// Returns whether all are right.
///
/// # Errors
/// When a file cannot be read.
pub fn check(files: &[PathBuf], plain: bool) -> Result<bool, Failure> {
    let mut right = true;
    for path in files {
        let text = std::fs::read_to_string(path).map_err(Failure::reading("the plan", path))?;
        let name = path.display().to_string();
        match Plan::parse(&name, &text) {
            Err(faults) => {
                right = false;
                println!("{}", if plain { faults.plain() } else { drawn(&faults) });
            }
            Ok(plan) => match unknown_kinds(&name, &plan).as_slice() {
                [] => println!("{name}: {}, version {}: no faults", plan.organization(), plan.version()),
                faults => {
                    right = false;
                    println!("{}", faults.join("\n"));
                }
            },
        }
    }
    Ok(right)
}

fn drawn(faults: &plan::Faults) -> String {
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(110);
    match handler.render_report(&mut text, faults) {
        Ok(()) => text,
        Err(_) => faults.plain(),
    }
}

/// `plan holidays`: the whole-day events of an iCalendar file as lines of a plan; what was left out is told as comments.
///
/// # Errors
/// When the file cannot be read, is no calendar, or has no such event in `years`.
pub fn holidays(path: &Path, years: RangeInclusive<i16>) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path).map_err(Failure::reading("the calendar", path))?;
    let holidays = Holidays::read(&text, years);
    Ok(holidays.map_err(|reason| Failure::Holidays { path: path.to_owned(), reason })?.to_toml())
}

/// `plan schema`: the JSON Schema of a plan.
#[must_use]
pub fn schema() -> String {
    format!("{:#}", plan::schema())
}
