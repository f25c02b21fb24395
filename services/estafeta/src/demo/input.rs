//! Real requests from a file: TSV, CSV or JSON lines, with columns by option.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use clap::ValueEnum;
use knowledge::file::Columns;

use crate::failure::Failure;

/// How requests are read and played.
#[derive(Debug, clap::Args)]
pub(super) struct RequestOptions {
    /// How the file is written; told from its name when left out. TSV has no quotes, CSV has those of RFC 4180.
    #[arg(long, value_enum, requires = "requests")]
    format: Option<Format>,
    /// The column with the request.
    #[arg(long, value_name = "NAME", default_value = "text", requires = "requests")]
    text_column: String,
    /// The column with the client's reference; without it all requests are one client's.
    #[arg(long, value_name = "NAME", requires = "requests")]
    client_column: Option<String>,
    /// The column with the id of the article that answers; with it the summary tells how many answers were right.
    #[arg(long, value_name = "NAME", requires = "requests")]
    expected_column: Option<String>,
    /// Play at most this many requests.
    #[arg(long, value_name = "COUNT", requires = "requests")]
    limit: Option<usize>,
    /// How many requests are under way at once.
    #[arg(long, value_name = "COUNT", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024), requires = "requests")]
    pub(super) concurrency: u16,
}

/// How a file of requests is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Tsv,
    Csv,
    Jsonl,
}

/// The columns of the file of knowledge.
#[derive(Debug, clap::Args)]
pub(super) struct KnowledgeColumns {
    /// The column of the knowledge with the article's id.
    #[arg(long, value_name = "NAME", default_value = "id", requires = "knowledge")]
    article_id_column: String,
    /// The column of the knowledge with the article's title.
    #[arg(long, value_name = "NAME", default_value = "title", requires = "knowledge")]
    article_title_column: String,
    /// The column of the knowledge with a way to ask for it.
    #[arg(long, value_name = "NAME", default_value = "question", requires = "knowledge")]
    article_question_column: String,
    /// The column of the knowledge with the answer.
    #[arg(long, value_name = "NAME", default_value = "answer", requires = "knowledge")]
    article_answer_column: String,
}

impl KnowledgeColumns {
    pub(super) fn columns(&self) -> Columns {
        Columns {
            id: self.article_id_column.clone(),
            title: self.article_title_column.clone(),
            question: self.article_question_column.clone(),
            answer: self.article_answer_column.clone(),
            ..Columns::default()
        }
    }
}

/// One real request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) text: String,
    pub(super) client: Option<String>,
    pub(super) expected: Option<String>,
}

impl RequestOptions {
    /// Reads the requests of the file at `path`. Rows without a text are left out.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<Row>, Failure> {
        let file = File::open(path).map_err(Failure::reading("the requests", path))?;
        let mut rows = match self.format.or_else(|| format_of(path)) {
            Some(Format::Tsv) => self.table(path, file, b'\t', false)?,
            Some(Format::Csv) => self.table(path, file, b',', true)?,
            Some(Format::Jsonl) => self.json_lines(path, file)?,
            None => {
                let what = format!("cannot tell the format of {}; name it by --format", path.display());
                return Err(Failure::Given(what));
            }
        };
        rows.retain(|row| !row.text.trim().is_empty());
        rows.truncate(self.limit.unwrap_or(usize::MAX));
        Ok(rows)
    }

    fn table(&self, path: &Path, file: File, delimiter: u8, quotes: bool) -> Result<Vec<Row>, Failure> {
        let wrong = |error: csv::Error| Failure::Given(format!("{}: {error}", path.display()));
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).quoting(quotes).from_reader(file);
        let names = reader.headers().map_err(wrong)?.clone();
        let place = |name: &str| {
            names.iter().position(|known| known == name).ok_or_else(|| {
                let has = names.iter().collect::<Vec<_>>().join("`, `");
                Failure::Given(format!("{} has no column `{name}`; it has `{has}`", path.display()))
            })
        };
        let text = place(&self.text_column)?;
        let client = self.client_column.as_deref().map(place).transpose()?;
        let expected = self.expected_column.as_deref().map(place).transpose()?;
        let mut rows = Vec::new();
        for record in reader.into_records() {
            let record = record.map_err(wrong)?;
            let value = |place: usize| record.get(place).unwrap_or_default().to_owned();
            rows.push(Row { text: value(text), client: client.map(value), expected: expected.map(value) });
        }
        Ok(rows)
    }

    fn json_lines(&self, path: &Path, file: File) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        for (number, line) in (1..).zip(BufReader::new(file).lines()) {
            let line = line.map_err(Failure::reading("the requests", path))?;
            if line.trim().is_empty() {
                continue;
            }
            let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&line)
                .map_err(|error| Failure::Given(format!("{}, line {number}: {error}", path.display())))?;
            let value =
                |name: &str| object.get(name).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
            rows.push(Row {
                text: value(&self.text_column).unwrap_or_default(),
                client: self.client_column.as_deref().and_then(value),
                expected: self.expected_column.as_deref().and_then(value),
            });
        }
        Ok(rows)
    }
}

fn format_of(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "tsv" => Some(Format::Tsv),
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" | "json" => Some(Format::Jsonl),
        _ => None,
    }
}
