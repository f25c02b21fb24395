//! Force majeure, from a terminal, over line 1 in a process of its own.

use std::path::Path;
use std::process::Output;

use jiff::SignedDuration;
use rpc::{KeyName, Keys};
use serde_json::Value;
use store::testing::TestDatabase;
use ticket::{Clock, SystemClock};

use crate::scene::{Serving, err, out, ran, text};

fn command(data: &Path, arguments: &[&str]) -> Output {
    ran(&[&["force-majeure"], arguments, &["--data", text(data), "--organization", "romashka"]].concat())
}

fn told(output: &Output) -> Value {
    serde_json::from_str(&out(output)).unwrap_or_else(|_| panic!("{}", err(output)))
}

/// The command fails and says all of this.
fn refused(data: &Path, arguments: &[&str], words: &[&str]) {
    let output = command(data, arguments);
    let said = err(&output);
    assert!(output.status.code() == Some(2) && words.iter().all(|word| said.contains(word)), "{arguments:?}: {said}");
}

#[test]
fn force_majeure_is_declared_prolonged_and_ended_from_a_terminal() {
    for database in std::iter::once(TestDatabase::sqlite()).chain(TestDatabase::postgres()) {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path();
        let plan = data.join("plan.toml");
        std::fs::write(&plan, plan::DEMO).unwrap();
        Keys::open(&data.join("keys"), &[KeyName::Authority]).unwrap();
        refused(data, &["list"], &["line1 is not running", "estafeta up"]);
        let given = ["--database".to_owned(), format!("line1={}", database.url())];
        let _line1 = Serving::start("line1", data, &plan, &given);
        assert!(out(&command(data, &["list"])).contains("none was declared"));

        refused(data, &["declare", "flood", "--hours", "2"], &["profile_id", "backbone-cut, short-staffed"]);
        refused(data, &["declare", "backbone-cut"], &["--until", "--hours"]);
        refused(data, &["declare", "backbone-cut", "--until", "tomorrow"], &["--until", "tomorrow"]);
        refused(data, &["declare", "backbone-cut", "--hours", "73"], &["ends", "72 hours"]);
        refused(data, &["declare", "backbone-cut", "--hours", "2", "--ru", "Авария"], &["--en"]);
        refused(data, &["end"], &["none holds now"]);
        refused(data, &["end", "fmj_none"], &["force_majeure_id"]);

        let words = ["--ru", "Обрыв под Тверью.", "--en", "A cut near Tver."];
        let declare = [&["declare", "backbone-cut", "--hours", "2", "--json"], words.as_slice()].concat();
        let declared = told(&command(data, &declare));
        assert_eq!(declared["state"], "FORCE_MAJEURE_STATE_HOLDS");
        assert_eq!(declared["terms"]["text"]["ru"], "Обрыв под Тверью.");
        let id = declared["terms"]["forceMajeureId"].as_str().unwrap();
        refused(data, &["declare", "short-staffed", "--hours", "2"], &["FORCE_MAJEURE_OVERLAPS", id]);
        let prolonged = told(&command(data, &["prolong", "--hours", "4", "--json"]));
        assert!(prolonged["terms"]["ends"].as_str() > declared["terms"]["ends"].as_str(), "{prolonged}");
        refused(data, &["prolong", "--hours", "1"], &["ends", "sooner"]);
        let said = out(&command(data, &["list"]));
        assert!(
            said.contains(id) && said.contains("holds") && said.contains("Обрыв магистрали / Backbone cut"),
            "{said}"
        );

        let ended = out(&command(data, &["end"]));
        assert!(ended.contains("is over") && ended.contains("ended by"), "{ended}");
        refused(data, &["end", id], &["FORCE_MAJEURE_OVER"]);
        let listed = told(&command(data, &["list", "--json"]));
        assert_eq!(listed["forceMajeures"][0]["history"].as_array().unwrap().len(), 3, "{listed}");

        // One that is to begin is called off by its id.
        let begins = "2099-01-01T00:00:00Z";
        refused(data, &["declare", "short-staffed", "--from", begins, "--hours", "2"], &["begins", "a year ahead"]);
        let from = (SystemClock.now() + SignedDuration::from_hours(48)).to_string();
        let planned = told(&command(data, &["declare", "short-staffed", "--from", &from, "--hours", "2", "--json"]));
        assert_eq!(planned["state"], "FORCE_MAJEURE_STATE_PLANNED");
        let id = planned["terms"]["forceMajeureId"].as_str().unwrap();
        assert!(out(&command(data, &["show", id])).contains("is to begin"));
        assert!(out(&command(data, &["end", id])).contains("is over"));
    }
}
