//! Knowledge from files to line 0 and back, from a terminal, over a service in a process of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

use rpc::{KeyName, Keys};
use serde_json::{Value, json};
use store::testing::TestDatabase;

use crate::scene::{Serving, err, out, ran, text};

const VPN: &str = "---\nid: vpn\ntitle: Не подключается VPN, что делать?\nlanguage: ru\naudience: internal\n\
    questions: как включить впн | vpn не работает\nsynonyms: туннель\ntags: сеть\nproduct: VPN\npair: vpn-en\n\
    valid_until: 2027-01-01T00:00:00Z\n---\n\n## Проверить\n\nИнтернет без VPN.\n\n## Исправить\n\nПерезапустить клиент.\n";
const PRINTING: &str = "---\ntitle: Printing\n---\n\nTurn the printer on.\n";

/// `estafeta articles …` on the suite in `data`.
fn articles(data: &Path, arguments: &[&str]) -> Output {
    ran(&[&["articles", "--data", text(data), "--organization", "romashka"], arguments].concat())
}

/// What such a command prints, as JSON.
fn told(data: &Path, arguments: &[&str]) -> Value {
    let output = articles(data, &[&["--json"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}{}", out(&output), err(&output));
    serde_json::from_str(&out(&output)).expect("it prints JSON")
}

fn texts(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("it can be read"));
    let read = |path: &Path| fs::read_to_string(path).expect("it is a text");
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), read(&entry.path()))).collect()
}

/// Line 0 in a process of its own, over this database.
fn line0(data: &Path, database: &TestDatabase) -> Serving {
    let plan = data.join("plan.toml");
    fs::write(&plan, plan::DEMO).expect("the directory is ours");
    let serving = Serving::start("line0", data, &plan, &["--database".to_owned(), format!("line0={}", database.url())]);
    // Where services run by themselves, whoever gives people their tokens has this key.
    Keys::open(&data.join("keys"), &[KeyName::Authority]).expect("the directory is ours");
    serving
}

#[test]
fn what_is_imported_is_exported_the_same_and_only_what_changed_is_put_again() {
    for database in std::iter::once(TestDatabase::sqlite()).chain(TestDatabase::postgres()) {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path();
        let serving = line0(data, &database);
        let folder = data.join("articles");
        fs::create_dir_all(folder.join("office")).unwrap();
        fs::write(folder.join("vpn.md"), VPN).unwrap();
        fs::write(folder.join("office/Printing.md"), PRINTING).unwrap();
        fs::write(folder.join("notes.txt"), "not an article").unwrap();

        assert_eq!(told(data, &["import", text(&folder)]), json!({ "articles": 2, "changed": 2 }));
        assert_eq!(told(data, &["import", text(&folder)]), json!({ "articles": 2, "changed": 0 }));
        fs::write(folder.join("office/Printing.md"), PRINTING.replace("on.", "on and wait.")).unwrap();
        assert_eq!(told(data, &["import", text(&folder)]), json!({ "articles": 2, "changed": 1 }));

        let (first, second) = (data.join("first"), data.join("second"));
        // By its address, as from another machine.
        let exported = articles(data, &["export", text(&first), "--line0", &serving.address]);
        assert!(out(&exported).starts_with("2 articles written into"), "{}{}", out(&exported), err(&exported));
        let written = texts(&first);
        assert_eq!(written.keys().collect::<Vec<_>>(), ["office%2f%50rinting.md", "vpn.md"]);
        assert_eq!(written["vpn.md"].matches("## ").count(), 2, "{}", written["vpn.md"]);
        assert!(written["office%2f%50rinting.md"].contains("Turn the printer on and wait."));
        assert_eq!(told(data, &["import", text(&first)]), json!({ "articles": 2, "changed": 0 }));
        assert_eq!(told(data, &["export", text(&second)]), json!({ "articles": 2 }));
        assert_eq!(texts(&second), written);
        let refused = articles(data, &["export", text(&first)]);
        assert!(!refused.status.success() && err(&refused).contains("is not empty"), "{}", err(&refused));

        let table = data.join("more.csv");
        let rows = "id,title,answer,product,valid_from,audience\n\
            bill,\"Счёт, которого нет\",\"Проверьте папку «Спам».\",billing,2026-01-01T00:00:00Z,client\n";
        fs::write(&table, rows).unwrap();
        assert_eq!(told(data, &["import", text(&table)]), json!({ "articles": 1, "changed": 1 }));
        told(data, &["export", text(&data.join("third"))]);
        let bill = &texts(&data.join("third"))["bill.md"];
        assert!(bill.contains("product: billing\nvalid_from: 2026-01-01T00:00:00Z\n"), "{bill}");
    }
}

#[test]
fn a_file_with_a_fault_is_refused_with_its_line_and_nothing_is_imported() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path();
    let database = TestDatabase::sqlite();
    let _serving = line0(data, &database);
    let folder = data.join("articles");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("vpn.md"), VPN).unwrap();
    fs::write(folder.join("colour.md"), "---\ntitle: Printing\ncolour: red\n---\nTurn it on.\n").unwrap();
    fs::write(folder.join("dates.md"), "---\ntitle: Printing\nvalid_from: tomorrow\n---\nTurn it on.\n").unwrap();
    fs::write(folder.join("twice.md"), VPN).unwrap();
    let missing = articles(data, &["import", text(&data.join("nowhere"))]);
    assert!(!missing.status.success() && err(&missing).contains("No such file"), "{}", err(&missing));
    let refused = articles(data, &["import", text(&folder)]);
    assert!(!refused.status.success());
    let said = err(&refused);
    for fault in [
        "colour.md: line 3: `colour` is not known; known are id, title",
        "dates.md: line 3: `tomorrow` is no instant such as",
        "vpn.md: line 1: article `vpn` is in ",
        "give one of them another `id`",
    ] {
        assert!(said.contains(fault), "{said}");
    }
    let table = data.join("more.csv");
    fs::write(&table, "id,title,answer\nbill,Счёт,Проверьте папку «Спам».\nempty,Пусто,\n").unwrap();
    let said = err(&articles(data, &["import", text(&table)]));
    assert!(said.contains("more.csv: line 3, column `answer`: is empty; write the answer"), "{said}");
    fs::write(data.join("notes.txt"), "not an article").unwrap();
    let said = err(&articles(data, &["import", text(&data.join("notes.txt"))]));
    assert!(said.contains("name it .csv, .tsv or .jsonl"), "{said}");
    assert_eq!(told(data, &["export", text(&data.join("copy"))]), json!({ "articles": 0 }), "nothing was imported");

    fs::remove_file(folder.join("colour.md")).unwrap();
    fs::remove_file(folder.join("dates.md")).unwrap();
    fs::remove_file(folder.join("twice.md")).unwrap();
    assert_eq!(told(data, &["import", text(&folder)]), json!({ "articles": 1, "changed": 1 }));
}
