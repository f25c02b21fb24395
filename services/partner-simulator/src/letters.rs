//! Writes the partner's messages about one case, each with the next id and the next number.

use proto::partner::{CaseEnvelope, OpenCaseRequest};
use texts::Text;
use ticket::Language;

use crate::{Lie, Says, Sent};

/// The partner's side of one case.
pub(crate) struct Letters {
    bond_id: String,
    partner_case_id: String,
    open: OpenCaseRequest,
    written: u32,
    sequence: u32,
}

impl Letters {
    pub(crate) fn new(bond_id: String, partner_case_id: String, open: OpenCaseRequest) -> Self {
        Self { bond_id, partner_case_id, open, written: 0, sequence: 0 }
    }

    /// The next message. Its id holds the bond's, which no other run of a simulator shares.
    pub(crate) fn write(&mut self, says: Says) -> Sent {
        self.written += 1;
        self.sequence += 1;
        let envelope = CaseEnvelope {
            message_id: format!("{}-{}", self.bond_id, self.written),
            bond_id: self.bond_id.clone(),
            partner_case_id: self.partner_case_id.clone(),
            sequence: self.sequence,
        };
        Sent { envelope, says }
    }

    /// The next message uses the last one's number again.
    pub(crate) fn take_number_back(&mut self) {
        self.sequence -= 1;
    }

    /// The next message leaves a number out.
    pub(crate) fn skip_number(&mut self) {
        self.sequence += 1;
    }

    pub(crate) fn accept(&mut self) -> Sent {
        let text = self.say(Text::SimulatedAccept, &[("case", &self.partner_case_id)]);
        self.write(Says::Accept { text })
    }

    pub(crate) fn reject(&mut self) -> Sent {
        let text = self.say(Text::SimulatedReject, &[]);
        self.write(Says::Reject { text })
    }

    pub(crate) fn ask(&mut self) -> Sent {
        let text = self.say(Text::SimulatedQuestion, &[("product", self.product())]);
        self.write(Says::RequestInformation { text })
    }

    pub(crate) fn thanks(&mut self, answer: &str) -> Sent {
        let text = self.say(Text::SimulatedThanks, &[("answer", answer)]);
        self.news(text)
    }

    pub(crate) fn seen(&mut self) -> Sent {
        let text = self.say(Text::SimulatedSeen, &[]);
        self.news(text)
    }

    pub(crate) fn news(&mut self, text: impl Into<String>) -> Sent {
        self.write(Says::Respond { text: text.into() })
    }

    /// Quotes the tokens of the case, as a vendor does who mentions a person.
    pub(crate) fn fix(&mut self) -> Sent {
        let who = tokens(&self.open.reproduction).chain(tokens(&self.open.hypothesis)).collect::<Vec<_>>().join(", ");
        let who = if who.is_empty() { self.say(Text::SimulatedClient, &[]) } else { who };
        let root_cause = self.say(Text::SimulatedCause, &[("product", self.product())]);
        let fix = self.say(Text::SimulatedFix, &[]);
        let how_to_verify = self.say(Text::SimulatedCheck, &[("who", &who)]);
        self.write(Says::ProposeFix { root_cause, fix, workaround: false, how_to_verify })
    }

    /// A fix that speaks of a token which the partner was not given.
    pub(crate) fn conjured_fix(&mut self) -> Sent {
        let text = self.say(Text::SimulatedConjured, &[("token", Lie::CONJURED_TOKEN)]);
        self.write(Says::ProposeFix {
            root_cause: text.clone(),
            fix: text.clone(),
            workaround: false,
            how_to_verify: text,
        })
    }

    pub(crate) fn close(&mut self) -> Sent {
        let text = self.say(Text::SimulatedClose, &[]);
        self.write(Says::Close { text })
    }

    fn product(&self) -> &str {
        let product = &self.open.product;
        if product.is_empty() { Text::SimulatedProduct.plain(self.language()) } else { product }
    }

    fn say(&self, text: Text, fields: &[(&str, &str)]) -> String {
        text.with(self.language(), fields)
    }

    /// The language of the case; the contract names none, so it is told by its letters.
    fn language(&self) -> Language {
        let OpenCaseRequest { hypothesis, reproduction, asked, .. } = &self.open;
        let is_russian = [hypothesis, reproduction, asked].iter().any(|text| text.contains(|c| matches!(c, 'а'..='я')));
        if is_russian { Language::Russian } else { Language::English }
    }
}

/// What looks like a token in `text`: `[`, capitals, `-`, digits and dots, `]`.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('[').filter_map(|(start, _)| {
        let token = &text[start..=start + text[start..].find(']')?];
        let (kind, number) = token[1..token.len() - 1].split_once('-')?;
        let is_kind = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        (is_kind && is_number).then_some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_and_nothing_else() {
        let text = "[EMAIL-1] и [PHONE-1.2], not [email-1], [X], [[A-2]], [-3], [Я-1], [OPEN-";
        assert_eq!(tokens(text).collect::<Vec<_>>(), ["[EMAIL-1]", "[PHONE-1.2]", "[A-2]"]);
    }
}
