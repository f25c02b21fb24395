//! Settings, plans and the audit, as the command line has them.

use store::Store;
use ticket::custody::Custody;
use ticket::{Line, OrganizationId};

use crate::scene::{err, estafeta, out, ran, text};
use crate::suites::one_ticket;

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("estafeta.toml");
    std::fs::write(&config, "data = \"/nowhere/file\"\n").unwrap();
    let tried = |flag: Option<&str>, env: Option<&str>| {
        let mut command = estafeta(&["audit", "--config", text(&config)]);
        command.args(flag.iter().flat_map(|flag| ["--data", flag]));
        command.envs(env.map(|env| ("ESTAFETA_DATA", env)));
        err(&command.output().unwrap())
    };
    assert!(tried(None, None).contains("/nowhere/file/line0.db"));
    assert!(tried(None, Some("/nowhere/env")).contains("/nowhere/env/line0.db"));
    assert!(tried(Some("/nowhere/flag"), Some("/nowhere/env")).contains("/nowhere/flag/line0.db"));
}

#[test]
fn an_unknown_setting_is_named_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("estafeta.toml");
    std::fs::write(&config, "log = \"info\"\nprot-base = 7000\n").unwrap();
    let output = ran(&["audit", "--config", text(&config)]);
    assert_eq!(output.status.code(), Some(2));
    let said = err(&output);
    assert!(said.contains("line 2") && said.contains("prot-base"), "{said}");
}

#[test]
fn holidays_of_a_calendar_are_printed_as_lines_of_a_plan() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("russia.ics");
    let ics = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n\
        DTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20200612\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:День России\r\n\
        END:VEVENT\r\nEND:VCALENDAR\r\n";
    std::fs::write(&file, ics).unwrap();
    let printed = ran(&["plan", "holidays", text(&file), "--from", "2026", "--to", "2027"]);
    assert_eq!(out(&printed), "holidays = [\n    2026-06-12, # День России\n    2027-06-12, # День России\n]\n");
    std::fs::write(&file, "no calendar").unwrap();
    let refused = ran(&["plan", "holidays", text(&file), "--from", "2026"]);
    assert!(!refused.status.success() && err(&refused).contains("exported as .ics"), "{}", err(&refused));
}

#[test]
fn sorting_is_measured_part_by_part() {
    let output = ran(&["bench", "triage", "--tickets", "500", "--json"]);
    let rows: Vec<serde_json::Value> =
        out(&output).lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let took = |part: &str| {
        let row = rows.iter().find(|row| row["part"].as_str().is_some_and(|known| known.starts_with(part)));
        row.and_then(|row| row["median_us"].as_f64()).unwrap_or_else(|| panic!("no {part} in {rows:?}"))
    };
    for part in ["limit", "language", "category", "mood", "mass"] {
        assert!(took(part) > 0.0 && took(part) < took("all"), "{rows:?}");
    }
}

#[test]
fn a_question_is_measured_as_a_whole_by_what_came_of_it() {
    let output = ran(&["bench", "ask", "--articles", "300", "--questions", "40", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&out(&output)).expect("an object");
    let rows = report["rows"].as_array().expect("rows");
    let of = |row: &serde_json::Value, what: &str| row[what].as_f64().expect("a number");
    let row = |outcome: &str| {
        let row = rows.iter().find(|row| row["outcome"].as_str().is_some_and(|known| known.starts_with(outcome)));
        row.unwrap_or_else(|| panic!("no {outcome} in {rows:?}"))
    };
    let (limit, all) = (row("limit"), row("all"));
    let by_outcome = rows.iter().skip_while(|row| *row != all).skip(1);
    assert_eq!((of(all, "count"), by_outcome.map(|row| of(row, "count")).sum::<f64>()), (40.0, 40.0), "{rows:?}");
    for outcome in ["answered", "handed over"] {
        assert!(of(row(outcome), "count") > 0.0 && of(row(outcome), "median_ms") > 0.0, "{rows:?}");
        assert!(of(row(outcome), "statements") > of(limit, "statements"), "{rows:?}");
    }
    assert_eq!(of(limit, "of_limit"), 1.0);
}

#[test]
fn what_cannot_be_measured_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let output = ran(&["eval", "--dir", text(dir.path())]);
    assert!(!output.status.success() && out(&output).contains("banking77_en.tsv"), "{}", out(&output));
    let output = ran(&["eval", "--dir", text(dir.path()), "--set", "nothing"]);
    assert!(err(&output).contains("no set is named `nothing`; known are"), "{}", err(&output));
}

#[test]
fn help_tells_flag_variable_and_default_of_every_setting() {
    let help = out(&ran(&["serve", "--help"]));
    for wanted in ["--port-base", "ESTAFETA_PORT_BASE", "Default: 7100", "--peer", "--partner", "ESTAFETA_DATABASE"] {
        assert!(help.contains(wanted), "no {wanted} in\n{help}");
    }
}

#[test]
fn help_does_not_show_a_password_from_the_environment() {
    let output = estafeta(&["serve", "--help"]).env("ESTAFETA_DATABASE", "postgres://u:secret@h/db").output().unwrap();
    assert!(!out(&output).contains("secret"));
}

#[test]
fn a_plan_without_faults_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.toml");
    std::fs::write(&path, plan::SMALL).unwrap();
    let output = ran(&["plan", "check", text(&path)]);
    assert!(output.status.success() && out(&output).contains("no faults"), "{}", out(&output));
}

#[test]
fn every_fault_of_a_plan_has_a_place_and_a_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.toml");
    let faulty = plan::DEMO.replace("zone = \"billing\"", "zone = \"biling\"").replace("returns = 2", "returns = 200");
    std::fs::write(&path, faulty).unwrap();
    let output = ran(&["plan", "check", "--plain", text(&path)]);
    assert_eq!(output.status.code(), Some(1));
    let said = out(&output);
    let places: Vec<&str> = said.lines().collect();
    assert_eq!(places.len(), 3, "{said}");
    assert!(places.iter().all(|line| line.starts_with(&format!("{}:", text(&path)))), "{said}");
    assert!(places[0].contains("`biling`") && places[0].contains("accounts, billing, network"), "{said}");
    assert!(places[2].contains("`returns` is 200"), "{said}");
    let drawn = out(&ran(&["plan", "check", text(&path)]));
    assert!(drawn.contains("biling") && drawn.contains("help:"), "{drawn}");
}

#[test]
fn a_vendor_is_not_allowed_what_redaction_does_not_know() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.toml");
    std::fs::write(&path, plan::DEMO.replace("allow = [\"ip-address\"]", "allow = [\"star-sign\"]")).unwrap();
    let output = ran(&["plan", "check", text(&path)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("star-sign"), "{}", out(&output));
}

#[test]
fn the_schema_of_a_plan_is_json() {
    let schema: serde_json::Value = serde_json::from_str(&out(&ran(&["plan", "schema"]))).unwrap();
    assert_eq!(schema["title"], "Plan");
}

#[test]
fn a_port_in_use_is_told_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let output = ran(&["serve", "gateway", "--data", text(dir.path()), "--listen", &addr]);
    assert_eq!(output.status.code(), Some(2));
    let said = err(&output);
    assert!(said.contains(&addr) && said.contains("something else uses the port"), "{said}");
}

#[test]
fn a_service_without_a_plan_says_where_to_put_one() {
    let dir = tempfile::tempdir().unwrap();
    let output = ran(&["serve", "line1", "--data", text(dir.path()), "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("give --plan FILE"), "{}", err(&output));
}

#[tokio::test]
async fn an_audit_counts_what_it_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    one_ticket(dir.path()).await;
    let output = ran(&["audit", "--json", "--data", text(dir.path())]);
    assert!(output.status.success(), "{}", err(&output));
    let audited: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!((&audited["lines"], &audited["tickets"], &audited["open"]), (&5.into(), &1.into(), &1.into()));
}

#[tokio::test]
async fn an_audit_names_a_ticket_that_two_lines_hold() {
    let dir = tempfile::tempdir().unwrap();
    let id = one_ticket(dir.path()).await;
    let open = async |name: &str| Store::open(&format!("sqlite://{}", dir.path().join(name).display())).await.unwrap();
    let (desk, technical) = (open("line1.db").await, open("line2.db").await);
    let organization: OrganizationId = "romashka".parse().unwrap();
    let (mut ticket, _) = desk.ticket(&organization, id).await.unwrap().unwrap();
    ticket.line = Line::Technical;
    ticket.custody = Custody::Held;
    technical.write(move |work| Box::pin(async move { work.put(&ticket, None).await.map(drop) })).await.unwrap();
    desk.close().await.unwrap();
    technical.close().await.unwrap();

    let output = ran(&["audit", "--data", text(dir.path())]);
    assert_eq!(output.status.code(), Some(1));
    let said = out(&output);
    assert!(said.contains("invariant 1 (one custodian)") && said.contains(&id.to_string()), "{said}");
}
