//! The files of a ticket: up in parts, down as a stream, seen by whom they concern.

use proto::errors::Reason;
use proto::handover::outcome::Standing;
use proto::line1::{GetUploadRequest, ListAttachmentsRequest};
use proto::line3;
use rpc::reason_of;
use tests::files::Files;
use tests::people::CLIENT;
use tests::{Stage, evidence, on_each_database};
use ticket::Line;
use tonic::Status;

const PART: usize = 512 * 1024;

fn files(stage: &Stage, line: Line, ticket: &str) -> Files {
    let people = stage.people();
    Files::new(people.channel(Line::ServiceDesk, &people.agent(line)), ticket)
}

fn clients(stage: &Stage, client: &str, ticket: &str) -> Files {
    let people = stage.people();
    Files::new(people.channel(Line::ServiceDesk, &people.client(client)), ticket)
}

fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> Reason {
    reason_of(&answer.expect_err("it is refused")).expect("with a reason")
}

/// A log of `bytes` bytes.
fn log(bytes: usize) -> Vec<u8> {
    "12:00:01 link down, 12:00:03 link up\n".bytes().cycle().take(bytes).collect()
}

#[tokio::test]
async fn a_file_goes_on_after_a_crash_between_its_parts_and_is_read_whole() {
    on_each_database(async |stage| {
        let ticket = stage.people().register("Связь пропадает каждые сорок минут").await;
        let data = log(2 * PART + 100);
        let mut desk = files(&stage, Line::ServiceDesk, &ticket);
        let request = desk.announcement("../журнал\u{202e}.log", "text/plain", data.len());
        let begun = desk.service.begin_attachment(request.clone()).await.unwrap().into_inner();
        assert_eq!((begun.name.as_str(), begun.received), ("журнал.log", 0));
        assert_eq!(usize::try_from(begun.part_bytes_max).unwrap(), PART);
        let id = begun.attachment_id.clone();
        let first = desk.part(&id, 0, &data[..PART]);
        desk.service.put_attachment_part(first.clone()).await.unwrap();
        stage.suite.kill(Line::ServiceDesk);
        stage.suite.restart(Line::ServiceDesk).await.unwrap();

        let upload = GetUploadRequest { ticket_id: ticket.clone(), attachment_id: id.clone() };
        let stands = desk.service.get_upload(upload).await.unwrap().into_inner();
        assert_eq!((stands.received, stands.bytes), (PART as u64, data.len() as u64));
        // What was said before is known still.
        assert_eq!(desk.service.begin_attachment(request).await.unwrap().into_inner(), begun);
        assert_eq!(desk.service.put_attachment_part(first).await.unwrap().into_inner().received, PART as u64);
        assert_eq!(reason(desk.put(&id, 0, b"again").await), Reason::AttachmentUploadMismatch);
        assert_eq!(reason(desk.finish(&id).await), Reason::AttachmentUploadMismatch, "it is not whole yet");
        assert_eq!(desk.put(&id, PART as u64, &data[PART..2 * PART]).await.unwrap(), 2 * PART as u64);
        assert_eq!(reason(desk.put(&id, 2 * PART as u64, &[b'a'; 101]).await), Reason::AttachmentUploadMismatch);
        desk.put(&id, 2 * PART as u64, &data[2 * PART..]).await.unwrap();
        let kept = desk.finish(&id).await.unwrap();
        assert_eq!((kept.bytes, kept.from_client, kept.for_client), (data.len() as u64, false, false));
        assert_eq!(desk.finish(&id).await.unwrap(), kept, "asked again, the same is there once");
        assert!(desk.read(&id).await.unwrap() == data);

        // The same content again, with its address: nothing is sent.
        let mut again = desk.announcement("копия.log", "text/plain", data.len());
        again.sha256 = kept.sha256.clone();
        let known = desk.service.begin_attachment(again).await.unwrap().into_inner();
        assert_eq!(known.received, data.len() as u64);
        desk.finish(&known.attachment_id).await.unwrap();
        assert_eq!(desk.names().await.unwrap(), ["журнал.log", "копия.log"]);
        let page = ListAttachmentsRequest { ticket_id: ticket.clone(), page_size: 1, page_token: String::new() };
        let page = desk.service.list_attachments(page).await.unwrap().into_inner();
        assert_eq!((page.attachments.len(), page.next_page_token.as_str()), (1, id.as_str()));
        let rest = ListAttachmentsRequest { ticket_id: ticket.clone(), page_size: 1, page_token: id };
        let rest = desk.service.list_attachments(rest).await.unwrap().into_inner();
        assert_eq!((rest.attachments[0].name.as_str(), rest.next_page_token.as_str()), ("копия.log", ""));

        let journey = stage.people().journey(&ticket).await.unwrap();
        let told = journey.events.iter().filter(|event| event.summary.contains("was attached")).count();
        assert_eq!(told, 2, "each is on the timeline once");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_file_is_decides_its_content_and_the_plan() {
    on_each_database(async |stage| {
        let ticket = stage.people().register("Не открывается отчёт").await;
        let mut desk = files(&stage, Line::ServiceDesk, &ticket);
        let program = b"MZ\x90\0\x03\0\0\0";
        let picture = desk.announcement("отчёт.png", "image/png", program.len());
        let id = desk.service.begin_attachment(picture).await.unwrap().into_inner().attachment_id;
        desk.put(&id, 0, program).await.unwrap();
        assert_eq!(reason(desk.finish(&id).await), Reason::AttachmentTypeRefused, "a program is no picture");

        let types = desk.announcement("setup.exe", "application/vnd.microsoft.portable-executable", 8);
        assert_eq!(reason(desk.service.begin_attachment(types).await), Reason::AttachmentTypeRefused);
        let large = desk.announcement("видео.mp4", "video/mp4", 25 * 1024 * 1024 + 1);
        assert_eq!(reason(desk.service.begin_attachment(large).await), Reason::AttachmentTooLarge);
        let empty = desk.announcement("пусто.txt", "text/plain", 0);
        assert_eq!(reason(desk.service.begin_attachment(empty).await), Reason::FieldInvalid);
        let nameless = desk.announcement("../..", "text/plain", 1);
        assert_eq!(reason(desk.service.begin_attachment(nameless).await), Reason::FieldInvalid);

        let mut wrong = desk.announcement("a.txt", "text/plain", 1);
        wrong.sha256 = "0".repeat(64);
        let id = desk.service.begin_attachment(wrong).await.unwrap().into_inner().attachment_id;
        desk.put(&id, 0, b"a").await.unwrap();
        assert_eq!(reason(desk.finish(&id).await), Reason::AttachmentUploadMismatch);
        assert!(desk.names().await.unwrap().is_empty());

        // What nobody finishes is given up after a day.
        stage.after(jiff::SignedDuration::from_hours(25)).await;
        let mut desk = files(&stage, Line::ServiceDesk, &ticket);
        assert_eq!(reason(desk.finish(&id).await), Reason::AttachmentNotFound);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn every_line_works_with_the_files_and_the_client_sees_the_own_ones() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Роутер перезагружается").await;
        let mut client = clients(&stage, CLIENT, &ticket);
        client.attach("фото.txt", b"what it shows").await.unwrap();
        people.to_technical(&ticket, evidence::technical()).await.unwrap();
        stage.settle().await;

        // Line 2 holds the ticket, and finds what the client sent and adds what it found.
        let mut technical = files(&stage, Line::Technical, &ticket);
        assert_eq!(technical.names().await.unwrap(), ["фото.txt"]);
        let found = technical.attach("диагностика.txt", b"dhcp: no lease").await.unwrap();
        assert_eq!(files(&stage, Line::Expert, &ticket).read(&found).await.unwrap(), b"dhcp: no lease");
        assert_eq!(client.names().await.unwrap(), ["фото.txt"], "what lines write to each other is not for the client");
        assert_eq!(reason(client.read(&found).await), Reason::AttachmentNotFound);
        assert_eq!(reason(technical.share(&found).await), Reason::ClientContactNotAllowed);

        let mut desk = files(&stage, Line::ServiceDesk, &ticket);
        assert!(desk.share(&found).await.unwrap().for_client);
        assert_eq!(client.read(&found).await.unwrap(), b"dhcp: no lease");

        // Nobody goes on with what another one began, nor sees another client's ticket.
        let begun = technical.begin("ещё.txt", b"a").await.unwrap().attachment_id;
        assert_eq!(reason(desk.put(&begun, 0, b"a").await), Reason::AttachmentNotFound);
        let mut other = clients(&stage, "client-99", &ticket);
        assert_eq!(reason(other.names().await), Reason::TicketNotFound);
        assert_eq!(reason(other.attach("a.txt", b"a").await), Reason::TicketNotFound);
        // The vendor's side gets none unless the plan says so.
        assert_eq!(reason(files(&stage, Line::Vendor, &ticket).names().await), Reason::RoleNotAllowed);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn line_2_names_the_files_by_itself_and_goes_on_without_them_while_line_1_is_away() {
    on_each_database(async |stage| {
        let people = stage.people();
        let mut named = Vec::new();
        for line_1_is_there in [true, false] {
            let ticket = people.register("Роутер перезагружается").await;
            let id = clients(&stage, CLIENT, &ticket).attach("фото.txt", b"what it shows").await.unwrap();
            people.to_technical(&ticket, evidence::technical()).await.unwrap();
            stage.settle().await;
            if !line_1_is_there {
                stage.suite.kill(Line::ServiceDesk);
            }
            let given = line3::Evidence { attachments: Vec::new(), ..evidence::expert() };
            let outcome = people.to_expert(&ticket, given).await.unwrap();
            assert_eq!(outcome.standing(), Standing::Accepted);
            stage.suite.restart(Line::ServiceDesk).await.unwrap();
            stage.settle().await;
            let journey = people.journey(&ticket).await.unwrap();
            named.push(
                journey
                    .events
                    .iter()
                    .any(|event| event.summary.contains("took over") && event.detail_json.contains(&id)),
            );
        }
        assert_eq!(named, [true, false]);
        stage.holds().await;
    })
    .await;
}
