//! Articles from files, and what is said about bad ones.

use std::io::Write;

use knowledge::{
    Language,
    file::{self, Columns, FileError, Format},
};

fn said(text: &[u8], format: Format) -> String {
    file::read(text, format, &Columns::default()).expect_err("the file is bad").to_string()
}

#[test]
fn rows_with_one_id_become_one_article() {
    let text = "id\tquestion\tanswer\tlanguage\n1\tКак войти?\tОткройте \"вход\".\tru\n1\tГде вход?\t-\tru\n2\tHow to pay?\tBy card.\t\n";
    let articles = file::read(text.as_bytes(), Format::Tsv, &Columns::default()).expect("the file is good");
    assert_eq!(articles.len(), 2);
    assert_eq!(articles[0].questions, ["Как войти?", "Где вход?"]);
    assert_eq!((articles[0].title.as_str(), articles[0].body.as_str()), ("Как войти?", "Откройте \"вход\"."));
    assert_eq!(articles[1].language, Language::English, "recognised");
}

#[test]
fn the_columns_may_have_other_names() {
    let columns =
        Columns { id: "key".to_owned(), title: "topic".to_owned(), answer: "text".to_owned(), ..Columns::default() };
    let text = "\u{feff}key,topic,text\nA,Вход,\"Раз, два\nтри\"\nB,Выход,Нажмите\n";
    let articles = file::read(text.as_bytes(), Format::Csv, &columns).expect("the file is good");
    assert_eq!(articles[0].id, "A");
    assert_eq!(articles[0].body, "Раз, два\nтри");
    assert_eq!(articles[1].title, "Выход");
}

#[test]
fn json_lines_hold_lists_and_numbers() {
    let text =
        r#"{"id": 7, "question": ["How to pay?", "Is cash fine?"], "answer": "By card.", "tags": ["money", "shop"]}"#;
    let articles = file::read(text.as_bytes(), Format::JsonLines, &Columns::default()).expect("the file is good");
    assert_eq!((articles[0].id.as_str(), articles[0].questions.len()), ("7", 2));
    assert_eq!(articles[0].tags, ["money", "shop"]);
}

#[test]
fn an_article_without_an_id_is_named_by_its_line() {
    let articles = file::read(b"question,answer\nHow to pay?,By card.\n".as_slice(), Format::Csv, &Columns::default());
    assert_eq!(articles.expect("the file is good")[0].id, "line-2");
}

#[test]
fn errors_name_the_line_and_the_column() {
    assert_eq!(said(b"id,text\n1,x\n", Format::Csv), "line 1, column `answer`: is missing; the file has `id`, `text`");
    assert_eq!(said(b"question,answer\nHow?,\n", Format::Csv), "line 2, column `answer`: is empty; write the answer");
    assert_eq!(
        said(b"title,question,answer\n,,Yes.\n", Format::Csv),
        "line 2, column `question`: is empty, and so is `title`; fill in one of them"
    );
    assert_eq!(
        said(b"title,answer,language\nPay,Card,en\nPay,Card,de\n", Format::Csv),
        "line 3, column `language`: is `de`; write `ru` or `en`"
    );
    assert!(said(b"title,answer\nPay,Card,too many\n", Format::Csv).starts_with("line 2 is not readable"));
    assert!(said(b"title\tanswer\nPay\t\xff\xfe\n", Format::Tsv).starts_with("line 2 is not readable"));
    assert!(said(b"{\"title\": \"Pay\", \"answer\": \"Card\"}\n\n[1]\n", Format::JsonLines).starts_with("line 3 is"));
}

#[test]
fn a_file_is_read_by_its_extension() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("desk.TSV");
    std::fs::File::create(&path)
        .and_then(|mut file| file.write_all(b"title\tanswer\nPay\tBy card.\n"))
        .expect("written");
    assert_eq!(file::load(&path, &Columns::default()).expect("the file is good").len(), 1);
    let columns = Columns::default();
    assert!(matches!(file::load(&folder.path().join("a.doc"), &columns), Err(FileError::UnknownFormat { .. })));
    assert!(matches!(file::load(&folder.path().join("a.csv"), &columns), Err(FileError::Unreadable { .. })));
}
