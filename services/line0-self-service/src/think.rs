//! Thinking about a message before anything is changed: what it is, what is known about it, and what to do.

use std::collections::BTreeMap;
use std::sync::Arc;

use handover::Refused;
use knowledge::{Answer, Article, Hit, OFFERS_MAX, Thresholds, Viewer};
use plan::Plan;
use ticket::Language;

use crate::heard::{
    Courtesy, asks_status, chosen, courtesy, is_angry, is_wordless, none_fits, questions, wants_person,
};
use crate::meant;
use crate::own::{Talk, Topic, Waits};
use crate::pasted::Pasted;
use crate::shelf::Shelf;

/// So many articles are looked at for what tells them apart.
const RIVALS_MAX: usize = 8;

/// An article is a rival of the best one when its score is this share of the best one's, or more.
const RIVAL_SHARE: f32 = 0.5;

/// So many topics a question back lets choose from at most.
const TOPICS_MAX: usize = 4;

/// What to do about a message, and what stands behind it.
pub(crate) struct Decision {
    /// What.
    pub(crate) next: Next,
    /// The best score there was, whatever came of it.
    pub(crate) best: f32,
    /// By which thresholds.
    pub(crate) thresholds: Thresholds,
}

/// What to do about a message.
pub(crate) enum Next {
    /// Tell these articles; `rest` when other questions of the message go to a person.
    Answer { found: Vec<(Hit, String)>, rest: bool },
    /// Let the client choose, scenarios first.
    Offer { scenarios: Vec<String>, hits: Vec<Hit> },
    /// Begin a scenario with what this text says.
    Begin { scenario: String, text: String },
    /// Go on with the scenario that the client goes through.
    GoOn,
    /// Ask which topic is meant.
    AskBack(Vec<Topic>),
    /// Answer in kind.
    Kind(Courtesy),
    /// Ask for words.
    Wordless,
    /// Tell how the client's own requests stand.
    Standing,
    /// Hand over.
    HandOver { offers: Vec<Hit>, why: Why },
}

/// Why a request goes to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The client wants it.
    Person,
    /// The client is angry.
    Anger,
    /// It is in a language that we do not speak, by its English name.
    Language(&'static str),
    /// There is a log in it.
    Log,
    /// Nothing offered fits.
    NoneFits,
    /// Nothing is known that is sure enough.
    Unsure,
}

/// What the client did beside writing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signs {
    /// A person is wanted.
    pub(crate) person: bool,
    /// The offered article that was chosen.
    pub(crate) article: Option<String>,
    /// The offered scenario that was chosen.
    pub(crate) scenario: Option<String>,
    /// Nothing offered fits.
    pub(crate) none_fits: bool,
}

/// Thinks over one organization's knowledge.
pub(crate) struct Thinking<'a> {
    pub(crate) shelf: &'a Arc<Shelf>,
    pub(crate) plan: &'a Plan,
    pub(crate) talk: &'a Talk,
    /// In which names are shown to the client.
    pub(crate) language: Language,
}

impl Thinking<'_> {
    /// What to do about `text`.
    pub(crate) async fn about(&self, text: &str, signs: Signs) -> Result<Decision, Refused> {
        let thresholds = self.shelf.thresholds(self.plan, text);
        let retyped = knowledge::retyped(text);
        let meant = retyped.as_deref().unwrap_or(text);
        let pasted = Pasted::in_text(text);
        let words = pasted.as_ref().map_or(meant, |pasted| pasted.words.as_str());
        let wants_person = signs.person || wants_person(words);
        if !wants_person && let Some(next) = self.in_scenario(meant).or_else(|| self.reply_to_wait(words, &signs)) {
            return Ok(Decision { next, best: 0.0, thresholds });
        }
        if let Some(next) = by_words(text, meant) {
            return Ok(Decision { next, best: 0.0, thresholds });
        }
        // The answer to a question back says more together with what was asked first.
        let asked = match &self.talk.waits {
            Some(Waits::Topic { .. }) => format!("{}\n{words}", self.talk.question),
            Some(Waits::Question | Waits::Choice { .. } | Waits::Scenario) | None => words.to_owned(),
        };
        let (answer, hits) = self.look_up(asked.clone(), thresholds).await?;
        let best = hits.first();
        let score = best.map_or(0.0, |hit| hit.score);
        let why = if wants_person {
            Some(Why::Person)
        } else if pasted.is_some() {
            Some(Why::Log)
        } else {
            is_angry(meant).then_some(Why::Anger)
        };
        let next = match why {
            Some(why) => Next::HandOver { offers: offers(answer), why },
            None => match meant::scenario(self.plan, self.talk, &asked, (&answer, best), thresholds.answer) {
                Some(next) => next,
                None => self.choose(&asked, answer, hits, thresholds).await?,
            },
        };
        Ok(Decision { next, best: score, thresholds })
    }

    /// What to do about a text that fits `hits`, the best first, as that was judged.
    async fn choose(
        &self,
        asked: &str,
        answer: Answer,
        hits: Vec<Hit>,
        thresholds: Thresholds,
    ) -> Result<Next, Refused> {
        if let Some(next) = self.several(asked, thresholds).await? {
            return Ok(next);
        }
        match answer {
            Answer::Found(hit) => match self.body(&hit.article_id) {
                Some(body) => Ok(Next::Answer { found: vec![(hit, body)], rest: false }),
                None => Ok(Next::HandOver { offers: vec![hit], why: Why::Unsure }),
            },
            unsure @ (Answer::Unsure(_) | Answer::Nothing) => {
                if let Some(language) =
                    knowledge::foreign_language_of(asked).filter(|_| knowledge::retyped(asked).is_none())
                {
                    return Ok(Next::HandOver { offers: offers(unsure), why: Why::Language(language) });
                }
                if let Answer::Unsure(offers) = unsure {
                    return Ok(match self.talk.let_choose {
                        true => Next::HandOver { offers, why: Why::Unsure },
                        false => Next::Offer { scenarios: Vec::new(), hits: offers },
                    });
                }
                if !self.talk.asked_back && self.plan.dialogue().asks_back {
                    let topics = self.topics(hits, thresholds);
                    if !topics.is_empty() {
                        return Ok(Next::AskBack(topics));
                    }
                }
                Ok(Next::HandOver { offers: Vec::new(), why: Why::Unsure })
            }
        }
    }

    /// What to do about an answer to what is waited for; none when it is not one.
    fn reply_to_wait(&self, text: &str, signs: &Signs) -> Option<Next> {
        let none_fits = signs.none_fits || none_fits(text);
        let handed_over = || none_fits.then(|| Next::HandOver { offers: Vec::new(), why: Why::NoneFits });
        match &self.talk.waits {
            Some(Waits::Choice { articles, scenarios }) => {
                let language = self.language;
                let name = |id: &String| {
                    let known = self.plan.scenario(id);
                    known.map_or_else(String::new, |scenario| scenario.name.in_language(language).to_owned())
                };
                let names: Vec<String> =
                    scenarios.iter().map(name).chain(articles.iter().map(|id| self.title(id))).collect();
                let by_id = |ids: &[String], wanted: &String| ids.iter().position(|id| id == wanted);
                let place = match (&signs.scenario, &signs.article) {
                    (Some(id), _) => by_id(scenarios, id),
                    (None, Some(id)) => by_id(articles, id).map(|place| scenarios.len() + place),
                    (None, None) if signs.none_fits => None,
                    (None, None) => chosen(text, &names),
                };
                let scenario = |id: &String| Next::Begin { scenario: id.clone(), text: self.talk.question.clone() };
                match place {
                    Some(place) => match scenarios.get(place) {
                        Some(id) => Some(scenario(id)),
                        None => articles.get(place - scenarios.len()).map(|id| self.answer_with(id, 1.0)),
                    },
                    None => handed_over(),
                }
            }
            Some(Waits::Topic { topics }) => {
                let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
                let Some(topic) = chosen(text, &names).and_then(|place| topics.get(place)) else {
                    return handed_over();
                };
                match topic.articles.as_slice() {
                    [only] => Some(self.answer_with(only, 1.0)),
                    several => {
                        let known = several.iter().filter_map(|id| self.article(id)).take(OFFERS_MAX);
                        let hits: Vec<Hit> = known.map(|article| hit(&article, 0.0)).collect();
                        // Meanwhile they may have been retired.
                        Some(match hits.is_empty() {
                            true => Next::HandOver { offers: Vec::new(), why: Why::Unsure },
                            false => Next::Offer { scenarios: Vec::new(), hits },
                        })
                    }
                }
            }
            Some(Waits::Question | Waits::Scenario) | None => None,
        }
    }

    /// What to do about what is said while the client goes through a scenario; none when there is none.
    fn in_scenario(&self, text: &str) -> Option<Next> {
        if self.talk.waits != Some(Waits::Scenario) && !self.talk.is_working() {
            return None;
        }
        Some(match is_angry(text) {
            true => Next::HandOver { offers: Vec::new(), why: Why::Anger },
            false => Next::GoOn,
        })
    }

    /// The client's choice decides, whatever the score was.
    fn answer_with(&self, id: &str, score: f32) -> Next {
        match self.article(id) {
            Some(article) => Next::Answer { found: vec![(hit(&article, score), article.body)], rest: false },
            None => Next::HandOver { offers: Vec::new(), why: Why::Unsure },
        }
    }

    /// The answers to several questions of one message; none when it has one question, or no two answers.
    async fn several(&self, text: &str, thresholds: Thresholds) -> Result<Option<Next>, Refused> {
        let questions = questions(text);
        let mut found: Vec<(Hit, String)> = Vec::new();
        let mut rest = false;
        for question in &questions {
            let (answer, _) = self.look_up(question.clone(), thresholds).await?;
            match answer {
                Answer::Found(hit) => {
                    if found.iter().all(|(known, _)| known.article_id != hit.article_id)
                        && let Some(body) = self.body(&hit.article_id)
                    {
                        found.push((hit, body));
                    }
                }
                Answer::Unsure(_) | Answer::Nothing => rest = true,
            }
        }
        let is_one = found.is_empty() || (found.len() == 1 && !rest);
        Ok((!is_one).then_some(Next::Answer { found, rest }))
    }

    /// What knowledge says, and the articles that fit best; those that were offered before did not help, and do not answer
    /// again.
    async fn look_up(&self, text: String, thresholds: Thresholds) -> Result<(Answer, Vec<Hit>), Refused> {
        let found = self.shelf.find(Viewer::Client, text, RIVALS_MAX).await?;
        let answer = Answer::judge(found.clone(), thresholds);
        let is_new = |hit: &Hit| self.talk.offered.iter().all(|article| article.article_id != hit.article_id);
        let answer = match answer {
            Answer::Found(hit) if is_new(&hit) => Answer::Found(hit),
            Answer::Found(_) | Answer::Nothing => Answer::Nothing,
            Answer::Unsure(hits) => match hits.into_iter().filter(is_new).collect::<Vec<_>>() {
                hits if hits.is_empty() => Answer::Nothing,
                hits => Answer::Unsure(hits),
            },
        };
        Ok((answer, found))
    }

    /// The topics that tell rivals apart, where together they are likely enough; empty when nothing does.
    fn topics(&self, hits: Vec<Hit>, thresholds: Thresholds) -> Vec<Topic> {
        let best = hits.first().map_or(0.0, |hit| hit.score);
        let rivals: Vec<Hit> = hits.into_iter().filter(|hit| hit.score >= best * RIVAL_SHARE).collect();
        if rivals.len() < 2 || rivals.iter().map(|hit| hit.score).sum::<f32>() < thresholds.offer {
            return Vec::new();
        }
        let mut tagged: Vec<(String, Vec<String>)> = Vec::with_capacity(rivals.len());
        for rival in rivals {
            let tags = self.article(&rival.article_id).map(|article| article.tags).unwrap_or_default();
            tagged.push((rival.article_id, tags));
        }
        split(&tagged)
    }

    fn title(&self, id: &str) -> String {
        let offered = self.talk.offered.iter().find(|article| article.article_id == id);
        offered.map(|article| article.title.clone()).unwrap_or_default()
    }

    /// An article that a client may see.
    fn article(&self, id: &str) -> Option<Article> {
        self.shelf.article(id).filter(|article| article.audience == knowledge::Audience::Client)
    }

    fn body(&self, id: &str) -> Option<String> {
        self.article(id).map(|article| article.body)
    }
}

/// What the words alone decide, before anything is searched.
fn by_words(text: &str, meant: &str) -> Option<Next> {
    if is_wordless(text) {
        return Some(if is_angry(text) {
            Next::HandOver { offers: Vec::new(), why: Why::Anger }
        } else {
            Next::Wordless
        });
    }
    if asks_status(meant) {
        return Some(Next::Standing);
    }
    courtesy(meant).map(Next::Kind)
}

/// The tags of which each article has exactly one, so that choosing one decides; the likeliest first. Empty when no tags do.
fn split(tagged: &[(String, Vec<String>)]) -> Vec<Topic> {
    let mut having: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, tags) in tagged {
        for tag in tags {
            *having.entry(tag).or_default() += 1;
        }
    }
    let mut topics: Vec<Topic> = Vec::new();
    for (article, tags) in tagged {
        // What all of them have tells nothing; of the rest the one that most of them share makes the fewest topics.
        let telling = tags.iter().filter(|tag| having.get(tag.as_str()).is_some_and(|count| *count < tagged.len()));
        let Some(tag) = telling.max_by_key(|tag| having.get(tag.as_str())) else { return Vec::new() };
        match topics.iter_mut().find(|topic| topic.name == *tag) {
            Some(topic) => topic.articles.push(article.clone()),
            None => topics.push(Topic { name: tag.clone(), articles: vec![article.clone()] }),
        }
    }
    if (2..=TOPICS_MAX).contains(&topics.len()) { topics } else { Vec::new() }
}

fn hit(article: &Article, score: f32) -> Hit {
    Hit { article_id: article.id.clone(), title: article.title.clone(), score, matched: Vec::new() }
}

fn offers(answer: Answer) -> Vec<Hit> {
    match answer {
        Answer::Found(hit) => vec![hit],
        Answer::Unsure(hits) => hits,
        Answer::Nothing => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(articles: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let own = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect();
        articles.iter().map(|(id, tags)| ((*id).to_owned(), own(tags))).collect()
    }

    #[test]
    fn tags_that_tell_articles_apart_make_topics() {
        let topics =
            split(&tagged(&[("a", &["сеть", "роутер"]), ("b", &["сеть", "кабинет"]), ("c", &["сеть", "роутер"])]));
        let names: Vec<(&str, usize)> = topics.iter().map(|t| (t.name.as_str(), t.articles.len())).collect();
        assert_eq!(names, [("роутер", 2), ("кабинет", 1)]);
    }

    #[test]
    fn tags_that_all_or_not_all_have_tell_nothing() {
        assert!(split(&tagged(&[("a", &["сеть"]), ("b", &["сеть"])])).is_empty());
        assert!(split(&tagged(&[("a", &["роутер"]), ("b", &[])])).is_empty());
    }
}
