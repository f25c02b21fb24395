//! Words that are in every question and say nothing about what it asks.

use std::{collections::HashSet, sync::LazyLock};

/// Russian, folded (ё = е).
const RUSSIAN: &str = "\
а без бы был была были было быть в вам вами вас ваш ваша ваше ваши ведь весь во вот все всего всех всю вся вы где да даже для до его ее \
если есть еще ею же за и из или им ими их к ко как какая какие какое какой когда которая которые который кто ли лишь меня мне мной могу \
можем может можете можно мои мой моя мое моего моей моем мы на над надо нам нами нас наш не него нее нельзя нему нет ней ни них но ну о об он она они оно от \
очень по под почему при про с сам себя со так также там тебя то тогда того тоже той только том тот ту ты у уж уже \
хочу чего чем что чтобы чтоб чья эта эти это этого этой этом этот эту я";

/// English, without apostrophes.
const ENGLISH: &str = "\
a about am an and any are as at be been but by can cant could d did didnt do does doesnt dont for from get had has have he her \
him his how i if im in into is isnt it its ive just ll m may me might my no not of on or our s shall she should so some t than \
that thats the their them then there these they this those to too us ve was wasnt we were what whats when where which who \
whom whose why will with wont would you your";

/// What people are polite with, in both languages. It is asked for only where nothing else is.
const COURTESY: &str = "здравствуйте здравствуй привет приветствую добрый день вечер утро пожалуйста спасибо благодарю подскажите скажите \
hello hi please thank thanks";

static ALL: LazyLock<HashSet<&str>> =
    LazyLock::new(|| RUSSIAN.split_whitespace().chain(ENGLISH.split_whitespace()).collect());

/// Whether `folded`, a word in its folded form, is too common to ask with.
pub(crate) fn is_stop_word(folded: &str) -> bool {
    ALL.contains(folded)
}

/// Whether `folded`, a word in its folded form, only greets, asks nicely or thanks.
pub(crate) fn is_courtesy(folded: &str) -> bool {
    COURTESY.split_whitespace().any(|word| word == folded)
}
