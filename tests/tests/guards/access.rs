//! Who may call what, tried: every RPC of every line, by everybody and by nobody.

use std::collections::BTreeMap;

use expect_test::expect_file;
use proto::access::{Access, Role as InRules};
use proto::errors::Reason;
use rpc::{Caller, Role};
use tests::on_each_database;
use ticket::Line;

use crate::callers::{everybody, way};
use crate::raw::call;
use crate::rpcs::{contracts, everywhere};

/// What the words of a rule mean, told apart from how the service applies them. None: the call is let in.
fn refusal(rule: &Access, line: Line, caller: &Caller) -> Option<Reason> {
    let (named, of) = match &caller.role {
        Role::Client => (InRules::Client, None),
        Role::Agent { line } => (InRules::Agent, Some(*line)),
        Role::Supervisor => (InRules::Supervisor, None),
        Role::KnowledgeEditor => (InRules::KnowledgeEditor, None),
        Role::Administrator => (InRules::Administrator, None),
        Role::Partner { .. } => (InRules::Partner, Some(Line::Vendor)),
        Role::Service { name } => (InRules::Service, name.line()),
    };
    let is_beyond = matches!(of, Some(Line::Technical | Line::Expert | Line::Vendor));
    let is_foreign = named == InRules::Agent && of != Some(line) && !rule.any_line;
    if rule.reaches_client && is_beyond {
        Some(Reason::ClientContactNotAllowed)
    } else if !rule.allow.contains(&(named as i32)) || is_foreign {
        Some(Reason::RoleNotAllowed)
    } else {
        None
    }
}

/// Who was let in at one line, in few words.
fn in_words(line: Line, allowed: &[Caller]) -> String {
    let all = |wanted: fn(&Role) -> bool| allowed.iter().filter(|caller| wanted(&caller.role)).count();
    let agents = all(|role| matches!(role, Role::Agent { .. }));
    let services = all(|role| matches!(role, Role::Service { .. }));
    let mut words = Vec::new();
    for caller in allowed {
        words.push(match &caller.role {
            Role::Agent { .. } if agents == Line::ALL.len() => "any agent".to_owned(),
            Role::Agent { line: of } if *of == line => "agent of the line".to_owned(),
            Role::Service { .. } if services == Line::ALL.len() + 1 => "any service".to_owned(),
            role => role.to_string(),
        });
    }
    words.dedup();
    words.join(", ")
}

#[tokio::test]
async fn every_rpc_lets_in_whom_its_rule_names_and_nobody_else() {
    on_each_database(async |stage| {
        // By RPC: who is let in, and at which lines it is so.
        let mut table: BTreeMap<String, BTreeMap<String, Vec<&str>>> = BTreeMap::new();
        for (line, rpc) in everywhere(&stage).await {
            let mut allowed = Vec::new();
            for caller in everybody(&stage.plan) {
                let answer = call(way(&stage, line, &caller), &rpc.path, Vec::new()).await;
                let reason = answer.err().and_then(|status| rpc::reason_of(&status));
                let refused =
                    reason.filter(|reason| matches!(reason, Reason::RoleNotAllowed | Reason::ClientContactNotAllowed));
                let wanted = refusal(&rpc.rule, line, &caller);
                assert_eq!(refused, wanted, "{} calls {} at {line}", caller.role, rpc.path);
                if refused.is_none() {
                    assert_ne!(reason, Some(Reason::Unauthenticated), "{} at {line}", caller.role);
                    allowed.push(caller);
                }
            }
            let rpc = rpc.path.trim_start_matches("/estafeta.").to_owned();
            table.entry(rpc).or_default().entry(in_words(line, &allowed)).or_default().push(line.name());
        }
        let mut text = String::new();
        for (rpc, entries) in table {
            for (who, lines) in entries {
                text += &format!("{rpc} at {}: {who}\n", lines.join(" "));
            }
        }
        expect_file!["access.txt"].assert_eq(&text);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_is_let_in_without_a_token() {
    on_each_database(async |stage| {
        for (line, rpc) in everywhere(&stage).await {
            let refused =
                call(stage.suite.channel(line), &rpc.path, Vec::new()).await.expect_err("a token is asked for");
            assert_eq!(rpc::reason_of(&refused), Some(Reason::Unauthenticated), "{} at {line}", rpc.path);
            assert_eq!(refused.code(), tonic::Code::Unauthenticated);
            assert!(refused.message().contains("authorization: Bearer"), "{}", refused.message());
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_line_does_not_serve_is_unknown_there() {
    on_each_database(async |stage| {
        let everywhere = everywhere(&stage).await;
        let everybody = everybody(&stage.plan);
        for rpc in contracts() {
            for line in Line::ALL {
                if everywhere.iter().any(|(at, served)| *at == line && served.path == rpc.path) {
                    continue;
                }
                let allowed = everybody.iter().find(|caller| refusal(&rpc.rule, line, caller).is_none());
                let Some(caller) = allowed else { continue };
                let refused =
                    call(way(&stage, line, caller), &rpc.path, Vec::new()).await.expect_err("nobody serves it");
                assert_eq!(rpc::reason_of(&refused), Some(Reason::MethodUnknown), "{} at {line}", rpc.path);
            }
        }
        // What no line serves is the partner's side of the bridge, and what internal services do for line 0.
        let nowhere =
            contracts().into_iter().filter(|rpc| !everywhere.iter().any(|(_, served)| served.path == rpc.path));
        let nowhere: Vec<String> = nowhere.map(|rpc| rpc.method.parent_service().name().to_owned()).collect();
        let desk = "PartnerDeskService";
        assert_eq!(nowhere, [desk, desk, desk, "ScenarioService"]);
    })
    .await;
}
