//! Which articles are worth a look: tantivy's part.

use tantivy::{
    DocAddress, DocId, Index, IndexReader, IndexWriter, ReloadPolicy, Score, Searcher, SegmentReader, TantivyDocument,
    TantivyError, Term,
    collector::TopDocs,
    columnar::Column,
    query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery},
    schema::{FAST, Field, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions},
};

use crate::{
    Article,
    article::{Audience, Viewer},
    words::words,
};

/// What tantivy's writer may hold before it writes a segment, in bytes; its own minimum.
const WRITER_BYTES: usize = 15_000_000;

/// The name of the field with an article's number.
const NUMBER: &str = "number";

/// An index in memory of stems.
pub(crate) struct Candidates {
    index: Index,
    reader: IndexReader,
    fields: Fields,
}

#[derive(Clone, Copy)]
struct Fields {
    id: Field,
    number: Field,
    /// What is for clients and what is not stand apart, so that not even a frequency tells of the other.
    client: Field,
    internal: Field,
}

impl Fields {
    fn of(self, audience: Audience) -> Field {
        match audience {
            Audience::Client => self.client,
            Audience::Internal => self.internal,
        }
    }
}

impl Candidates {
    pub(crate) fn new() -> Result<Self, TantivyError> {
        let mut schema = Schema::builder();
        let spaced = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_tokenizer("whitespace").set_index_option(IndexRecordOption::WithFreqs),
        );
        let fields = Fields {
            id: schema.add_text_field("id", STRING),
            number: schema.add_u64_field(NUMBER, FAST),
            client: schema.add_text_field("client", spaced.clone()),
            internal: schema.add_text_field("internal", spaced),
        };
        let index = Index::create_in_ram(schema.build());
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { index, reader, fields })
    }

    /// Takes out the articles with the ids `gone` and puts in `new`, each under its number. On an error nothing
    /// has changed.
    pub(crate) fn change<'a>(
        &self,
        gone: impl Iterator<Item = &'a str>,
        new: impl Iterator<Item = (u64, &'a Article)>,
    ) -> Result<Searcher, TantivyError> {
        let mut writer: IndexWriter = self.index.writer_with_num_threads(1, WRITER_BYTES)?;
        for id in gone {
            writer.delete_term(Term::from_field_text(self.fields.id, id));
        }
        for (number, article) in new {
            let stems: Vec<String> =
                article.asks().chain([article.body.as_str()]).flat_map(words).map(|word| word.stem).collect();
            let mut document = TantivyDocument::new();
            document.add_text(self.fields.id, &article.id);
            document.add_u64(self.fields.number, number);
            document.add_text(self.fields.of(article.audience), stems.join(" "));
            writer.add_document(document)?;
        }
        writer.commit()?;
        // So that no thread stays behind, and the next change finds what this one left.
        writer.wait_merging_threads()?;
        self.reader.reload()?;
        Ok(self.reader.searcher())
    }

    pub(crate) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// The numbers of the articles that `viewer` sees and that have the most of `stems`, by tantivy's own score.
    pub(crate) fn find(
        &self,
        searcher: &Searcher,
        viewer: Viewer,
        stems: &[(String, f32)],
        most: usize,
    ) -> Result<Vec<u64>, TantivyError> {
        let audiences = [Audience::Client, Audience::Internal].into_iter().filter(|audience| viewer.sees(*audience));
        let any = audiences.flat_map(|audience| {
            stems.iter().map(move |(stem, weight)| -> (Occur, Box<dyn Query>) {
                let term = Term::from_field_text(self.fields.of(audience), stem);
                let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
                (Occur::Should, Box::new(BoostQuery::new(Box::new(query), *weight)))
            })
        });
        // All that have any of the stems are scored: to leave out those that cannot be among the best costs more, where
        // the stems are as many as here.
        let by_score = TopDocs::with_limit(most).tweak_score(|_: &SegmentReader| |_: DocId, score: Score| score);
        let best = searcher.search(&BooleanQuery::new(any.collect()), &by_score)?;
        // To open a column takes longer than to read it.
        let open = searcher.segment_readers().iter().map(|segment| segment.fast_fields().u64(NUMBER));
        let numbers: Vec<Column<u64>> = open.collect::<Result<_, _>>()?;
        let number = |(_, at): (Score, DocAddress)| numbers.get(at.segment_ord as usize)?.first(at.doc_id);
        Ok(best.into_iter().filter_map(number).collect())
    }
}
