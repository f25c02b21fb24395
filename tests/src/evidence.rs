//! Complete evidence for each hop, about one broken router.

use proto::ticket::{Impact, Mood, Urgency};
use proto::{line2, line3, vendor};

/// 1 → 2, for the zone `network`.
#[must_use]
pub fn technical() -> line2::Evidence {
    line2::Evidence {
        category: "no-internet".into(),
        impact: Impact::Low as i32,
        urgency: Urgency::High as i32,
        mood: Mood::Negative as i32,
        product: "Роутер".into(),
        environment: "прошивка 2.4.1, квартира".into(),
        checklist: vec![line2::StepOutcome {
            step: "restart".into(),
            result: line2::StepResult::Failed as i32,
            note: "после включения связи нет".into(),
        }],
        answers_tried: vec!["перезагрузить роутер".into()],
        zone: "network".into(),
        zone_reason: "роутер не получает адрес".into(),
        client_availability: "после 18:00".into(),
    }
}

/// 2 → 3.
#[must_use]
pub fn expert() -> line3::Evidence {
    line3::Evidence {
        findings: vec![line3::Finding {
            tried: "заменён порт на узле".into(),
            result: "не помогло".into(),
            ruled_out: true,
        }],
        steps_to_reproduce: "включить роутер, ждать аренды адреса 30 секунд".into(),
        attachments: vec![line3::AttachmentRef { name: "dhcp.log".into(), uri: "file:dhcp.log".into() }],
        sessions: vec![line3::Session {
            outcome: "в журнале отказ DHCP".into(), ..line3::Session::default()
        }],
        workaround: "прописать адрес вручную".into(),
        why_not_here: "прошивка роутера нам недоступна".into(),
    }
}

/// 2 or 3 → vendor, for a vendor of the demonstration plan; `asked` may hold words that steer the simulated vendor.
#[must_use]
pub fn vendor(asked: &str) -> vendor::Evidence {
    vendor::Evidence {
        vendor: "cloudcore".into(),
        vendor_product: "CC-Router 5".into(),
        version: "2.4.1".into(),
        contract: "CC-2024-117".into(),
        hypothesis: "клиент DHCP зависает на опции 121".into(),
        reproduction: "сервер с опцией 121, включить роутер".into(),
        business_impact: "около сорока домов без связи".into(),
        asked: asked.into(),
    }
}
