//! How the vendor behaves, and how a case's text may ask for it.

use proto::partner::OpenCaseRequest;

/// How the vendor behaves in one case.
///
/// Messages stand in the order in which they are sent; the number is their `sequence`. Each has a message id of its own
/// unless something else is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conduct {
    /// Accept 1, fix 2, close 3.
    Obeys,
    /// Accept 1, request information 2; once the bridge has answered: respond 3 with that answer quoted, fix 4, close 5.
    Asks,
    /// Reject 1.
    Rejects,
    /// Accept 1, then nothing until [`Simulator::nudge`](crate::Simulator::nudge): then fix 2, close 3.
    Stalls,
    /// Accept 1, respond 2, fix 3, close 4, each twice in a row and all but the last once more, after the next one.
    Duplicates,
    /// Accept 1, respond 2, fix 3, close 4 in another order.
    Reorders {
        /// 0 reverses them; any other number shuffles them, always in the same way and never into their own order.
        seed: u64,
    },
    /// Does what the contract forbids and then, where it can, goes on as if nothing had happened.
    Lies(Lie),
}

/// What the vendor does that the contract forbids.
///
/// What follows a lie is numbered as the bridge took it: a refused message has used no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lie {
    /// Accept 1, fix 2 for another bond; then fix 2, close 3 for its own.
    ForeignBond {
        /// The bond that is not its own, perhaps another vendor's.
        bond: String,
    },
    /// Accept 1, fix 2 under [another case id](Lie::FOREIGN_CASE); then fix and close under its own.
    ForeignCase,
    /// Accept 1, then reject 1 with the message id of the acceptance; then fix 2, close 3.
    Replays,
    /// Accept 1, close 2, fix 3.
    FixAfterClose,
    /// Accept 1, fix 2 with [a token that it was not given](Lie::CONJURED_TOKEN) in each text, close 3.
    ConjuresTokens,
    /// Accept 1, respond 2 with a text of this many bytes; then fix and close.
    Oversized {
        /// UTF-8 bytes, all of them the letter `x`.
        bytes: usize,
    },
    /// Accept 1, respond 2 with U+0000 in the middle of the text; then fix and close.
    NulBytes,
    /// Accept 1, fix 3, close 4. There is never a 2.
    Gaps,
}

impl Lie {
    /// The case id of [`Lie::ForeignCase`].
    pub const FOREIGN_CASE: &str = "CASE-FOREIGN";
    /// The token of [`Lie::ConjuresTokens`]. The bridge may have issued it if a case holds seven addresses.
    pub const CONJURED_TOKEN: &str = "[EMAIL-7]";
}

/// Stands before the word in a text that asks for a conduct.
const MARK: &str = "simulator:";

/// More than a text field of the suite may hold (64 KiB).
const OVERSIZED_BYTES: usize = 128 * 1024;

/// Well formed, and nobody's.
const NOBODYS_BOND: &str = "bnd_ffffffffffffffffffffffffffffffff";

impl Conduct {
    /// What the case's own text asks for, for a demonstration: `simulator:` and one of `obeys`, `asks`, `rejects`,
    /// `stalls`, `duplicates`, `reorders`, `foreign-bond`, `foreign-case`, `replays`, `fix-after-close`,
    /// `conjures-tokens`, `oversized`, `nul-bytes`, `gaps`. [`Conduct::Obeys`] where no text asks for anything known.
    pub fn written_in(open: &OpenCaseRequest) -> Self {
        let OpenCaseRequest {
            envelope: _,
            product,
            version,
            contract,
            hypothesis,
            reproduction,
            business_impact,
            asked,
        } = open;
        [product, version, contract, hypothesis, reproduction, business_impact, asked]
            .into_iter()
            .flat_map(|text| text.split(MARK).skip(1))
            .find_map(|after| {
                let end = after.find(|letter: char| !letter.is_ascii_lowercase() && letter != '-');
                Self::named(&after[..end.unwrap_or(after.len())])
            })
            .unwrap_or(Self::Obeys)
    }

    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "obeys" => Self::Obeys,
            "asks" => Self::Asks,
            "rejects" => Self::Rejects,
            "stalls" => Self::Stalls,
            "duplicates" => Self::Duplicates,
            "reorders" => Self::Reorders { seed: 0 },
            "foreign-bond" => Self::Lies(Lie::ForeignBond { bond: NOBODYS_BOND.to_owned() }),
            "foreign-case" => Self::Lies(Lie::ForeignCase),
            "replays" => Self::Lies(Lie::Replays),
            "fix-after-close" => Self::Lies(Lie::FixAfterClose),
            "conjures-tokens" => Self::Lies(Lie::ConjuresTokens),
            "oversized" => Self::Lies(Lie::Oversized { bytes: OVERSIZED_BYTES }),
            "nul-bytes" => Self::Lies(Lie::NulBytes),
            "gaps" => Self::Lies(Lie::Gaps),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(text: &str) -> OpenCaseRequest {
        OpenCaseRequest { reproduction: text.to_owned(), ..OpenCaseRequest::default() }
    }

    #[test]
    fn a_text_asks_for_a_conduct() {
        assert_eq!(Conduct::written_in(&asking("Печать стоит. simulator:stalls.")), Conduct::Stalls);
        assert_eq!(Conduct::written_in(&asking("simulator:nul-bytes")), Conduct::Lies(Lie::NulBytes));
        assert_eq!(Conduct::written_in(&asking("simulator: x, simulator:gaps")), Conduct::Lies(Lie::Gaps));
    }

    #[test]
    fn a_text_that_asks_for_nothing_is_obeyed() {
        for text in ["", "the disk stalls", "simulator:", "simulator:flies", "simulator:я"] {
            assert_eq!(Conduct::written_in(&asking(text)), Conduct::Obeys, "{text:?}");
        }
    }
}
