//! Evidence, both ways. What is empty stays empty here: whether that is a gap is the receiver's plan to say.

use proto::{line1, line2, line3, vendor};
use ticket::evidence::{
    AttachmentRef, DeskEvidence, ExpertEvidence, Finding, OfferedArticle, ScenarioTried, Session, StepOutcome,
    TechnicalEvidence, Turn, VendorEvidence,
};
use ticket::facts::{Address, Contact};
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{Impact, Mood, Urgency};

use super::{Reader, enums, instant, to_instant};

/// A client with more ways to be reached is reached by the first of them.
const ADDRESSES_MAX: usize = 32;

fn text(reader: &mut Reader, name: &str, value: &str) -> String {
    reader.optional(name, value, TEXT_BYTES_MAX).unwrap_or_default()
}

fn line(reader: &mut Reader, name: &str, value: &str) -> String {
    reader.optional(name, value, LINE_BYTES_MAX).unwrap_or_default()
}

/// How to reach a client.
pub fn contact(reader: &mut Reader, name: &str, given: Option<line1::Contact>) -> Option<Contact> {
    let line1::Contact { name: person, email, phone, addresses } = given?;
    let field = format!("{name}.addresses");
    if addresses.len() > ADDRESSES_MAX {
        reader.wrong(&field, format!("has {} entries; at most {ADDRESSES_MAX} are taken", addresses.len()));
    }
    if addresses.iter().filter(|given| given.is_preferred).count() > 1 {
        reader.wrong(&field, "has more than one that is preferred; say which one is");
    }
    let addresses = addresses.into_iter().take(ADDRESSES_MAX).filter_map(|given| address(reader, &field, given));
    let addresses = addresses.collect();
    Some(Contact {
        addresses,
        name: line(reader, &format!("{name}.name"), &person),
        email: line(reader, &format!("{name}.email"), &email),
        phone: line(reader, &format!("{name}.phone"), &phone),
    })
}

/// How to reach a client, on the wire.
#[must_use]
pub fn to_contact(contact: Contact) -> line1::Contact {
    let Contact { name, email, phone, addresses } = contact;
    let addresses = addresses.into_iter().map(|address| {
        let Address { kind, value, network, is_preferred } = address;
        line1::Address { kind: enums::to_address_kind(kind), value, network, is_preferred }
    });
    line1::Contact { name, email, phone, addresses: addresses.collect() }
}

fn address(reader: &mut Reader, name: &str, given: line1::Address) -> Option<Address> {
    let line1::Address { kind, value, network, is_preferred } = given;
    let kind = enums::address_kind(reader, &format!("{name}.kind"), kind, true);
    let value = reader.text(&format!("{name}.value"), &value, LINE_BYTES_MAX);
    let network = line(reader, &format!("{name}.network"), &network);
    Some(Address { kind: kind?, value, network, is_preferred })
}

/// 0 → 1, with the contact that stays on line 1.
pub fn desk(reader: &mut Reader, given: Option<line1::Evidence>) -> Option<(DeskEvidence, Option<Contact>)> {
    let line1::Evidence { question, articles_offered, conversation, contact: reach, channel, scenario } =
        reader.given("evidence", given)?;
    let articles_offered = reader
        .list("evidence.articles_offered", articles_offered)
        .into_iter()
        .map(|line1::OfferedArticle { article_id, title, why_not }| OfferedArticle {
            article_id: line(reader, "evidence.articles_offered.article_id", &article_id),
            title: line(reader, "evidence.articles_offered.title", &title),
            why_not: text(reader, "evidence.articles_offered.why_not", &why_not),
        })
        .collect();
    let conversation = reader
        .list("evidence.conversation", conversation)
        .into_iter()
        .filter_map(|line1::Turn { from_client, text: said, at }| {
            let at = to_instant(reader, "evidence.conversation.at", at)?;
            Some(Turn { from_client, text: text(reader, "evidence.conversation.text", &said), at })
        })
        .collect();
    let reach = contact(reader, "evidence.contact", reach);
    let channel = enums::channel(reader, "evidence.channel", channel, false);
    let question = text(reader, "evidence.question", &question);
    let scenario = scenario.map(|line1::ScenarioTried { scenario_id, given, outcome }| ScenarioTried {
        scenario_id: line(reader, "evidence.scenario.scenario_id", &scenario_id),
        given: reader
            .list("evidence.scenario.given", given)
            .into_iter()
            .map(|line1::GivenField { field_id, value }| {
                let field = line(reader, "evidence.scenario.given.field_id", &field_id);
                (field, text(reader, "evidence.scenario.given.value", &value))
            })
            .collect(),
        outcome: text(reader, "evidence.scenario.outcome", &outcome),
    });
    Some((DeskEvidence { question, articles_offered, conversation, channel, scenario }, reach))
}

/// 0 → 1, on the wire.
#[must_use]
pub fn to_desk(evidence: DeskEvidence, contact: Option<Contact>) -> line1::Evidence {
    let DeskEvidence { question, articles_offered, conversation, channel, scenario } = evidence;
    let offered = |OfferedArticle { article_id, title, why_not }| line1::OfferedArticle { article_id, title, why_not };
    let turn = |Turn { from_client, text, at }| line1::Turn { from_client, text, at: Some(instant(at)) };
    line1::Evidence {
        question,
        articles_offered: articles_offered.into_iter().map(offered).collect(),
        conversation: conversation.into_iter().map(turn).collect(),
        contact: contact.map(to_contact),
        channel: channel.map_or(0, enums::to_channel),
        scenario: scenario.map(|ScenarioTried { scenario_id, given, outcome }| {
            let given = given.into_iter().map(|(field_id, value)| line1::GivenField { field_id, value });
            line1::ScenarioTried { scenario_id, given: given.collect(), outcome }
        }),
    }
}

/// The outcome of a checklist's step.
pub fn step(reader: &mut Reader, name: &str, given: line2::StepOutcome) -> Option<StepOutcome> {
    let line2::StepOutcome { step, result, note } = given;
    let step = line(reader, &format!("{name}.step"), &step);
    let result = enums::step_result(reader, &format!("{name}.result"), result, true)?;
    Some(StepOutcome { step, result, note: text(reader, &format!("{name}.note"), &note) })
}

/// The outcome of a checklist's step, on the wire.
#[must_use]
pub fn to_step(outcome: StepOutcome) -> line2::StepOutcome {
    let StepOutcome { step, result, note } = outcome;
    line2::StepOutcome { step, result: enums::to_step_result(result), note }
}

/// 1 → 2.
pub fn technical(reader: &mut Reader, given: Option<line2::Evidence>) -> Option<TechnicalEvidence> {
    let line2::Evidence {
        category,
        impact,
        urgency,
        mood,
        product,
        environment,
        checklist,
        answers_tried,
        zone,
        zone_reason,
        client_availability,
    } = reader.given("evidence", given)?;
    let checklist = reader
        .list("evidence.checklist", checklist)
        .into_iter()
        .filter_map(|outcome| step(reader, "evidence.checklist", outcome))
        .collect();
    let answers_tried = reader
        .list("evidence.answers_tried", answers_tried)
        .iter()
        .map(|answer| text(reader, "evidence.answers_tried", answer))
        .collect();
    Some(TechnicalEvidence {
        category: line(reader, "evidence.category", &category),
        impact: enums::impact(reader, "evidence.impact", impact, true).unwrap_or(Impact::Medium),
        urgency: enums::urgency(reader, "evidence.urgency", urgency, true).unwrap_or(Urgency::Medium),
        mood: enums::mood(reader, "evidence.mood", mood, true).unwrap_or(Mood::Neutral),
        product: line(reader, "evidence.product", &product),
        environment: line(reader, "evidence.environment", &environment),
        checklist,
        answers_tried,
        zone: line(reader, "evidence.zone", &zone),
        zone_reason: text(reader, "evidence.zone_reason", &zone_reason),
        client_availability: reader.optional("evidence.client_availability", &client_availability, LINE_BYTES_MAX),
    })
}

/// 1 → 2, on the wire.
#[must_use]
pub fn to_technical(evidence: TechnicalEvidence) -> line2::Evidence {
    let TechnicalEvidence {
        category,
        impact,
        urgency,
        mood,
        product,
        environment,
        checklist,
        answers_tried,
        zone,
        zone_reason,
        client_availability,
    } = evidence;
    line2::Evidence {
        category,
        impact: enums::to_impact(impact),
        urgency: enums::to_urgency(urgency),
        mood: enums::to_mood(mood),
        product,
        environment,
        checklist: checklist.into_iter().map(to_step).collect(),
        answers_tried,
        zone,
        zone_reason,
        client_availability: client_availability.unwrap_or_default(),
    }
}

/// One thing that was examined.
pub fn finding(reader: &mut Reader, name: &str, given: line3::Finding) -> Finding {
    let line3::Finding { tried, result, ruled_out } = given;
    Finding {
        tried: text(reader, &format!("{name}.tried"), &tried),
        result: text(reader, &format!("{name}.result"), &result),
        ruled_out,
    }
}

/// One thing that was examined, on the wire.
#[must_use]
pub fn to_finding(finding: Finding) -> line3::Finding {
    let Finding { tried, result, ruled_out } = finding;
    line3::Finding { tried, result, ruled_out }
}

fn session(reader: &mut Reader, given: line3::Session) -> Session {
    let line3::Session { on_site, outcome, did, by, tool, began_at, ended_at } = given;
    Session {
        on_site,
        outcome: text(reader, "evidence.sessions.outcome", &outcome),
        did: text(reader, "evidence.sessions.did", &did),
        by: line(reader, "evidence.sessions.by", &by),
        tool: line(reader, "evidence.sessions.tool", &tool),
        began: began_at.and_then(|at| to_instant(reader, "evidence.sessions.began_at", Some(at))),
        ended: ended_at.and_then(|at| to_instant(reader, "evidence.sessions.ended_at", Some(at))),
    }
}

fn to_session(session: Session) -> line3::Session {
    let Session { on_site, outcome, did, by, tool, began, ended } = session;
    line3::Session { on_site, outcome, did, by, tool, began_at: began.map(instant), ended_at: ended.map(instant) }
}

/// To line 3.
pub fn expert(reader: &mut Reader, given: Option<line3::Evidence>) -> Option<ExpertEvidence> {
    let line3::Evidence { findings, steps_to_reproduce, attachments, sessions, workaround, why_not_here } =
        reader.given("evidence", given)?;
    let findings = reader
        .list("evidence.findings", findings)
        .into_iter()
        .map(|given| finding(reader, "evidence.findings", given))
        .collect();
    let attachments = reader
        .list("evidence.attachments", attachments)
        .into_iter()
        .map(|line3::AttachmentRef { name, uri }| AttachmentRef {
            name: line(reader, "evidence.attachments.name", &name),
            uri: text(reader, "evidence.attachments.uri", &uri),
        })
        .collect();
    let sessions = reader.list("evidence.sessions", sessions).into_iter().map(|given| session(reader, given)).collect();
    Some(ExpertEvidence {
        findings,
        steps_to_reproduce: text(reader, "evidence.steps_to_reproduce", &steps_to_reproduce),
        attachments,
        sessions,
        workaround: reader.optional("evidence.workaround", &workaround, TEXT_BYTES_MAX),
        why_not_here: text(reader, "evidence.why_not_here", &why_not_here),
    })
}

/// To line 3, on the wire.
#[must_use]
pub fn to_expert(evidence: ExpertEvidence) -> line3::Evidence {
    let ExpertEvidence { findings, steps_to_reproduce, attachments, sessions, workaround, why_not_here } = evidence;
    let attachment = |AttachmentRef { name, uri }| line3::AttachmentRef { name, uri };
    line3::Evidence {
        findings: findings.into_iter().map(to_finding).collect(),
        steps_to_reproduce,
        attachments: attachments.into_iter().map(attachment).collect(),
        sessions: sessions.into_iter().map(to_session).collect(),
        workaround: workaround.unwrap_or_default(),
        why_not_here,
    }
}

/// To the vendor.
pub fn vendor(reader: &mut Reader, given: Option<vendor::Evidence>) -> Option<VendorEvidence> {
    let vendor::Evidence {
        vendor,
        vendor_product,
        version,
        contract,
        hypothesis,
        reproduction,
        business_impact,
        asked,
    } = reader.given("evidence", given)?;
    Some(VendorEvidence {
        vendor: line(reader, "evidence.vendor", &vendor),
        product: line(reader, "evidence.vendor_product", &vendor_product),
        version: line(reader, "evidence.version", &version),
        contract: line(reader, "evidence.contract", &contract),
        hypothesis: text(reader, "evidence.hypothesis", &hypothesis),
        reproduction: text(reader, "evidence.reproduction", &reproduction),
        business_impact: text(reader, "evidence.business_impact", &business_impact),
        asked: text(reader, "evidence.asked", &asked),
    })
}

/// To the vendor, on the wire.
#[must_use]
pub fn to_vendor(evidence: VendorEvidence) -> vendor::Evidence {
    let VendorEvidence { vendor, product, version, contract, hypothesis, reproduction, business_impact, asked } =
        evidence;
    vendor::Evidence {
        vendor,
        vendor_product: product,
        version,
        contract,
        hypothesis,
        reproduction,
        business_impact,
        asked,
    }
}
