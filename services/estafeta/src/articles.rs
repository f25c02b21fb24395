//! `articles`: bringing knowledge from files to line 0, and back.
//!
//! A folder has one Markdown file for each article (see [`knowledge::markdown`]); a CSV, TSV or JSON lines file has one in
//! each row (see [`knowledge::file`]). What is imported is published; what line 0 says already is left as it is.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use knowledge::file::{self, Columns};
use knowledge::life::Edition;
use knowledge::markdown;
use prost::Message;
use proto::line0::knowledge_service_client::KnowledgeServiceClient;
use proto::line0::{self, ListArticlesRequest, PutArticlesRequest};
use rpc::{Channel, Limits, Role, as_caller, tuned};
use ticket::Line;

use crate::article_wire::{from_wire, to_wire};
use crate::failure::Failure;
use crate::running;
use crate::target::Target;
use crate::ticket_work::connect::Identity;

/// So many articles, and so many bytes of them, are put by one call: well below the longest message.
const ARTICLES_AT_ONCE: usize = 100;
const BYTES_AT_ONCE: usize = 1024 * 1024;

/// So many are asked for at once: the longest of them fit in a message.
const PAGE: i32 = 20;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where line 0 is, who is calling, and what is asked.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    identity: Identity,
    /// Where line 0 is, such as `http://10.0.0.2:7100`. Default: what the data directory of the running suite tells.
    #[arg(long, value_name = "URL", global = true)]
    line0: Option<String>,
    /// Print one JSON object.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Put the articles of a folder of Markdown files, or of a CSV, TSV or JSON lines file, into line 0's knowledge and
    /// publish them. Nothing is imported while a file has a fault; what line 0 says already stays as it is.
    ///
    /// A Markdown file begins with a line `---`, then lines such as `title: How to print`, then `---` again, and the answer;
    /// each line `## …` begins a section. Besides `title` there may be: id (default: the file's path), language (ru or en),
    /// audience (client or internal), questions, synonyms and tags (with `|` between them), product, pair (the id of the
    /// article in the other language), valid_from and valid_until (such as 2026-12-31T21:00:00Z). A table has such columns
    /// and `answer`, and `question` in place of `questions`.
    Import {
        /// The folder or the file.
        path: PathBuf,
    },
    /// Write every published article into a folder, one Markdown file for each. What is written is imported the same.
    Export {
        /// The folder; a new one, or an empty one.
        dir: PathBuf,
    },
}

/// Does what was asked.
///
/// # Errors
/// When a file has a fault, or line 0 refuses or is away.
pub async fn run(options: Options) -> Result<(), Failure> {
    let Options { identity, line0, json, deed } = options;
    match deed {
        Deed::Import { path } => {
            // Faults are told before anybody is called.
            let editions = read(&path)?;
            let count = editions.len();
            let changed = import(channel(&identity, line0)?, editions).await?;
            match json {
                true => println!("{}", serde_json::json!({ "articles": count, "changed": changed })),
                false => println!("{count} articles, {changed} of them new or changed"),
            }
        }
        Deed::Export { dir } => {
            let count = export(channel(&identity, line0)?, &dir).await?;
            match json {
                true => println!("{}", serde_json::json!({ "articles": count })),
                false => println!("{count} articles written into {}", dir.display()),
            }
        }
    }
    Ok(())
}

fn channel(identity: &Identity, line0: Option<String>) -> Result<Channel, Failure> {
    let target = Target::of(Line::SelfService);
    let data = identity.data();
    let found = line0.or_else(|| running::find(&data, target).map(|place| place.address));
    let address = found.ok_or(Failure::NotRunning { target, dir: data })?;
    Ok(as_caller(rpc::dial(&address)?, identity.token(Role::KnowledgeEditor, crate::people::knowledge_editor)?))
}

/// The articles of a folder or a file.
///
/// # Errors
/// [`Failure::Given`] with every fault: the file, the line and what to do.
fn read(path: &Path) -> Result<Vec<Edition>, Failure> {
    // Before its format is looked for: what is not there has none.
    let found = path.metadata().map_err(Failure::reading("the articles", path))?;
    if !found.is_dir() {
        let columns = Columns::default();
        return file::editions(path, &columns).map_err(|fault| match fault {
            file::FileError::Row { .. } | file::FileError::Value { .. } => {
                Failure::Given(format!("{}: {fault}", path.display()))
            }
            file::FileError::Unreadable { .. } | file::FileError::UnknownFormat { .. } => fault.into(),
        });
    }
    let mut paths = Vec::new();
    gather(path, &mut paths)?;
    if paths.is_empty() {
        return Err(Failure::Given(format!("there is no file that ends with .md in {}", path.display())));
    }
    let (mut editions, mut faults) = (Vec::new(), Vec::new());
    let mut places: HashMap<String, PathBuf> = HashMap::new();
    for file in paths {
        let text = fs::read_to_string(&file).map_err(Failure::reading("an article", &file))?;
        match markdown::read(&name_of(path, &file), &text) {
            Ok(edition) => {
                if let Some(other) = places.insert(edition.article.id.clone(), file.clone()) {
                    let id = &edition.article.id;
                    let (file, other) = (file.display(), other.display());
                    faults.push(format!(
                        "{file}: line 1: article `{id}` is in {other} too; give one of them another `id`"
                    ));
                }
                editions.push(edition);
            }
            Err(fault) => faults.push(format!("{}: {fault}", file.display())),
        }
    }
    if faults.is_empty() { Ok(editions) } else { Err(Failure::Given(faults.join("\n"))) }
}

/// The Markdown files below `folder`, in the order of their names; hidden ones are left out.
fn gather(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = entries.map_err(Failure::reading("the folder", folder))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            gather(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("md")) {
            found.push(path);
        }
    }
    Ok(())
}

/// The id of an article that names none: its file's path below the folder, without the ending.
fn name_of(folder: &Path, file: &Path) -> String {
    let below = file.strip_prefix(folder).unwrap_or(file).with_extension("");
    below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Puts articles into line 0's knowledge and publishes them; how many were new or changed.
///
/// # Errors
/// When line 0 refuses or is away.
pub(crate) async fn import(channel: Channel, editions: Vec<Edition>) -> Result<u32, Failure> {
    let mut shelf = tuned!(KnowledgeServiceClient::new(channel), &Limits::default());
    let (mut changed, mut waiting, mut bytes) = (0, Vec::new(), 0);
    let mut calls: Vec<Vec<line0::Article>> = Vec::new();
    for article in editions.into_iter().map(to_wire) {
        bytes += article.encoded_len();
        if waiting.len() == ARTICLES_AT_ONCE || (bytes > BYTES_AT_ONCE && !waiting.is_empty()) {
            bytes = article.encoded_len();
            calls.push(std::mem::take(&mut waiting));
        }
        waiting.push(article);
    }
    calls.push(waiting);
    for articles in calls.into_iter().filter(|articles| !articles.is_empty()) {
        let request_id = format!("import-{:032x}", rand::random::<u128>());
        let mut request = tonic::Request::new(PutArticlesRequest { request_id, articles });
        request.set_timeout(PATIENCE);
        changed += shelf.put_articles(request).await?.into_inner().changed;
    }
    Ok(changed)
}

async fn export(channel: Channel, dir: &Path) -> Result<usize, Failure> {
    fs::create_dir_all(dir).map_err(Failure::writing("the folder", dir))?;
    if fs::read_dir(dir).map_err(Failure::reading("the folder", dir))?.next().is_some() {
        let dir = dir.display();
        return Err(Failure::Given(format!(
            "{dir} is not empty, and what was retired would stay in it; give a new folder"
        )));
    }
    let mut shelf = tuned!(KnowledgeServiceClient::new(channel), &Limits::default());
    let (mut count, mut page_token) = (0, String::new());
    loop {
        let mut request = tonic::Request::new(ListArticlesRequest { page_size: PAGE, page_token });
        request.set_timeout(PATIENCE);
        let page = shelf.list_articles(request).await?.into_inner();
        for article in page.articles {
            let edition = from_wire(article)?;
            let path = dir.join(format!("{}.md", file_name(&edition.article.id)));
            fs::write(&path, markdown::write(&edition)).map_err(Failure::writing("an article", &path))?;
            count += 1;
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(count);
        }
    }
}

/// An id as the name of a file: what could lead elsewhere, or be no name on some system, is written as `%` and its code. A
/// capital is, too: not every system tells it from a small letter.
fn file_name(id: &str) -> String {
    let mut name = String::new();
    for letter in id.chars() {
        match letter {
            '-' | '_' => name.push(letter),
            letter if letter.is_alphanumeric() && !letter.is_uppercase() => name.push(letter),
            letter => name.push_str(&format!("%{:x}", u32::from(letter))),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_a_name_of_its_own_that_leads_nowhere_else() {
        assert_eq!(file_name("vpn-1"), "vpn-1");
        assert_eq!(file_name("../Счёт"), "%2e%2e%2f%421чёт");
        assert_ne!(file_name("VPN"), file_name("vpn"));
    }

    #[test]
    fn an_article_without_an_id_is_named_by_its_place() {
        assert_eq!(name_of(Path::new("docs"), Path::new("docs/net/vpn.md")), "net/vpn");
    }
}
