//! What a client meant is found, however they typed it; and who may see it.

use knowledge::{
    Article, Audience, KnowledgeError, Language, QUESTION_BYTES_MAX, QUESTION_WORDS_MAX, SYNONYM_WORDS_MAX, Search,
    Solved, Synonyms, Viewer,
};
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

fn article(id: &str, title: &str, body: &str) -> Article {
    Article {
        id: id.to_owned(),
        title: title.to_owned(),
        body: body.to_owned(),
        questions: Vec::new(),
        language: Language::Russian,
        tags: Vec::new(),
        synonyms: Vec::new(),
        audience: Audience::Client,
    }
}

fn desk() -> Vec<Article> {
    vec![
        article("greeting", "Привет от нового сотрудника", "Как представиться коллегам."),
        article("password", "Как сменить пароль?", "Откройте профиль, затем раздел безопасности."),
        article("printer", "Принтер печатает пустые листы", "Замените картридж и проверьте бумагу."),
        article("update", "Обновление зависает", "Освободите место на диске."),
        article("tunnel", "Не подключается VPN", "Перезапустите туннель."),
        article("oracle", "Ошибка ORA-00942 в отчёте", "Таблица или представление не существует."),
        article("oracle-2", "Ошибка ORA-00943 в отчёте по кластеру базы", "Кластер не существует: ошибка в отчёте."),
        article("denied", "Обновление: ошибка 0x80070005", "Нет доступа, запустите от администратора."),
        article("e-1045", "Касса", "Код E-1045 значит, что кончилась лента."),
        article("outlook", "Outlook does not open", "Start it in safe mode."),
    ]
}

fn search(articles: Vec<Article>) -> Search {
    Search::build(articles).expect("the articles are in order")
}

fn first(search: &Search, question: &str) -> Option<String> {
    search.find(question, 1).expect("the index works").into_iter().next().map(|hit| hit.article_id)
}

fn finds(question: &str) -> Option<String> {
    first(&search(desk()), question)
}

#[test]
fn the_wrong_layout_is_read_as_it_was_meant_both_ways() {
    for (typed, meant) in [
        ("ghbdtn", "greeting"),
        ("cvtybnm gfhjkm", "password"),
        ("Rfr cvtybnm gfhjkm?", "password"),
        ("j,yjdktybt pfdbcftn", "update"),
        ("gfhjkm,", "password"),
        ("щгедщщл", "outlook"),
        ("не работает gfhjkm", "password"),
    ] {
        assert_eq!(finds(typed).as_deref(), Some(meant), "{typed}");
    }
    let hits = search(desk()).find("gfhjkm", 1).expect("the index works");
    assert_eq!(hits[0].matched, ["пароль"], "the word that was meant");
}

#[test]
fn russian_in_latin_letters_is_read_as_russian() {
    for (typed, meant) in
        [("privet", "greeting"), ("parol", "password"), ("printer", "printer"), ("kak smenit' parol'", "password")]
    {
        assert_eq!(finds(typed).as_deref(), Some(meant), "{typed}");
    }
}

#[test]
fn a_word_that_is_known_as_typed_is_not_read_otherwise() {
    let mut articles = desk();
    articles.push(article("robot", "Робот ghbdtn", "Так он называется."));
    assert_eq!(first(&search(articles), "ghbdtn").as_deref(), Some("robot"));
}

#[test]
fn slips_of_the_fingers_are_forgiven_by_the_length_of_the_word() {
    for (typed, meant) in [
        ("пороль", "password"),
        ("прнтер", "printer"),
        ("пирнтер", "printer"),
        ("зависсаетт", "update"),
        ("картридш", "printer"),
        ("gjhjkm", "password"),
    ] {
        assert_eq!(finds(typed).as_deref(), Some(meant), "{typed}");
    }
    assert_eq!(finds("дск"), None, "three letters are not guessed at");
}

#[test]
fn a_greeting_does_not_ask_beside_a_question() {
    let hits = search(desk()).find("Привет! Подскажите, пожалуйста, как сменить пароль", 10).expect("the index works");
    assert_eq!(hits[0].article_id, "password");
    assert!(hits.iter().all(|hit| hit.article_id != "greeting"), "{hits:?}");
}

#[test]
fn of_articles_about_one_thing_that_one_is_found_which_is_asked_for_alike() {
    let ways = [
        ("what", "Что такое трансляция"),
        ("how", "Как начать трансляцию"),
        ("may", "Можно ли удалить трансляцию"),
        ("many", "Сколько длится трансляция"),
    ];
    let search = search(ways.map(|(id, title)| article(id, title, "Это просто.")).into());
    for (id, question) in [
        ("what", "что это за трансляции у вас?"),
        ("how", "как у вас идут трансляции?"),
        ("may", "а можно ли трансляции тут?"),
        ("many", "сколько бывает трансляций?"),
    ] {
        assert_eq!(first(&search, question).as_deref(), Some(id), "{question}");
    }
}

#[test]
fn among_bare_titles_a_small_word_that_one_has_by_chance_wins_nothing() {
    let mut titles: Vec<String> = ('а'..'я').map(|letter| format!("Мост {}", letter.to_string().repeat(5))).collect();
    titles.push("Кто есть кто".to_owned());
    let mut articles: Vec<Article> =
        titles.iter().map(|title| article(title, title, "Его построил инженер, и стоит он до сих пор.")).collect();
    articles.push(article("каменный", "Каменный мост", "Мост построил мастер Филарет за пять лет."));
    assert_eq!(first(&search(articles), "кто построил мост за годы").as_deref(), Some("каменный"));
}

#[test]
fn a_code_wins_exactly_over_everything_that_looks_like_it() {
    for (question, wanted) in [
        ("ORA-00942", "oracle"),
        ("ошибка в отчёте по кластеру базы ORA-00942", "oracle"),
        ("обновление зависает: 0x80070005", "denied"),
        ("0X80070005", "denied"),
        ("принтер печатает пустые листы, код e1045", "e-1045"),
    ] {
        assert_eq!(finds(question).as_deref(), Some(wanted), "{question}");
    }
    for unknown in ["E-1046", "0x80070006", "ORA-0094"] {
        let hits = search(desk()).find(unknown, 10).expect("the index works");
        let about = |hit: &knowledge::Hit| hit.matched.iter().any(|word| word.contains(|c: char| c.is_ascii_digit()));
        assert!(!hits.iter().any(about), "{unknown}: {hits:?}");
    }
}

#[test]
fn synonyms_of_an_article_and_of_the_organization_find_it() {
    let mut articles = desk();
    articles[2].synonyms = vec!["МФУ".to_owned()];
    let search = search(articles);
    assert_eq!(first(&search, "мфу").as_deref(), Some("printer"));
    assert_eq!(first(&search, "удалёнка"), None);
    let groups = [vec!["впн", "VPN", "удалёнка", "удалённый доступ"], vec!["пасс", "пароль"], vec!["один"]];
    search.set_synonyms(Synonyms::new(groups).expect("the groups are in order"));
    for question in ["удалёнка", "впн", "нет удалённого доступа"] {
        assert_eq!(first(&search, question).as_deref(), Some("tunnel"), "{question}");
    }
    assert_eq!(first(&search, "забыл пасс").as_deref(), Some("password"));
    search.set_synonyms(Synonyms::default());
    assert_eq!(first(&search, "удалёнка"), None, "taken back");
}

#[test]
fn a_group_of_synonyms_that_is_too_large_is_refused() {
    let many: Vec<String> = (0..=SYNONYM_WORDS_MAX).map(|number| format!("слово{number}")).collect();
    assert!(matches!(Synonyms::new([many.clone()]), Err(KnowledgeError::SynonymGroup { group: 0 })));
    assert!(matches!(Synonyms::new([[many.join(" ")]]), Err(KnowledgeError::SynonymGroup { group: 0 })));
}

#[test]
fn what_is_internal_changes_nothing_that_a_client_finds() {
    let open = search(desk());
    let mut articles = desk();
    for number in 0..20 {
        let mut inside =
            article(&format!("inside-{number}"), "Как сменить, и куда, пароль клиента", "Пароль: роутер, стенд.");
        inside.audience = Audience::Internal;
        articles.push(inside);
    }
    let both = search(articles);
    for question in [
        "как сменить пароль",
        "пороль",
        "роутер",
        "gfhjkm",
        "hjenth",
        "принтер",
        "стенд роутера клиента",
        "куда деть принтер",
    ] {
        let find = |search: &Search| search.find(question, 30).expect("the index works");
        assert_eq!(find(&both), find(&open), "{question}");
    }
    let seen = both.find_for(Viewer::Staff, "роутер", 30).expect("the index works");
    assert_eq!(seen.len(), 20);
    assert_eq!(both.find_for(Viewer::Staff, "пароль", 30).expect("the index works").len(), 21);
}

#[test]
fn an_article_that_becomes_internal_is_gone_for_clients_at_once() {
    let search = search(desk());
    let mut inside = article("printer", "Принтер печатает пустые листы", "Замените картридж.");
    inside.audience = Audience::Internal;
    search.put(&[inside]).expect("put");
    assert_eq!(first(&search, "принтер"), None);
    assert_eq!(search.find_for(Viewer::Staff, "принтер", 5).expect("works").len(), 1);
}

#[test]
fn what_was_learnt_makes_scores_probabilities_and_can_be_kept() {
    let topics = ["пароль", "принтер", "монитор", "клавиатура", "сканер", "договор", "пропуск", "отпуск", "касса"];
    let deeds = ["заказать", "настроить", "вернуть", "починить", "продлить", "отменить", "проверить", "оплатить"];
    let pairs = || topics.iter().flat_map(|topic| deeds.iter().map(move |deed| (topic, deed)));
    let articles =
        pairs().map(|(topic, deed)| article(&format!("{deed}-{topic}"), &format!("Как {deed} {topic}"), "Так."));
    let search = search(articles.collect());
    // Two ways in which each was asked for, so that the one says something about the other.
    let solved: Vec<Solved> = pairs()
        .flat_map(|(topic, deed)| {
            [format!("нужно {deed} {topic} сегодня"), format!("{topic} надо бы {deed}")]
                .map(|question| Solved { question, article_id: format!("{deed}-{topic}") })
        })
        .collect();
    assert_eq!(search.learn(&solved[..10], 0.9).expect("the index works"), None, "too few");
    let confidence = search.learn(&solved, 0.9).expect("the index works").expect("enough cases");
    let kept = serde_json::to_string(&confidence).expect("numbers can be written");
    assert_eq!(serde_json::from_str::<knowledge::Confidence>(&kept).expect("and read"), confidence);
    search.trust(Some(confidence));
    let score =
        |question: &str| search.find(question, 1).expect("the index works").first().map_or(0.0, |hit| hit.score);
    assert!(score("настроить принтер") > 0.5, "{}", score("настроить принтер"));
    assert!(score("настроить телевизор") < score("настроить принтер"));
}

#[test]
fn what_people_answered_with_is_found_for_the_next_who_asks_in_those_words() {
    let slang = ["шарманка", "балалайка", "колымага", "бандура", "тарахтелка", "рыдван", "драндулет", "свистулька"];
    let things = ["касса", "принтер", "сканер", "монитор", "турникет", "проектор", "терминал", "телефон"];
    let articles = things.iter().map(|thing| article(thing, &format!("Не работает {thing}"), "Перезапустите."));
    let search = search(articles.collect());
    let ways = [
        "{} опять молчит",
        "что делать, {} чудит",
        "наша {} встала",
        "почините: {}",
        "{}, и ничего",
        "не пойму: {}",
        "эх, {}",
    ];
    let solved: Vec<Solved> = slang
        .iter()
        .zip(things)
        .flat_map(|(slang, thing)| {
            ways.map(|way| Solved { question: way.replace("{}", slang), article_id: thing.to_owned() })
        })
        .collect();
    let asked = "у нас сегодня балалайка барахлит";
    assert_ne!(first(&search, asked).as_deref(), Some("принтер"), "no article has such a word");
    search.trust(search.learn(&solved, 0.9).expect("the index works"));
    search.remember(&solved);
    assert_eq!(first(&search, asked).as_deref(), Some("принтер"));
    let gone = Solved { question: asked.to_owned(), article_id: "нет такой".to_owned() };
    search.remember(&[gone]);
    assert_eq!(first(&search, asked), None, "what is not here any more is not found");
}

#[test]
fn work_for_a_question_is_bounded() {
    let search = search(desk());
    let log =
        "2026-01-02 ERROR com.example.Service.call(Service.java:1047) ошибка соединения 🙂\u{0}\u{7} ".repeat(900);
    assert!(log.len() > 50_000);
    for text in [log.clone(), log.replace(' ', ""), "ghbdtn".repeat(20_000), format!("{} пароль", "я ".repeat(40_000))]
    {
        for hit in search.find(&text, 50).expect("the index works") {
            assert!(hit.matched.len() <= QUESTION_WORDS_MAX);
        }
    }
    let far = format!("{}пароль", " ".repeat(QUESTION_BYTES_MAX));
    assert_eq!(first(&search, &far), None, "not read so far");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_much_for_the_search(text in any::<String>(), junk in "[\\PC\\x00-\\x1f🙂👍🏽е́ё'`,;a-zа-я0-9. -]{0,400}") {
        let search = search(vec![article("any", &text, &junk)]);
        search.set_synonyms(Synonyms::new([[text.as_str(), "пароль"]]).unwrap_or_default());
        for question in [text.clone(), junk.clone(), junk.repeat(40), format!("{junk} {text}")] {
            for viewer in [Viewer::Client, Viewer::Staff] {
                for hit in search.find_for(viewer, &question, 3).expect("the index works") {
                    prop_assert!((0.0..=1.0).contains(&hit.score), "{}", hit.score);
                    prop_assert!(hit.matched.len() <= QUESTION_WORDS_MAX);
                }
            }
        }
    }
}

#[test]
fn what_stands_in_neighbouring_passages_covers_more_than_what_is_far_apart_wherever_it_stands() {
    let (one, other) =
        ("Тарифный план меняется в кабинете по кнопке. ", "Договор аренды подписывают вечером в офисе. ");
    // Shorter than the others, so that what it stands beside is not marked down for its length.
    let between = "Прочее висит на стенде у входа. ";
    let search = search(vec![
        article("apart", "Сведения", &[one, between, between, other].concat()),
        article("early", "Сведения", &[one, other, between, between].concat()),
        article("late", "Сведения", &[between, between, one, other].concat()),
    ]);
    let hits = search.find("договор аренды вечером, тарифный план кнопка", 3).expect("the index works");
    let score = |id: &str| hits.iter().find(|hit| hit.article_id == id).map(|hit| hit.score);
    assert!(score("early") == score("late") && score("early") > score("apart"), "{hits:?}");
}
