//! Whoever calls is known, or gets nothing; and what may be called stands in the protos.

use std::sync::Arc;

use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proto::{
    errors::Reason,
    line0::knowledge_service_client::KnowledgeServiceClient,
    ticket::{GetLegRequest, ticket_service_client::TicketServiceClient},
};
use rpc::{
    Caller, KeyName, Keys, Peer, Problem, Refusal, Role, ServiceName, access::AccessTable, as_caller, caller,
    reason_of, token::TokenError,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use ticket::{Clock, Line};

use crate::scene::{Desk, LINE0, LINE1, Scene, Way, organization, question, said, title, who};

/// Everybody there is.
fn everybody() -> Vec<Role> {
    let lines = Line::ALL;
    let mut all = vec![
        Role::Client,
        Role::Supervisor,
        Role::KnowledgeEditor,
        Role::Administrator,
        Role::Partner { vendor: "v".to_owned() },
    ];
    all.extend(lines.map(|line| Role::Agent { line }));
    all.extend(lines.map(|line| Role::Service { name: ServiceName::Line(line) }));
    all.push(Role::Service { name: ServiceName::Gateway });
    all
}

fn echoing() -> Desk {
    Desk::answering(|request| async move {
        let caller = caller(&request).map_err(|refusal| rpc::into_status(&refusal))?;
        Ok(said(who(caller)))
    })
}

#[tokio::test]
async fn a_handler_learns_who_calls() {
    let scene = Scene::new();
    for way in Way::BOTH {
        let open = scene.open(way, LINE0, echoing()).await;
        let mut agent = scene.client(&open.channel, Role::Agent { line: Line::Expert });
        let answer = agent.search_articles(question("who am I?")).await.unwrap();
        assert_eq!(title(answer), "anna of acme is agent of expert", "{way:?}");
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_answered() {
    let scene = Scene::new();
    for way in Way::BOTH {
        let open = scene.open(way, LINE0, echoing()).await;
        let refused = KnowledgeServiceClient::new(open.channel).search_articles(question("?")).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::Unauthenticated, "{way:?}");
        assert_eq!(reason_of(&refused), Some(Reason::Unauthenticated));
    }
}

/// A token made by hand: any header, any claims, any key.
fn forged(header: &Header, role: &str, key: &EncodingKey) -> SecretString {
    let claims = json!({
        "sub": "mallory", "org": "acme", "role": role, "iat": 1_800_000_000, "exp": 1_800_000_300, "aud": "estafeta",
    });
    jsonwebtoken::encode(header, &claims, key).expect("it can be signed").into()
}

fn base64url(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digit = |bits: u32| char::from(DIGITS[bits as usize & 63]);
    let chunks = text.as_bytes().chunks(3).map(|chunk| {
        let bits = chunk.iter().chain([0, 0].iter()).take(3).fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        (0..=chunk.len()).map(|at| digit(bits >> (18 - 6 * at))).collect::<String>()
    });
    chunks.collect()
}

#[tokio::test]
async fn a_forged_token_is_not_believed() {
    let scene = Scene::new();
    let elsewhere = Scene::new();
    let public = std::fs::read(scene.key_dir().join("authority.pub.pem")).unwrap();
    let kid = |name: &str| Header { kid: Some(name.to_owned()), ..Header::new(Algorithm::EdDSA) };
    let line0 = EncodingKey::from_ed_pem(&std::fs::read(scene.key_dir().join("line0.pem")).unwrap()).unwrap();
    let hs256 = Header { kid: Some("authority".to_owned()), ..Header::new(Algorithm::HS256) };

    let none = format!(
        "{}.{}.",
        base64url(r#"{"alg":"none","kid":"authority"}"#),
        base64url(
            r#"{"sub":"mallory","org":"acme","role":"administrator","iat":1800000000,"exp":1800000300,"aud":"estafeta"}"#
        ),
    );
    let good = scene.token(Role::Administrator).expose_secret().to_owned();
    let (head, signature) = good.rsplit_once('.').unwrap();
    let cut = format!("{head}.{}", &signature[..signature.len() - 4]);
    let service_of_another = scene.keys.signer(KeyName::Line(Line::SelfService)).unwrap().token(
        &scene.caller(Role::Service { name: ServiceName::Line(Line::ServiceDesk) }),
        scene.clock.now(),
        SignedDuration::from_mins(5),
    );
    let service_of_authority = scene.keys.signer(KeyName::Authority).unwrap().token(
        &scene.caller(Role::Service { name: ServiceName::Gateway }),
        scene.clock.now(),
        SignedDuration::from_mins(5),
    );
    let tokens: Vec<(&str, SecretString)> = vec![
        ("another installation's key", elsewhere.token(Role::Administrator)),
        ("a service's key for a person", forged(&kid("line0"), "administrator", &line0)),
        ("a service's key under the authority's name", forged(&kid("authority"), "administrator", &line0)),
        ("a service's key for another service", service_of_another),
        ("the authority's key for a service", service_of_authority),
        ("a key nobody has", forged(&kid("line9"), "administrator", &line0)),
        ("a path for a key", forged(&kid("../keys/line0"), "administrator", &line0)),
        ("no key", forged(&Header::new(Algorithm::EdDSA), "administrator", &line0)),
        ("a public key as a shared secret", forged(&hs256, "administrator", &EncodingKey::from_secret(&public))),
        ("no algorithm", none.into()),
        ("no signature", format!("{head}.").into()),
        ("half a signature", cut.into()),
        ("no token at all", "hello".to_owned().into()),
        ("a token without end", "a".repeat(9 * 1024).into()),
    ];
    for way in Way::BOTH {
        let open = scene.open(way, LINE0, echoing()).await;
        for (what, token) in &tokens {
            let mut client = KnowledgeServiceClient::new(as_caller(open.channel.clone(), token.clone()));
            let refused = client.search_articles(question("?")).await.expect_err(what);
            assert_eq!(reason_of(&refused), Some(Reason::Unauthenticated), "{way:?}, {what}: {refused:?}");
        }
    }
}

#[test]
fn a_token_is_good_for_its_time_and_for_clocks_that_differ_a_little() {
    let scene = Scene::new();
    let token = scene.token(Role::Client);
    let verifier = scene.keys.verifier();
    let at = |seconds| {
        let then = scene.clock.now() + SignedDuration::from_secs(seconds);
        verifier.verify(token.expose_secret(), then).is_ok()
    };
    assert!(at(0) && at(299) && at(329) && at(-29), "its five minutes, and half a minute more on both sides");
    assert!(!at(331) && !at(-31), "but no longer");
    assert!(at(0), "however often it was asked");
}

#[test]
fn every_role_travels_in_a_token_unchanged() {
    let scene = Scene::new();
    for role in everybody() {
        let seen = scene.keys.verifier().verify(scene.token(role.clone()).expose_secret(), scene.clock.now());
        assert_eq!(seen.unwrap(), scene.caller(role));
    }
}

#[test]
fn a_service_that_starts_later_is_believed_without_a_restart() {
    let scene = Scene::new();
    let dir = scene.dir.path().join("later");
    let first = Keys::open(&dir, &[KeyName::Authority]).unwrap();
    let late = Keys::open(&dir, &[KeyName::Gateway]).unwrap();
    let gateway = Caller {
        subject: "gateway".to_owned(),
        organization: organization(),
        role: Role::Service { name: ServiceName::Gateway },
    };
    let token = late.signer(KeyName::Gateway).unwrap().token(&gateway, scene.clock.now(), SignedDuration::from_mins(1));
    assert_eq!(first.verifier().verify(token.expose_secret(), scene.clock.now()), Ok(gateway));
}

#[test]
fn a_key_that_was_replaced_is_believed_and_the_old_one_no_more() {
    let scene = Scene::new();
    let verifier = scene.keys.verifier();
    let old = scene.token(Role::Client);
    assert!(verifier.verify(old.expose_secret(), scene.clock.now()).is_ok());

    std::fs::remove_file(scene.key_dir().join("authority.pem")).unwrap();
    let keys = Keys::open(&scene.key_dir(), &[KeyName::Authority]).unwrap();
    let authority = keys.signer(KeyName::Authority).unwrap();
    let new = authority.token(&scene.caller(Role::Client), scene.clock.now(), SignedDuration::from_mins(5));
    assert_eq!(verifier.verify(new.expose_secret(), scene.clock.now()), Ok(scene.caller(Role::Client)));
    assert_eq!(verifier.verify(old.expose_secret(), scene.clock.now()), Err(TokenError::Signature));
}

#[tokio::test]
async fn a_service_speaks_for_itself_and_for_one_organization_as_long_as_it_runs() {
    let scene = Scene::new();
    for way in Way::BOTH {
        let open = scene.open(way, LINE0, Desk::quiet()).await;
        let peer = scene.peer("line 0", open.channel.clone(), LINE1);
        let mut legs = TicketServiceClient::new(peer.of(&organization()));
        for _ in 0..3 {
            let leg = legs.get_leg(GetLegRequest::default()).await.unwrap().into_inner();
            assert_eq!(leg.ticket_json, "service-desk of acme is service service-desk", "{way:?}");
            scene.clock.advance(SignedDuration::from_mins(30)); // the token of before is long over
        }

        let gateways = scene.keys.signer(KeyName::Gateway).unwrap();
        let posing = Peer::new("line 0", open.channel.clone(), gateways, LINE1, Arc::new(scene.clock.clone()));
        let mut legs = TicketServiceClient::new(posing.of(&organization()));
        let refused = legs.get_leg(GetLegRequest::default()).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::Unauthenticated), "{way:?}: {refused:?}");
    }
}

#[test]
fn every_rpc_has_a_rule() {
    assert_eq!(AccessTable::contracts().without_rule().collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(AccessTable::contracts().rules().count() > 30);
}

#[test]
fn beyond_line_1_nobody_writes_to_the_client() {
    let scene = Scene::new();
    let table = AccessTable::contracts();
    let writing: Vec<&str> = table.rules().filter(|(_, rule)| rule.reaches_client).map(|(path, _)| path).collect();
    assert!(writing.contains(&"/estafeta.line1.v1.ServiceDeskService/WriteToClient"), "{writing:?}");
    for path in writing {
        for serving in Line::ALL.map(Some).into_iter().chain([None]) {
            for role in everybody() {
                let beyond = role.line().is_some_and(|line| line.number() >= 2);
                let answer = table.check(path, serving, &scene.caller(role.clone()));
                let reason = answer.err().map(|refusal| refusal.reason());
                match beyond {
                    true => assert_eq!(reason, Some(Reason::ClientContactNotAllowed), "{role} at {path}"),
                    false => assert_ne!(reason, Some(Reason::ClientContactNotAllowed), "{role} at {path}"),
                }
            }
        }
    }
}

#[test]
fn an_agent_works_on_the_own_line_only_but_may_read_on_all() {
    let scene = Scene::new();
    let table = AccessTable::contracts();
    let agent = scene.caller(Role::Agent { line: Line::Technical });
    let works = "/estafeta.handover.v1.CustodianService/Assign";
    let reads = "/estafeta.ticket.v1.TicketService/GetTicket";
    for serving in Line::ALL {
        assert_eq!(table.check(works, Some(serving), &agent).is_ok(), serving == Line::Technical, "{serving}");
        assert_eq!(table.check(reads, Some(serving), &agent), Ok(()));
    }
    assert!(table.check(works, None, &agent).is_err(), "the gateway is no line");
    assert_eq!(
        table.check("/estafeta.line0.v1.KnowledgeService/DropArticles", None, &agent),
        Err(Refusal::MethodUnknown { method: "/estafeta.line0.v1.KnowledgeService/DropArticles".to_owned() })
    );
}

#[tokio::test]
async fn a_role_that_the_rule_does_not_name_is_refused_with_its_name() {
    let scene = Scene::new();
    for way in Way::BOTH {
        let open = scene.open(way, LINE0, echoing()).await;
        for role in everybody() {
            let allowed = matches!(
                role,
                Role::Client | Role::Agent { .. } | Role::Supervisor | Role::KnowledgeEditor | Role::Administrator
            );
            let answer = scene.client(&open.channel, role.clone()).search_articles(question("?")).await;
            match answer {
                Ok(_) => assert!(allowed, "{role}"),
                Err(status) => {
                    assert!(!allowed, "{role}: {status:?}");
                    assert_eq!(reason_of(&status), Some(Reason::RoleNotAllowed));
                    assert_eq!(rpc::metadata_of(&status)["role"], role.to_string());
                }
            }
        }
    }
}

#[test]
fn secrets_do_not_print() {
    let scene = Scene::new();
    let signer = scene.keys.signer(KeyName::Authority).unwrap();
    let printed = format!("{:?} {signer:?} {:?} {:?}", scene.keys, scene.keys.verifier(), scene.token(Role::Client));
    assert!(!printed.contains("PRIVATE") && !printed.contains("eyJ"), "{printed}");
}
