//! What line 1 learns, and what another plan would change, from a terminal.

use std::fs;
use std::path::Path;
use std::process::Output;

use proto::handover::CustodianServiceResolveRequest;
use proto::handover::custodian_service_client::CustodianServiceClient;
use proto::line0::AskRequest;
use proto::line0::self_service_service_client::SelfServiceServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::line1::{ConfirmRequest, Contact, RegisterRequest};
use proto::ticket::Channel;
use rpc::{KeyName, Keys, Role};
use serde_json::Value;
use store::testing::TestDatabase;

use crate::scene::{Serving, at, desk_agent, err, out, ran, text};

const TEXTS: [(&str, &str); 2] =
    [("no-internet", "Пропал интернет, роутер мигает"), ("printing", "Принтер не печатает, застряла бумага")];

/// Line 1 in a process of its own.
fn line1(data: &Path, database: &TestDatabase) -> Serving {
    let plan = data.join("plan.toml");
    fs::write(&plan, plan::DEMO).expect("the directory is ours");
    Keys::open(&data.join("keys"), &[KeyName::Authority]).expect("the directory is ours");
    Serving::start("line1", data, &plan, &["--database".to_owned(), format!("line1={}", database.url())])
}

/// Registers a request, and lets it be closed where a category is said.
async fn came(serving: &Serving, data: &Path, number: usize, category: &str, words: &str) {
    let channel = at(&serving.address, data, desk_agent());
    let request = RegisterRequest {
        request_id: format!("register-{number}"),
        client: "client-1".into(),
        channel: Channel::Phone.into(),
        text: format!("{words}, кабинет {number}"),
        category: category.into(),
        ..RegisterRequest::default()
    };
    let ticket = ServiceDeskServiceClient::new(channel.clone()).register(request).await;
    let ticket = ticket.expect("it is registered").into_inner().ticket.and_then(|ticket| ticket.facts);
    let ticket_id = ticket.expect("the answer has it").ticket_id;
    if category.is_empty() {
        return;
    }
    let request = CustodianServiceResolveRequest {
        request_id: format!("resolve-{number}"),
        ticket_id: ticket_id.clone(),
        root_cause: "нашли".into(),
        done: "исправили".into(),
        how_to_verify: "попробовать".into(),
        ..Default::default()
    };
    CustodianServiceClient::new(channel.clone()).resolve(request).await.expect("it is resolved");
    let request = ConfirmRequest { request_id: format!("confirm-{number}"), ticket_id };
    ServiceDeskServiceClient::new(channel).confirm(request).await.expect("it is confirmed");
}

fn command(data: &Path, arguments: &[&str]) -> Output {
    ran(&[arguments, &["--data", text(data), "--organization", "romashka"]].concat())
}

#[tokio::test]
async fn tickets_are_learned_from_and_models_shown_from_a_terminal() {
    for database in std::iter::once(TestDatabase::sqlite()).chain(TestDatabase::postgres()) {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path();
        let serving = line1(data, &database);
        assert!(out(&command(data, &["models"])).contains("no models"));
        let refused = command(data, &["train"]);
        assert_eq!(refused.status.code(), Some(1), "{}", err(&refused));
        assert!(out(&refused).contains("category: no model: 0 examples teach nothing"), "{}", out(&refused));
        for number in 0..12 {
            let (category, words) = TEXTS[number % 2];
            came(&serving, data, number, category, words).await;
        }
        let trained = command(data, &["train"]);
        let said = out(&trained);
        assert!(trained.status.success() && said.contains("category: mdl_category_"), "{said}{}", err(&trained));
        assert!(said.contains("Russian: only suggests: 12 tickets do not show a precision of 90.0 %"), "{said}");
        let listed: Value = serde_json::from_str(&out(&command(data, &["models", "--json"]))).unwrap();
        let id = listed["models"][0]["modelId"].as_str().unwrap().to_owned();
        assert_eq!(listed["models"][0]["state"], "MODEL_STATE_ACTIVE");
        assert!(out(&command(data, &["models", "shadow", &id])).contains(", in shadow"));
        assert!(out(&command(data, &["models", "rest", &id])).contains(", resting"));
        assert!(out(&command(data, &["models", "activate", &id])).contains(", active"));
        assert!(out(&command(data, &["models", "show", &id])).contains("of closed tickets: right on 0 of 0"));
        assert!(!command(data, &["models", "show", "mdl_none"]).status.success());
    }
}

#[tokio::test]
async fn another_plan_is_tried_on_what_was_recorded() {
    for database in std::iter::once(TestDatabase::sqlite()).chain(TestDatabase::postgres()) {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path();
        let serving = line1(data, &database);
        for number in 0..3 {
            came(&serving, data, number, "", TEXTS[1].1).await;
        }
        came(&serving, data, 3, "", TEXTS[0].1).await;
        let rule = "[[rules]]\nid = \"printers\"\nname = { ru = \"принтер\", en = \"a printer\" }\nwords = [\"принтер*\"]\n\
            set = { category = \"printing\", raise = 1 }\n\n[sorting]\n";
        let other = data.join("other.toml");
        fs::write(&other, plan::DEMO.replacen("[sorting]\n", rule, 1)).unwrap();
        let database = format!("line1={}", database.url());
        let tried = |more: &[&str]| {
            ran(&[&["whatif", "--data", text(data), "--plan", text(&other), "--database", &database], more].concat())
        };
        let output = tried(&["--json"]);
        let told: Value = serde_json::from_str(&out(&output)).unwrap_or_else(|_| panic!("{}", err(&output)));
        let told = &told["organizations"][0];
        assert_eq!((&told["requests"], &told["unknown"]), (&4.into(), &0.into()));
        let changes = told["changes"].as_array().unwrap();
        assert_eq!(changes.len(), 2, "{changes:?}");
        assert_eq!((&changes[0]["field"], &changes[0]["to"]), (&"category".into(), &"printing".into()));
        assert_eq!((&changes[0]["count"], changes[0]["examples"].as_array().unwrap().len()), (&3.into(), 3));
        assert_eq!((&changes[1]["field"], &changes[1]["from"]), (&"priority".into(), &"medium".into()));
        let said = out(&tried(&[]));
        assert!(said.contains("category: 3 would change\n  3 × – → printing\n"), "{said}");
        let said = out(&tried(&["--since", "2100-01-01T00:00:00Z"]));
        assert!(said.contains("0 requests sorted anew") && said.contains("nothing would change"), "{said}");
        let refused = ran(&["whatif", "--data", text(data)]);
        assert!(err(&refused).contains("give another plan with --plan, or a --model"), "{}", err(&refused));
    }
}

#[tokio::test]
async fn a_model_is_tried_on_what_was_recorded_before_it_acts() {
    let (dir, database) = (tempfile::tempdir().unwrap(), TestDatabase::sqlite());
    let data = dir.path();
    let serving = line1(data, &database);
    // Of these nobody said what they are.
    came(&serving, data, 100, "", TEXTS[0].1).await;
    came(&serving, data, 101, "", "Где у вас столовая?").await;
    for number in 0..56 {
        let (category, words) = TEXTS[number % 2];
        came(&serving, data, number, category, words).await;
    }
    let trained = command(data, &["train"]);
    assert!(trained.status.success(), "{}{}", out(&trained), err(&trained));
    let listed: Value = serde_json::from_str(&out(&command(data, &["models", "--json"]))).unwrap();
    let model = listed["models"].as_array().unwrap().iter().find(|model| model["field"] == "SORTING_FIELD_CATEGORY");
    let model = model.unwrap()["modelId"].as_str().unwrap().to_owned();
    let (plan, database) = (data.join("plan.toml"), format!("line1={}", database.url()));
    let tried = |model: &str| {
        let plan = ["--plan", text(&plan), "--database", &database, "--model", model];
        ran(&[&["whatif", "--data", text(data)], &plan[..]].concat())
    };
    let said = out(&tried(&model));
    assert!(said.contains("58 requests sorted anew") && said.contains("nothing would change"), "it acts: {said}");
    assert!(command(data, &["models", "rest", &model]).status.success());
    let said = out(&tried(&model));
    assert!(said.contains("category: 1 would change\n  1 × – → no-internet\n"), "{said}");
    let unknown = tried("mdl_category_none");
    assert!(!unknown.status.success() && err(&unknown).contains("there is no model"), "{}", err(&unknown));
}

#[tokio::test]
async fn another_threshold_is_tried_on_what_line_0_answered() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path();
    let plan = data.join("plan.toml");
    fs::write(&plan, plan::DEMO).unwrap();
    let line1 = Serving::start("line1", data, &plan, &[]);
    let line0 = Serving::start("line0", data, &plan, &[]);
    Keys::open(&data.join("keys"), &[KeyName::Authority]).unwrap();
    let folder = data.join("articles");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("vpn.md"), "---\ntitle: Как настроить VPN\nlanguage: ru\n---\n\nПерезапустите клиент VPN.\n")
        .unwrap();
    fs::write(folder.join("phone.md"), "---\ntitle: Как настроить телефон\nlanguage: ru\n---\n\nВключите его.\n")
        .unwrap();
    let imported = command(data, &["articles", "import", text(&folder)]);
    assert!(imported.status.success(), "{}", err(&imported));
    let channel = at(&line0.address, data, Role::Client);
    for (number, words) in ["Как настроить VPN", "не работает VPN дома"].iter().enumerate() {
        let request = AskRequest {
            request_id: format!("ask-{number}"),
            text: (*words).to_owned(),
            contact: Some(Contact { email: "anna@example.org".into(), ..Contact::default() }),
            channel: Channel::Chat.into(),
            ..AskRequest::default()
        };
        SelfServiceServiceClient::new(channel.clone()).ask(request).await.expect("line 0 takes it");
    }
    let tried = |answer: &str| {
        let other = data.join("other.toml");
        fs::write(
            &other,
            plan::DEMO.replacen("answer = 0.8\noffer = 0.45", &format!("answer = {answer}\noffer = 0.0"), 1),
        )
        .unwrap();
        out(&ran(&["whatif", "--data", text(data), "--plan", text(&other)]))
    };
    let said = tried("0.8");
    assert!(said.contains("2 answers measured anew") && said.contains("nothing would change"), "{said}");
    let said = tried("1.0");
    assert!(said.contains("answer: 1 would change\n  1 × answered → not answered\n"), "{said}");
    let said = tried("0.001");
    assert!(said.contains("answer: 1 would change\n  1 × not answered → answered\n"), "{said}");
    drop(line1);
}
