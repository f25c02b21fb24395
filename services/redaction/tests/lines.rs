//! Lines as clients and engineers write them: what a vendor sees of each.

use redaction::{Kind, Known, Map, Rules, leaks, redact, restore};

const REDACTED: &[(&str, &str)] = &[
    // e-mail
    ("Пишите на ivan.petrov@example.ru, отвечу сразу", "Пишите на [EMAIL-1], отвечу сразу"),
    ("Mail bounced for <j.smith+crm@mail.example.co.uk>.", "Mail bounced for <[EMAIL-1]>."),
    ("a@example.com, b@example.com и снова a@example.com", "[EMAIL-1], [EMAIL-2] и снова [EMAIL-1]"),
    ("From: A@Example.com to a@example.com", "From: [EMAIL-1] to [EMAIL-1.2]"),
    ("ящик почта@пример.рф не открывается", "ящик [EMAIL-1] не открывается"),
    // telephones
    ("Перезвоните: +7 (495) 123-45-67", "Перезвоните: [PHONE-1]"),
    ("8 495 123 45 67, добавочный 12", "[PHONE-1], добавочный 12"),
    ("номер 89161234567 не отвечает", "номер [PHONE-1] не отвечает"),
    ("+7 (495) 123-45-67 или 8 495 123 45 67", "[PHONE-1] или [PHONE-1.2]"),
    ("тел. 123-45-67", "тел. [PHONE-1]"),
    ("Телефон для связи: 9161234567", "Телефон для связи: [PHONE-1]"),
    ("моб.: 8(916)123-45-67 Анна", "моб.: [PHONE-1] Анна"),
    ("call me at (415) 555-2671 after 5", "call me at [PHONE-1] after 5"),
    ("Phone: +44 20 7946 0958", "Phone: [PHONE-1]"),
    ("US 415-555-2671 or 1-800-555-0199", "US [PHONE-1] or 1-[PHONE-2]"),
    ("8-800-200-06-00 звонок бесплатный", "[PHONE-1] звонок бесплатный"),
    ("call_89161234567 failed; from +79161234567", "call_[PHONE-1] failed; from [PHONE-1.2]"),
    ("звонил с 8(4852)12-34-56", "звонил с [PHONE-1]"),
    // cards and accounts
    ("Карта 4276 3800 1234 5674? Нет: 4111 1111 1111 1111", "Карта 4276 3800 1234 5674? Нет: [CARD-1]"),
    ("card 5555555555554444 was declined", "card [CARD-1] was declined"),
    ("мир 2200-0000-0000-0004 списали дважды", "мир [CARD-1] списали дважды"),
    ("IBAN DE89 3704 0044 0532 0130 00 USD", "IBAN [ACCOUNT-1] USD"),
    ("pay to GB82WEST12345698765432 today", "pay to [ACCOUNT-1] today"),
    ("р/с 40702810938000000001 в банке", "р/с [ACCOUNT-1] в банке"),
    // documents
    ("ИНН 7707083893", "ИНН [INN-1]"),
    ("ИНН/КПП: 7707083893/773601001", "ИНН/КПП: [INN-1]/773601001"),
    ("физлицо 500100732259 не найдено", "физлицо [INN-1] не найдено"),
    ("СНИЛС 112-233-445 95", "СНИЛС [SNILS-1]"),
    ("снилс: 11223344595, ошибка поиска", "снилс: [SNILS-1], ошибка поиска"),
    ("паспорт 4510 123456 выдан", "паспорт [PASSPORT-1] выдан"),
    ("Паспорт серия 45 10 номер 123456", "Паспорт серия [PASSPORT-1]"),
    ("документ 45 10 № 123456", "документ [PASSPORT-1]"),
    ("passport no. AB1234567 is rejected", "passport no. [PASSPORT-1] is rejected"),
    // network
    ("ping 10.2.33.1 timed out", "ping [IP-1] timed out"),
    ("connect to 192.168.1.15:8080 refused", "connect to [IP-1]:8080 refused"),
    ("src=2001:db8::ff00:42:8329 dst=::1", "src=[IP-1] dst=::1"),
    ("postgres://crm:s3cr3t@db.local:5432/crm", "postgres://[URLSECRET-1]@db.local:5432/crm"),
    (
        "GET https://api.example.com/v1?page=2&access_token=abc.def HTTP/1.1",
        "GET https://api.example.com/v1?page=2&access_token=[URLSECRET-1] HTTP/1.1",
    ),
    // secrets and logins
    ("password=hunter2", "password=[SECRET-1]"),
    ("Пароль: ромашка, не подходит", "Пароль: [SECRET-1], не подходит"),
    ("мой пароль Qwe123! не принимается", "мой пароль [SECRET-1] не принимается"),
    (r#"{"user":"x","password":"p@ss w"}"#, r#"{"user":"x","password":"[SECRET-1] w"}"#),
    ("Server=db;User Id=sa;Password=Zx9!;Timeout=30", "Server=db;User Id=[LOGIN-1];Password=[SECRET-1];Timeout=30"),
    ("Authorization: Bearer abcDEF123456.xyz", "Authorization: Bearer [SECRET-1]"),
    ("api_key: 9f8e7d6c5b4a", "api_key: [SECRET-1]"),
    ("ключ доступа: A1B2-C3D4-E5F6", "ключ доступа: [SECRET-1]"),
    ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc expired", "token [SECRET-1] expired"),
    ("код подтверждения: 482913", "код подтверждения: [SECRET-1]"),
    ("Логин: i.petrov, роль кассир", "Логин: [LOGIN-1], роль кассир"),
    (r"C:\Users\ivan.petrov\AppData\Local\crm.log", r"C:\Users\[LOGIN-1]\AppData\Local\crm.log"),
    ("cannot open /home/jsmith/.config/crm.toml", "cannot open /home/[LOGIN-1]/.config/crm.toml"),
    // names
    ("Меня зовут Иван Петров, не работает касса", "Меня зовут [NAME-1], не работает касса"),
    ("меня зовут иван петров", "меня зовут [NAME-1]"),
    ("My name is John Smith and I cannot log in", "My name is [NAME-1] and I cannot log in"),
    ("С уважением, Анна Сидорова", "С уважением, [NAME-1]"),
    ("Regards,\nJohn Smith\nIT Department", "Regards,\n[NAME-1]\nIT Department"),
    ("Thanks,\nMary", "Thanks,\n[NAME-1]"),
    ("клиент Иванов И. И. жалуется", "клиент [NAME-1] жалуется"),
    ("подписал И.И. Иванов", "подписал [NAME-1]"),
    ("Иванов Иван Иванович не может войти", "[NAME-1] не может войти"),
    ("Уважаемый Иван Иванович!", "Уважаемый [NAME-1]!"),
    ("Договор с Ивановой Анной Петровной расторгнут", "Договор с [NAME-1] расторгнут"),
    ("ИВАНОВ ИВАН ИВАНОВИЧ", "[NAME-1]"),
    ("Вчера Иван Петров звонил дважды", "Вчера [NAME-1] звонил дважды"),
    ("Звонил клиент Сидоров по поводу счета", "Звонил клиент [NAME-1] по поводу счета"),
    ("Customer Mary Johnson reports a crash", "Customer [NAME-1] reports a crash"),
    ("Mr. O'Brien called twice", "Mr. [NAME-1] called twice"),
    ("ФИО: Кузнецова-Белая Мария", "ФИО: [NAME-1]"),
    // several at once
    ("Анна Сидорова, anna@example.ru, +7 916 000-11-22", "[NAME-1], [EMAIL-1], [PHONE-1]"),
    ("[EMAIL-1] написал с a@example.com", "[EMAIL-1] написал с [EMAIL-2]"),
];

const UNTOUCHED: &[&str] = &[
    "",
    "Заявка EST-000123 передана на линию 2",
    "see CVE-2024-12345 and KB5034441",
    "2026-11-22T03:42:57.123456789+03:00 ERROR start failed",
    "2026-11-22 03:42:57,123 [main] WARN c.e.Pool - timeout 30000 ms",
    "22.11.2026 03:42 касса 3 зависла",
    "Обновились с версии 10.2.33.1 до версии 10.2.34.0",
    "version 10.2.33.1 crashes, v8.3.24.1548 does not",
    "1С:Предприятие 8.3, релиз 8.3.24.1548",
    "Windows 11 build 10.0.22631.4460",
    "id 550e8400-e29b-41d4-a716-446655440000 not found",
    "Ошибка 0x80070005: отказано в доступе",
    "ORA-12154: TNS:could not resolve the connect identifier specified",
    "HTTP 502 Bad Gateway after 30 s",
    "Итого 1 234 567 890 руб. вместо 1 234 567 руб.",
    "цена 12 500,00 ₽, скидка 15 %",
    "Refund of $1,234,567.00 is late",
    "took 1700000000123 ms since epoch, then 1700000000",
    "127.0.0.1:5432 connection refused, mask 255.255.255.0",
    "listening on 0.0.0.0:8080 and [::1]:8080",
    "std::sync::Mutex poisoned at src/main.rs:120:15",
    "getty@tty1.service entered failed state",
    "git@github.com:example/crm.git",
    "npm ERR! lodash@4.17.21",
    "Пароль не подходит, токен истёк",
    "password is required; token: expired",
    "Неверный пароль: не совпадает",
    "unexpected token: } in JSON at position 42",
    "password=******** (masked)",
    r"ключ: HKLM\SOFTWARE\Wow6432Node\CRM",
    "клиент Сбербанк Онлайн не запускается",
    "Клиент Outlook Express не видит сервер",
    "User Account Control blocks the installer",
    "client Microsoft Teams hangs on start",
    "Best Practices Analyzer found 3 issues",
    "С уважением, Служба поддержки",
    "Regards,\nSupport Team",
    "Dear Support, the Print Spooler stops",
    "Сервер Приложений и Система Мониторинга не отвечают",
    "Москва, Нижний Новгород и Санкт-Петербург без связи",
    "7 3 4 5 6 7 8 9 1 2 3 строки отчёта",
    "размеры 800 600 1024 768",
    "commit 4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7",
    "00:1a:2b:3c:4d:5e has no lease",
    "карта 4276 3800 1234 5678 не проходит проверку Луна",
    "порт 5432, pid 89161, exit code 137",
    "заказ 1234567890 оплачен",
    "/home/app/config.toml and C:\\Users\\Public\\crm.ini",
    "https://docs.example.com/help?page=2&lang=ru#install",
    "Обращался 3 раза: 10:15:00, 11:20:30 и 12:45",
    "Java heap 2048m of 4096m, GC 0.123456789 s",
];

#[test]
fn each_line_loses_what_identifies_and_keeps_the_rest() {
    let mut wrong = Vec::new();
    for (line, expected) in REDACTED {
        let mut map = Map::default();
        let out = redact(line, &Rules::default(), &[], &mut map);
        if out != *expected {
            wrong.push(format!("{line:?}\n   gave {out:?}\n   want {expected:?}"));
        }
        assert_eq!(restore(&out, &map, usize::MAX), *line);
        assert_eq!(leaks(&out, &Rules::default()), [], "{out:?}");
    }
    assert!(REDACTED.len() >= 60 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_diagnosis_needs_stays_untouched() {
    let wrong: Vec<String> = UNTOUCHED
        .iter()
        .map(|line| (line, redact(line, &Rules::default(), &[], &mut Map::default())))
        .filter(|(line, out)| *line != out)
        .map(|(line, out)| format!("{line:?}\n   gave {out:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn known_facts_are_found_as_whole_words_in_any_case() {
    let known = [
        Known { kind: Kind::Custom, value: "ООО Ромашка".to_owned() },
        Known { kind: Kind::Custom, value: "Ромашка".to_owned() },
        Known { kind: Kind::Custom, value: "C-42".to_owned() },
        Known { kind: Kind::Custom, value: "  ".to_owned() },
    ];
    let mut map = Map::default();
    let out = redact("ооо  ромашка (C-42, не C-421): ромашками торгует Ромашка", &Rules::default(), &known, &mut map);
    assert_eq!(out, "[CUSTOM-1] ([CUSTOM-2], не C-421): ромашками торгует [CUSTOM-3]");
    assert_eq!(redact(&out, &Rules::default(), &known, &mut map), out);
}

#[test]
fn an_allowed_kind_passes_and_the_others_do_not() {
    let rules = Rules { allow: [Kind::IpAddress].into() };
    let out = redact("10.2.33.1 от a@example.com", &rules, &[], &mut Map::default());
    assert_eq!(out, "10.2.33.1 от [EMAIL-1]");
    assert_eq!(leaks(&out, &rules), []);
    assert_eq!(leaks(&out, &Rules::default()), [Kind::IpAddress]);
}
