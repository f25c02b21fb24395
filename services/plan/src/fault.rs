//! What is wrong with a plan, where, and what to do about it.

use std::fmt;
use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// One thing that is wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The line in the file, from 1.
    pub line: usize,
    /// The column in that line, in characters, from 1.
    pub column: usize,
    /// The faulty part of the text, in bytes.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Diagnostic for Fault {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.help))
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::underline(self.span.clone()))))
    }
}

/// Everything that is wrong with a plan, in the order of the file; never empty.
///
/// [`Faults::plain`] lists them for logs and scripts; [`miette`] draws each with the text around it.
#[derive(Debug, thiserror::Error)]
#[error("{} has {} fault{}", self.file(), self.list.len(), if self.list.len() == 1 { "" } else { "s" })]
pub struct Faults {
    text: NamedSource<String>,
    list: Vec<Fault>,
}

impl Faults {
    /// The faults, in the order of the file.
    #[must_use]
    pub fn list(&self) -> &[Fault] {
        &self.list
    }

    /// The name of the file, as given to [`Plan::parse`](crate::Plan::parse).
    #[must_use]
    pub fn file(&self) -> &str {
        self.text.name()
    }

    /// Every fault as `file:line:column: message; help`, one a line.
    #[must_use]
    pub fn plain(&self) -> String {
        let show = |Fault { line, column, span: _, message, help }: &Fault| {
            format!("{}:{line}:{column}: {message}; {help}", self.file())
        };
        self.list.iter().map(show).collect::<Vec<_>>().join("\n")
    }
}

impl Diagnostic for Faults {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.text)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.list.iter().map(|fault| fault as &dyn Diagnostic)))
    }
}

/// The longest message, in characters; what the file says can be longer than anyone reads.
const MESSAGE_CHARS_MAX: usize = 400;

/// `text` on one line and not too long, whatever the file made it say.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE_CHARS_MAX).collect()
}

/// Gathers faults while a plan is read.
#[derive(Debug, Default)]
pub(crate) struct Gathered(Vec<(Range<usize>, String, String)>);

impl Gathered {
    /// Notes that the text at `span` is wrong; the text is `message`, what to do about it `help`.
    pub(crate) fn note(&mut self, span: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.0.push((span.clone(), one_line(&message.into()), one_line(&help.into())));
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults with their lines and columns in `text`.
    pub(crate) fn into_faults(mut self, file: &str, text: &str) -> Faults {
        self.0.sort_by_key(|(span, _, _)| span.start);
        let line_starts: Vec<usize> =
            std::iter::once(0).chain(text.match_indices('\n').map(|(newline, _)| newline + 1)).collect();
        let place = |(span, message, help): (Range<usize>, String, String)| {
            let start = text.floor_char_boundary(span.start);
            let end = text.ceil_char_boundary(span.end.min(text.len())).max(start);
            let line = line_starts.partition_point(|line_start| *line_start <= start);
            let column = text[line_starts[line - 1]..start].chars().count() + 1;
            Fault { line, column, span: start..end, message, help }
        };
        let list = self.0.into_iter().map(place).collect();
        Faults { text: NamedSource::new(file, text.to_owned()), list }
    }
}
