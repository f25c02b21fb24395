//! Articles from a file: CSV, TSV (a tab between columns, no quotes) or JSON lines, with named columns.
//!
//! Rows with the same id make one article: the first row's title and answer, the questions of all.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use crate::{
    Article, Audience, Language, language_of,
    life::{About, Edition},
};

/// How a file's rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, quoted by RFC 4180, the first row names the columns.
    Csv,
    /// Tab-separated without quotes, the first row names the columns.
    Tsv,
    /// One JSON object a line; its keys are the columns. A value is a string, a number or a list of these.
    JsonLines,
}

impl Format {
    /// The format that a file's extension tells: `csv`, `tsv`, `jsonl`, `ndjson` or `json`.
    pub fn of_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            "jsonl" | "ndjson" | "json" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// Which column holds what. `answer` must be there, and `title` or `question`; the others may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The article's id; without the column an article is named by its line, `line-7`.
    pub id: String,
    /// The title; without it the first question.
    pub title: String,
    /// One way to ask, or in JSON lines a list of them.
    pub question: String,
    /// The answer told to the client.
    pub answer: String,
    /// `ru` or `en`; without it the language is recognised.
    pub language: String,
    /// Tags with commas between them, or in JSON lines a list of them.
    pub tags: String,
    /// Synonyms with commas between them, or in JSON lines a list of them.
    pub synonyms: String,
    /// `client` or `internal`; without it the article is for clients.
    pub audience: String,
    /// The product it belongs to.
    pub product: String,
    /// From when on answers are given from it, such as `2026-12-31T21:00:00Z`.
    pub valid_from: String,
    /// Until when answers are given from it.
    pub valid_until: String,
}

impl Default for Columns {
    fn default() -> Self {
        let name = str::to_owned;
        Self {
            id: name("id"),
            title: name("title"),
            question: name("question"),
            answer: name("answer"),
            language: name("language"),
            tags: name("tags"),
            synonyms: name("synonyms"),
            audience: name("audience"),
            product: name("product"),
            valid_from: name("valid_from"),
            valid_until: name("valid_until"),
        }
    }
}

/// Why a file of articles could not be read. Lines count from 1, the row with the names included.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file could not be opened or read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The extension tells no format.
    #[error("cannot tell the format of {path}: name it .csv, .tsv or .jsonl", path = path.display())]
    UnknownFormat {
        /// Which file.
        path: PathBuf,
    },
    /// A row is not what the format asks for.
    #[error("line {line} is not readable: {problem}")]
    Row {
        /// Which line.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// A needed column is in no row or has no value here.
    #[error("line {line}, column `{column}`: {problem}")]
    Value {
        /// Which line.
        line: u64,
        /// Which column.
        column: String,
        /// What is wrong, and what is wanted.
        problem: String,
    },
}

/// Reads the articles of the file at `path`, in the order of the file; the extension tells the format.
///
/// # Errors
/// [`FileError`].
pub fn load(path: &Path, columns: &Columns) -> Result<Vec<Article>, FileError> {
    Ok(editions(path, columns)?.into_iter().map(|edition| edition.article).collect())
}

/// As [`load`], with what is said about the articles.
///
/// # Errors
/// [`FileError`].
pub fn editions(path: &Path, columns: &Columns) -> Result<Vec<Edition>, FileError> {
    let format = Format::of_path(path).ok_or_else(|| FileError::UnknownFormat { path: path.to_owned() })?;
    let file = File::open(path).map_err(|source| FileError::Unreadable { path: path.to_owned(), source })?;
    gather(file, format, columns)
}

/// Reads the articles of `source`, in their order.
///
/// # Errors
/// [`FileError`].
pub fn read(source: impl Read, format: Format, columns: &Columns) -> Result<Vec<Article>, FileError> {
    Ok(gather(source, format, columns)?.into_iter().map(|edition| edition.article).collect())
}

fn gather(source: impl Read, format: Format, columns: &Columns) -> Result<Vec<Edition>, FileError> {
    let rows = match format {
        Format::Csv => table(source, b',', true, columns)?,
        Format::Tsv => table(source, b'\t', false, columns)?,
        Format::JsonLines => json_lines(source)?,
    };
    let mut editions: Vec<Edition> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let about = row.about(columns)?;
        let article = row.into_article(columns)?;
        match places.get(&article.id).and_then(|place| editions.get_mut(*place)) {
            Some(known) => known.article.questions.extend(article.questions),
            None => {
                places.insert(article.id.clone(), editions.len());
                editions.push(Edition { article, about });
            }
        }
    }
    Ok(editions)
}

struct Row {
    line: u64,
    values: BTreeMap<String, Vec<String>>,
}

impl Row {
    /// The values of `column` that say anything.
    fn all(&self, column: &str) -> Vec<String> {
        let values = self.values.get(column).into_iter().flatten();
        values.map(|value| value.trim()).filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    fn one(&self, column: &str) -> Option<String> {
        self.all(column).into_iter().next()
    }

    fn wrong(&self, column: &str, problem: impl Into<String>) -> FileError {
        FileError::Value { line: self.line, column: column.to_owned(), problem: problem.into() }
    }

    fn about(&self, columns: &Columns) -> Result<About, FileError> {
        let instant = |column: &String| {
            let value = self.one(column).map(|value| value.parse::<Timestamp>());
            value.transpose().map_err(|_| self.wrong(column, "is no instant; write one such as 2026-12-31T21:00:00Z"))
        };
        let (valid_from, valid_until) = (instant(&columns.valid_from)?, instant(&columns.valid_until)?);
        Ok(About { product: self.one(&columns.product), valid_from, valid_until, ..About::default() })
    }

    fn into_article(self, columns: &Columns) -> Result<Article, FileError> {
        let body =
            self.one(&columns.answer).ok_or_else(|| self.wrong(&columns.answer, "is empty; write the answer"))?;
        let questions = self.all(&columns.question);
        let title = self.one(&columns.title).or_else(|| questions.first().cloned()).ok_or_else(|| {
            self.wrong(&columns.question, format!("is empty, and so is `{}`; fill in one of them", columns.title))
        })?;
        let language = match self.one(&columns.language) {
            Some(code) => Language::of_code(&code)
                .ok_or_else(|| self.wrong(&columns.language, format!("is `{code}`; write `ru` or `en`")))?,
            None => language_of(&format!("{title} {} {body}", questions.join(" "))).ok_or_else(|| {
                self.wrong(&columns.answer, "is neither Russian nor English; add a column `language`")
            })?,
        };
        let tags = self.all(&columns.tags);
        let audience = match self.one(&columns.audience).map(|audience| audience.to_ascii_lowercase()).as_deref() {
            None | Some("client") => Audience::Client,
            Some("internal") => Audience::Internal,
            Some(other) => {
                return Err(self.wrong(&columns.audience, format!("is `{other}`; write `client` or `internal`")));
            }
        };
        let article = Article {
            id: self.one(&columns.id).unwrap_or_else(|| format!("line-{}", self.line)),
            title,
            body,
            questions,
            language,
            tags: listed(&tags),
            synonyms: listed(&self.all(&columns.synonyms)),
            audience,
        };
        article.check().map_err(|problem| self.wrong(&columns.id, problem.to_string()))?;
        Ok(article)
    }
}

/// What stands between commas.
fn listed(values: &[String]) -> Vec<String> {
    values.iter().flat_map(|values| values.split(',')).map(|value| value.trim().to_owned()).collect()
}

fn table(source: impl Read, delimiter: u8, quotes: bool, columns: &Columns) -> Result<Vec<Row>, FileError> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).quoting(quotes).from_reader(source);
    let names = reader.headers().map_err(unreadable_row)?.clone();
    if !names.iter().any(|name| name == columns.answer) {
        let has = names.iter().collect::<Vec<_>>().join("`, `");
        return Err(FileError::Value {
            line: 1,
            column: columns.answer.clone(),
            problem: format!("is missing; the file has `{has}`"),
        });
    }
    let mut rows = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(unreadable_row)?;
        let values = names.iter().zip(&record).map(|(name, value)| (name.to_owned(), vec![value.to_owned()])).collect();
        rows.push(Row { line: record.position().map_or(0, csv::Position::line), values });
    }
    Ok(rows)
}

fn unreadable_row(error: csv::Error) -> FileError {
    FileError::Row { line: error.position().map_or(1, csv::Position::line), problem: error.to_string() }
}

fn json_lines(source: impl Read) -> Result<Vec<Row>, FileError> {
    let mut rows = Vec::new();
    for (line, text) in (1..).zip(BufReader::new(source).lines()) {
        let text = text.map_err(|error| FileError::Row { line, problem: error.to_string() })?;
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|error| FileError::Row { line, problem: error.to_string() })?;
        let values = object.into_iter().map(|(name, value)| (name, texts(value))).collect();
        rows.push(Row { line, values });
    }
    Ok(rows)
}

/// The texts in a JSON value; an object has none.
fn texts(value: serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) => vec![text],
        serde_json::Value::Array(values) => values.into_iter().flat_map(texts).collect(),
        serde_json::Value::Number(number) => vec![number.to_string()],
        serde_json::Value::Bool(truth) => vec![truth.to_string()],
        serde_json::Value::Null | serde_json::Value::Object(_) => Vec::new(),
    }
}
