//! `BulletinService`: what line 1 makes known to every other line.

use proto::handover as hand;
use proto::handover::bulletin_service_server::BulletinService;
use ticket::Line;
use tonic::{Request, Response, Status, async_trait};

use crate::caller::answer;
use crate::change::Change;
use crate::desk::Desk;
use crate::force_majeure::{Board, ForceMajeure};
use crate::letters::LetterHead;
use crate::parcel::Parcel;
use crate::refused::Refused;
use crate::wire::Reader;
use crate::wire::force_majeure::{terms, to_terms};

/// Tells `line` how a force majeure stands, within a change of line 1 that has its document.
///
/// # Errors
/// What the database says.
pub async fn tell_force_majeure(change: &Change<'_>, line: Line, news: &ForceMajeure) -> Result<(), Refused> {
    let (parcel, about) = (Parcel::ForceMajeure, news.id.to_string());
    let letter = change.letter(line, parcel, &about, &news.number.to_string());
    let message = hand::TellForceMajeureRequest { letter: Some(letter.clone()), terms: Some(to_terms(news.clone())) };
    change.send_letter(line, parcel, &about, &letter, &message).await
}

/// Serves `BulletinService` for a line.
#[derive(Debug, Clone)]
pub(crate) struct Bulletins(pub(crate) Desk);

#[async_trait]
impl BulletinService for Bulletins {
    async fn tell_force_majeure(
        &self,
        request: Request<hand::TellForceMajeureRequest>,
    ) -> Result<Response<hand::TellForceMajeureResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let hand::TellForceMajeureRequest { letter, terms: given } = request;
            let mut reader = Reader::default();
            let head = LetterHead::read(&mut reader, letter);
            let news = terms(&mut reader, given);
            let (head, news) = reader.finish(head.zip(news))?;
            let head = head.verified(&caller, "TellForceMajeure")?;
            if head.from != Line::OWNER || self.0.line() == Line::OWNER {
                return Err(Refused::NotInTopology { from: head.from, to: self.0.line() });
            }
            let done = hand::TellForceMajeureResponse { message_id: head.id.to_string() };
            let hear = self.0.hear_letter(head, &message, done, move |change| {
                Box::pin(async move {
                    let (board, read) = Board::load(change).await?;
                    board.save(read, change, news).await
                })
            });
            hear.await
        })
        .await
    }
}
