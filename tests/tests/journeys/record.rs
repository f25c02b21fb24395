//! What the service desk keeps on a ticket.

use proto::errors::Reason;
use proto::line1::record_service_client::RecordServiceClient;
use proto::line1::{
    AddNoteRequest, GetRecordRequest, LinkKind, LinkRequest, RateRequest, Record, SearchOpenTicketsRequest,
    SetTagsRequest, UnlinkRequest,
};
use proto::ticket::State;
use rpc::Channel;
use tests::people::CLIENT;
use tests::{Stage, on_each_database};
use ticket::Line;

fn records(stage: &Stage) -> RecordServiceClient<Channel> {
    RecordServiceClient::new(stage.people().at(Line::ServiceDesk))
}

async fn record(stage: &Stage, ticket: &str) -> Record {
    let request = GetRecordRequest { ticket_id: ticket.to_owned() };
    records(stage).get_record(request).await.expect("the ticket is there").into_inner().record.expect("a record")
}

#[tokio::test]
async fn a_note_is_for_colleagues_and_never_for_the_client() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        let note = AddNoteRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            text: "Клиент уже звонил вчера, говорить бережно".into(),
            expected_version: 0,
        };
        records(&stage).add_note(note.clone()).await.unwrap();
        records(&stage).add_note(note).await.unwrap();
        let notes = record(&stage, &ticket).await.notes;
        assert_eq!(notes.len(), 1, "a repeat writes nothing");
        assert_eq!(notes[0].text, "Клиент уже звонил вчера, говорить бережно");

        let client = people.channel(Line::ServiceDesk, &people.client(CLIENT));
        let seen = people.case(&ticket).await.unwrap();
        assert!(seen.conversation.iter().all(|message| !message.text.contains("бережно")));
        let asked = RecordServiceClient::new(client).get_record(GetRecordRequest { ticket_id: ticket }).await;
        assert_eq!(rpc::reason_of(&asked.unwrap_err()), Some(Reason::RoleNotAllowed));
    })
    .await;
}

#[tokio::test]
async fn links_stand_on_both_tickets_and_tags_are_tidied() {
    on_each_database(async |stage| {
        let people = stage.people();
        let (one, other) = (people.register("Нет интернета").await, people.register("Опять нет интернета").await);
        let link = LinkRequest {
            request_id: people.request_id(),
            ticket_id: other.clone(),
            other_ticket_id: one.clone(),
            kind: LinkKind::DuplicateOf as i32,
            expected_version: 0,
        };
        records(&stage).link(link.clone()).await.unwrap();
        assert_eq!(record(&stage, &other).await.links[0].kind(), LinkKind::DuplicateOf);
        let back = record(&stage, &one).await.links;
        assert_eq!((&back[0].other_ticket_id, back[0].kind()), (&other, LinkKind::DuplicatedBy));

        let caused = LinkRequest { request_id: people.request_id(), kind: LinkKind::CausedBy as i32, ..link };
        records(&stage).link(caused).await.unwrap();
        assert_eq!(record(&stage, &one).await.links.len(), 1, "linking again changes how");
        let unlink = UnlinkRequest {
            request_id: people.request_id(),
            ticket_id: one.clone(),
            other_ticket_id: other.clone(),
            expected_version: 0,
        };
        assert!(records(&stage).unlink(unlink).await.unwrap().into_inner().was_linked);
        assert!(record(&stage, &other).await.links.is_empty());

        let itself = LinkRequest {
            request_id: people.request_id(),
            ticket_id: one.clone(),
            other_ticket_id: one.clone(),
            kind: LinkKind::Related as i32,
            expected_version: 0,
        };
        let refused = records(&stage).link(itself).await.unwrap_err();
        assert!(refused.message().contains("is the same ticket"), "{}", refused.message());

        let tags = ["VIP", "юрлицо", "vip"].map(str::to_owned).to_vec();
        let tag = SetTagsRequest { request_id: people.request_id(), ticket_id: one.clone(), tags, expected_version: 0 };
        records(&stage).set_tags(tag).await.unwrap();
        assert_eq!(record(&stage, &one).await.tags, ["vip", "юрлицо"]);
    })
    .await;
}

#[tokio::test]
async fn the_clients_open_tickets_are_found_and_a_likely_duplicate_is_named() {
    on_each_database(async |stage| {
        let people = stage.people();
        let net = people.register("Пропал интернет в квартире").await;
        let bill = people.register("Почему в счёте две абонентские платы?").await;
        let find = SearchOpenTicketsRequest {
            client: CLIENT.into(),
            text: "В квартире снова пропал интернет".into(),
            ..SearchOpenTicketsRequest::default()
        };
        let found = records(&stage).search_open_tickets(find.clone()).await.unwrap().into_inner().tickets;
        let alike = |ticket: &str| {
            let found = found.iter().find(|open| tests::people::id_of(open.ticket.as_ref()) == ticket);
            found.expect("it is open").is_likely_duplicate
        };
        assert!(alike(&net) && !alike(&bill));

        people.resolve(Line::ServiceDesk, &net).await.unwrap();
        people.confirm(&net).await.unwrap();
        let found = records(&stage).search_open_tickets(find).await.unwrap().into_inner().tickets;
        assert_eq!(found.len(), 1, "what is closed is not in the way");
    })
    .await;
}

#[tokio::test]
async fn thanks_open_nothing_again_and_a_rating_ends_the_story() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        let rate = |score| RateRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            score,
            comment: "Быстро".into(),
        };
        let refused = records(&stage).rate(rate(5)).await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused), Some(Reason::WrongState), "nothing was done yet");

        let sounded = record(&stage, &ticket).await;
        people.resolve(Line::ServiceDesk, &ticket).await.unwrap();
        people.reply(&ticket, "Спасибо большое, всё заработало!").await.unwrap();
        assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.unwrap().state(), State::Resolved);
        people.reply(&ticket, "Рано обрадовался, опять пропал").await.unwrap();
        assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.unwrap().state(), State::Open);
        let record_then = record(&stage, &ticket).await;
        assert_eq!(record_then.reopened, 1);
        assert_eq!(record_then.original_mood, sounded.original_mood, "the first message stays the first");
        assert_ne!(record_then.current_mood, sounded.current_mood);

        people.resolve(Line::ServiceDesk, &ticket).await.unwrap();
        people.confirm(&ticket).await.unwrap();
        let beyond = records(&stage).rate(rate(6)).await.unwrap_err();
        assert!(beyond.message().contains("from 1 to 5"), "{}", beyond.message());
        records(&stage).rate(rate(4)).await.unwrap();
        let rating = record(&stage, &ticket).await.rating.unwrap();
        assert_eq!((rating.score, rating.comment.as_str()), (4, "Быстро"));
    })
    .await;
}
