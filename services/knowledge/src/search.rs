//! The search over one organization's articles.
//!
//! tantivy finds candidates; [`crate::weight`] then scores these few exactly, with statistics of the articles that are
//! there now (tantivy counts removed ones until it merges), so that scores depend on nothing but question and articles.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use tantivy::{
    Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument,
    collector::TopDocs,
    query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery},
    schema::{Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value},
};

use crate::{
    Answer, Article, KnowledgeError, Thresholds,
    question::{Question, pieces},
    weight::{Bag, Statistics, Term},
    words::{Word, words},
};

/// So many of tantivy's best candidates are scored exactly.
const CANDIDATES: usize = 64;

/// What tantivy's writer may hold before it writes a segment, in bytes; its own minimum.
const WRITER_BYTES: usize = 15_000_000;

/// How much whole words count in a score; the rest is for pieces of words.
const WORDS_SHARE: f32 = 0.3;

/// A word that isn't in an article was still meant by it when so much of its pieces is.
const PIECES_FOR_A_MATCH: f32 = 0.6;

/// How sharply rivals lower a score: see [`Hit::score`].
const RIVALRY: i32 = 4;

/// An article that may answer a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Which article.
    pub article_id: String,
    /// Its title.
    pub title: String,
    /// 0 to 1, comparable between questions: how much of the question the article covers, times its share among the
    /// articles that cover something of it. Two articles that cover a question alike halve each other.
    pub score: f32,
    /// The words of the question, folded, that the article has: why it was found.
    pub matched: Vec<String>,
}

/// An index in memory over the articles of one organization. Share it by reference: any number of threads may
/// ask while one changes it; a question sees all of a change or nothing of it.
pub struct Search {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    changing: Mutex<()>,
    now: RwLock<Arc<Snapshot>>,
}

#[derive(Clone, Copy)]
struct Fields {
    id: Field,
    words: Field,
    pieces: Field,
}

#[derive(Clone)]
struct Snapshot {
    searcher: Searcher,
    entries: BTreeMap<String, Arc<Entry>>,
    words: Statistics,
    pieces: Statistics,
}

struct Entry {
    article: Article,
    words: Bag,
    pieces: Bag,
}

impl Search {
    /// Indexes `articles`. Of several with the same id the last one counts.
    pub fn build(articles: impl IntoIterator<Item = Article>) -> Result<Self, KnowledgeError> {
        let mut schema = Schema::builder();
        let spaced = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_tokenizer("whitespace").set_index_option(IndexRecordOption::WithFreqs),
        );
        let fields = Fields {
            id: schema.add_text_field("id", STRING | STORED),
            words: schema.add_text_field("words", spaced.clone()),
            pieces: schema.add_text_field("pieces", spaced),
        };
        let index = Index::create_in_ram(schema.build());
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let now = Snapshot {
            searcher: reader.searcher(),
            entries: BTreeMap::new(),
            words: Statistics::default(),
            pieces: Statistics::default(),
        };
        let search = Self { index, reader, fields, changing: Mutex::new(()), now: RwLock::new(Arc::new(now)) };
        search.change(&[], articles.into_iter().collect())?;
        Ok(search)
    }

    /// Puts articles in, over those with the same ids. The next question sees them all; on an error, none.
    pub fn put(&self, articles: &[Article]) -> Result<(), KnowledgeError> {
        self.change(&[], articles.to_vec())
    }

    /// Takes articles out. Ids that are not there are passed over.
    pub fn remove(&self, ids: &[&str]) -> Result<(), KnowledgeError> {
        self.change(ids, Vec::new())
    }

    /// The article with this id.
    pub fn article(&self, id: &str) -> Option<Article> {
        self.snapshot().entries.get(id).map(|entry| entry.article.clone())
    }

    /// How many articles there are.
    pub fn len(&self) -> usize {
        self.snapshot().entries.len()
    }

    /// Whether there is no article.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The articles that may answer `question`, at most `most`, the likeliest first and equal ones by id. Any text is
    /// a question; there is no query syntax in it.
    pub fn find(&self, question: &str, most: usize) -> Result<Vec<Hit>, KnowledgeError> {
        let question = Question::new(question);
        let now = self.snapshot();
        if question.words.is_empty() || most == 0 {
            return Ok(Vec::new());
        }
        let words = now.words.weigh(&question.stems());
        let pieces = now.pieces.weigh(&question.pieces());
        let mut found = Vec::new();
        for id in self.candidates(&now.searcher, &question, most.max(CANDIDATES))? {
            let Some(entry) = now.entries.get(&id) else { continue };
            let matched = entry.matched(&question.words);
            if !matched.is_empty() {
                let covered = WORDS_SHARE * words.covered_by(&entry.words)
                    + (1.0 - WORDS_SHARE) * pieces.covered_by(&entry.pieces);
                found.push((covered, entry, matched));
            }
        }
        found
            .sort_by(|(a, left, _), (b, right, _)| b.total_cmp(a).then_with(|| left.article.id.cmp(&right.article.id)));
        let rivals: f32 = found.iter().map(|(covered, _, _)| covered.powi(RIVALRY)).sum();
        let hit = |(covered, entry, matched): (f32, &Arc<Entry>, Vec<String>)| Hit {
            article_id: entry.article.id.clone(),
            title: entry.article.title.clone(),
            score: if rivals > 0.0 { covered.min(1.0) * covered.powi(RIVALRY) / rivals } else { 0.0 },
            matched,
        };
        Ok(found.into_iter().take(most).map(hit).collect())
    }

    /// Finds what may answer `question` and judges whether it is good enough.
    pub fn answer(&self, question: &str, thresholds: Thresholds) -> Result<Answer, KnowledgeError> {
        Ok(Answer::judge(self.find(question, crate::OFFERS_MAX)?, thresholds))
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The ids of the articles that share the most with `question`, by tantivy's own score.
    fn candidates(&self, searcher: &Searcher, question: &Question, most: usize) -> Result<Vec<String>, KnowledgeError> {
        let term = |field, text: &str| -> Box<dyn Query> {
            Box::new(TermQuery::new(tantivy::Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
        };
        let mut any: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for word in &question.words {
            let whole = BoostQuery::new(term(self.fields.words, &word.stem), 4.0);
            any.push((Occur::Should, Box::new(whole)));
            any.extend(pieces(word).iter().map(|piece| (Occur::Should, term(self.fields.pieces, piece))));
        }
        let best = searcher.search(&BooleanQuery::new(any), &TopDocs::with_limit(most).order_by_score())?;
        let mut ids = Vec::with_capacity(best.len());
        for (_, address) in best {
            let document: TantivyDocument = searcher.doc(address)?;
            ids.extend(document.get_first(self.fields.id).and_then(|id| id.as_str()).map(str::to_owned));
        }
        Ok(ids)
    }

    fn change(&self, gone: &[&str], articles: Vec<Article>) -> Result<(), KnowledgeError> {
        articles.iter().try_for_each(Article::check)?;
        let new: BTreeMap<String, Article> =
            articles.into_iter().map(|article| (article.id.clone(), article)).collect();
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = (*self.snapshot()).clone();
        let mut writer: IndexWriter = self.index.writer_with_num_threads(1, WRITER_BYTES)?;
        for id in gone.iter().copied().chain(new.keys().map(String::as_str)) {
            writer.delete_term(tantivy::Term::from_field_text(self.fields.id, id));
            if let Some(old) = next.entries.remove(id) {
                next.words.remove(&old.words);
                next.pieces.remove(&old.pieces);
            }
        }
        for (id, article) in new {
            let (entry, document) = self.analyse(article);
            next.words.add(&entry.words);
            next.pieces.add(&entry.pieces);
            writer.add_document(document)?;
            next.entries.insert(id, Arc::new(entry));
        }
        writer.commit()?;
        // So that no thread stays behind, and the next change finds what this one left.
        writer.wait_merging_threads()?;
        self.reader.reload()?;
        next.searcher = self.reader.searcher();
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        Ok(())
    }

    fn analyse(&self, article: Article) -> (Entry, TantivyDocument) {
        let ask: Vec<Word> = article.asks().flat_map(words).collect();
        let body: Vec<Word> = words(&article.body).collect();
        let stems = |words: &[Word]| -> Vec<Term> { words.iter().map(|word| Term::of(&word.stem)).collect() };
        let cut =
            |words: &[Word]| -> Vec<Term> { words.iter().flat_map(pieces).map(|piece| Term::of(&piece)).collect() };
        let mut document = TantivyDocument::new();
        document.add_text(self.fields.id, &article.id);
        let all: Vec<&str> = ask.iter().chain(&body).map(|word| word.stem.as_str()).collect();
        document.add_text(self.fields.words, all.join(" "));
        document.add_text(self.fields.pieces, ask.iter().flat_map(pieces).collect::<Vec<_>>().join(" "));
        let entry =
            Entry { words: Bag::new(&stems(&ask), &stems(&body)), pieces: Bag::new(&cut(&ask), &cut(&body)), article };
        (entry, document)
    }
}

impl Entry {
    fn matched(&self, words: &[Word]) -> Vec<String> {
        words.iter().filter(|word| self.has(word)).map(|word| word.folded.clone()).collect()
    }

    /// Whether the article has `word`, or asks with one that is typed nearly like it. Codes and numbers are never
    /// "nearly", and a long answer has the pieces of every word.
    fn has(&self, word: &Word) -> bool {
        if self.words.contains(Term::of(&word.stem)) {
            return true;
        }
        let pieces = pieces(word);
        let shared = pieces.iter().filter(|piece| self.pieces.asks(Term::of(piece))).count();
        !word.folded.contains(|character: char| character.is_ascii_digit())
            && !pieces.is_empty()
            && shared as f32 >= PIECES_FOR_A_MATCH * pieces.len() as f32
    }
}
