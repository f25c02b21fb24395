//! Path templates of `google.api.http`: `/v1/tickets/{ticket_id}:resolve`, `/v1/{name=shelves/*}`, `/v1/files/**`.

/// One path template, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    segments: Vec<Segment>,
    variables: Vec<Variable>,
    verb: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    /// Exactly this. First, so that it is tried before a wildcard.
    Literal(String),
    /// `*`: one segment that is not empty.
    One,
    /// `**`: the rest of the path, possibly nothing. Only at the end.
    Rest,
}

/// A part of the path that fills a field.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Variable {
    /// The field's path by proto names, `a.b`.
    field: String,
    /// Which segments, `from..to`.
    from: usize,
    to: usize,
}

/// A request's path, cut as templates are.
#[derive(Debug)]
pub(crate) struct PathCut<'a> {
    segments: Vec<&'a str>,
    verb: Option<&'a str>,
}

impl<'a> PathCut<'a> {
    /// Cuts a path that is still percent-encoded. A colon in the last segment begins a verb; one that belongs to a
    /// value is written `%3A`.
    pub(crate) fn of(path: &'a str) -> Self {
        let mut segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        let verb = segments.last_mut().and_then(|last| {
            let (segment, verb) = last.rsplit_once(':')?;
            *last = segment;
            Some(verb)
        });
        Self { segments, verb }
    }
}

impl Template {
    /// Parses a template; the error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text.strip_prefix('/').ok_or("it must begin with `/`")?;
        let mut template = Self { segments: Vec::new(), variables: Vec::new(), verb: None };
        loop {
            rest = if let Some(inner) = rest.strip_prefix('{') {
                let (inner, after) = inner.split_once('}').ok_or("a `{` is not closed")?;
                template.variable(inner)?;
                after
            } else {
                let end = rest.find(['/', ':']).unwrap_or(rest.len());
                template.segment(&rest[..end])?;
                &rest[end..]
            };
            match rest.as_bytes().first() {
                None => break,
                Some(b'/') => rest = &rest[1..],
                Some(b':') => {
                    let verb = &rest[1..];
                    if !is_literal(verb) {
                        return Err(format!("`{verb}` is not a verb"));
                    }
                    template.verb = Some(verb.to_owned());
                    break;
                }
                Some(_) => return Err("a `}` must end its segment".to_owned()),
            }
        }
        match template.segments.iter().position(|segment| *segment == Segment::Rest) {
            Some(at) if at + 1 != template.segments.len() => Err("`**` may only stand last".to_owned()),
            Some(_) | None => Ok(template),
        }
    }

    fn variable(&mut self, inner: &str) -> Result<(), String> {
        let (field, pattern) = inner.split_once('=').unwrap_or((inner, "*"));
        if field.is_empty() || self.variables.iter().any(|variable| variable.field == field) {
            return Err(format!("`{{{inner}}}` has no name, or one that is taken"));
        }
        let from = self.segments.len();
        for segment in pattern.split('/') {
            self.segment(segment)?;
        }
        self.variables.push(Variable { field: field.to_owned(), from, to: self.segments.len() });
        Ok(())
    }

    fn segment(&mut self, text: &str) -> Result<(), String> {
        self.segments.push(match text {
            "*" => Segment::One,
            "**" => Segment::Rest,
            literal if is_literal(literal) => Segment::Literal(literal.to_owned()),
            other => return Err(format!("`{other}` is not a segment")),
        });
        Ok(())
    }

    /// The fields that `path` fills and their values, still percent-encoded; `None` when the path is another one.
    pub(crate) fn matches<'t>(&'t self, path: &PathCut<'_>) -> Option<Vec<(&'t str, String)>> {
        if self.verb.as_deref() != path.verb {
            return None;
        }
        let open = self.segments.last() == Some(&Segment::Rest);
        let fixed = self.segments.len() - usize::from(open);
        if path.segments.len() < fixed || (!open && path.segments.len() > fixed) {
            return None;
        }
        let fits = self.segments.iter().zip(&path.segments).all(|(segment, given)| match segment {
            Segment::Literal(literal) => literal == given,
            Segment::One => !given.is_empty(),
            Segment::Rest => true,
        });
        fits.then(|| {
            let value = |variable: &Variable| {
                let to = if open && variable.to == self.segments.len() { path.segments.len() } else { variable.to };
                path.segments[variable.from..to].join("/")
            };
            self.variables.iter().map(|variable| (variable.field.as_str(), value(variable))).collect()
        })
    }

    /// The fields that the path fills.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|variable| variable.field.as_str())
    }

    /// What tells two templates apart: the names of the variables do not.
    pub(crate) fn shape(&self) -> String {
        self.write(|_| None)
    }

    /// The template as OpenAPI writes it, with each variable named by `name`.
    pub(crate) fn open_api(&self, name: impl Fn(&str) -> String) -> String {
        self.write(|variable| Some(format!("{{{}}}", name(&variable.field))))
    }

    fn write(&self, name: impl Fn(&Variable) -> Option<String>) -> String {
        let mut out = String::new();
        let mut at = 0;
        while at < self.segments.len() {
            out.push('/');
            let begins = self.variables.iter().find(|variable| variable.from == at);
            if let Some((variable, name)) = begins.and_then(|variable| Some((variable, name(variable)?))) {
                out.push_str(&name);
                at = variable.to;
                continue;
            }
            out.push_str(match &self.segments[at] {
                Segment::Literal(literal) => literal,
                Segment::One => "*",
                Segment::Rest => "**",
            });
            at += 1;
        }
        if let Some(verb) = &self.verb {
            out.push(':');
            out.push_str(verb);
        }
        out
    }

    /// Puts the more exact template first: where one has a literal and the other a wildcard, the literal wins.
    pub(crate) fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.segments.cmp(&other.segments)
    }

    /// Its first segment, when that is a literal.
    pub(crate) fn first(&self) -> Option<&str> {
        match self.segments.first() {
            Some(Segment::Literal(literal)) => Some(literal),
            Some(Segment::One | Segment::Rest) | None => None,
        }
    }
}

fn is_literal(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c))
}

/// Decodes percent-encoding; with `plus`, `+` is a space, as in queries. The error says what is wrong.
pub(crate) fn percent_decode(text: &str, plus: bool) -> Result<String, &'static str> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let digits = bytes.get(at + 1..at + 3).ok_or("a % is not followed by two hexadecimal digits")?;
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (Some(high), Some(low)) = (digit(digits[0]), digit(digits[1])) else {
                    return Err("a % is not followed by two hexadecimal digits");
                };
                out.push((high * 16 + low) as u8);
                at += 3;
                continue;
            }
            b'+' if plus => out.push(b' '),
            byte => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8(out).map_err(|_| "it is not valid UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(template: &str, path: &str) -> Option<Vec<(String, String)>> {
        let template = Template::parse(template).expect("a template");
        let found = template.matches(&PathCut::of(path))?;
        Some(found.into_iter().map(|(field, value)| (field.to_owned(), value)).collect())
    }

    fn pair(field: &str, value: &str) -> (String, String) {
        (field.to_owned(), value.to_owned())
    }

    #[test]
    fn a_variable_takes_one_segment() {
        assert_eq!(found("/v1/tickets/{ticket_id}", "/v1/tickets/t1"), Some(vec![pair("ticket_id", "t1")]));
        assert_eq!(found("/v1/tickets/{ticket_id}", "/v1/tickets/t1/x"), None);
        assert_eq!(found("/v1/tickets/{ticket_id}", "/v1/tickets/"), None);
        assert_eq!(found("/v1/tickets/{ticket_id}", "/v1/tickets"), None);
    }

    #[test]
    fn a_verb_belongs_to_the_template() {
        assert_eq!(found("/v1/t/{id}:escalate", "/v1/t/a:escalate"), Some(vec![pair("id", "a")]));
        assert_eq!(found("/v1/t/{id}:escalate", "/v1/t/a"), None);
        assert_eq!(found("/v1/t/{id}", "/v1/t/a:escalate"), None);
        assert_eq!(found("/v1/t/{id}", "/v1/t/a%3Aescalate"), Some(vec![pair("id", "a%3Aescalate")]));
        assert_eq!(found("/v1/articles:put", "/v1/articles:put"), Some(vec![]));
    }

    #[test]
    fn a_pattern_takes_as_many_segments_as_it_has() {
        let template = "/v1/{name=shelves/*/books/*}/pages/{page.number}";
        assert_eq!(
            found(template, "/v1/shelves/a/books/b/pages/7"),
            Some(vec![pair("name", "shelves/a/books/b"), pair("page.number", "7")])
        );
        assert_eq!(found(template, "/v1/racks/a/books/b/pages/7"), None);
        assert_eq!(found("/v1/{path=**}:cat", "/v1/a/b/c:cat"), Some(vec![pair("path", "a/b/c")]));
        assert_eq!(found("/v1/files/**", "/v1/files"), Some(vec![]));
    }

    #[test]
    fn a_broken_template_says_what_is_wrong() {
        for broken in ["v1", "/", "/v1/{a", "/v1/{a}b", "/v1/{a}/{a}", "/v1/**/x", "/v1/a:", "/v1/{=x}", "/v1//x"] {
            assert!(Template::parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn shapes_do_not_see_names() {
        let shape = |text| Template::parse(text).expect("a template").shape();
        assert_eq!(shape("/v1/{a}/x:go"), shape("/v1/{b}/x:go"));
        assert_eq!(shape("/v1/{a=b/*}/x"), "/v1/b/*/x");
        let open = Template::parse("/v1/{a_b}/x:go").expect("a template").open_api(|name| name.replace("_b", "B"));
        assert_eq!(open, "/v1/{aB}/x:go");
    }

    #[test]
    fn percent_encoding_is_undone_or_refused() {
        assert_eq!(percent_decode("%D0%B0+b", true).as_deref(), Ok("а b"));
        assert_eq!(percent_decode("a+b", false).as_deref(), Ok("a+b"));
        assert!(percent_decode("%ff", false).is_err());
        assert!(percent_decode("%4", false).is_err());
        assert!(percent_decode("%zz", false).is_err());
    }
}
