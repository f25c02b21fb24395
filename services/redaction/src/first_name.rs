//! First names that are common in Russia and in the English-speaking world. Those that are everyday words too are left out.

use std::{collections::HashSet, sync::LazyLock};

const RUSSIAN: &str = "александр алексей анатолий андрей антон аркадий арсений артём артем артур богдан борис вадим валентин валерий василий \
    виктор виталий владимир владислав вячеслав геннадий георгий герман глеб григорий давид даниил данил данила денис дмитрий евгений егор \
    захар иван игорь илья ильдар ильяс кирилл константин лев леонид максим марат марк матвей михаил никита николай олег павел пётр петр ринат \
    родион роман руслан рустам савелий семён семен сергей станислав степан тимофей тимур фёдор федор филипп эдуард эльдар юрий яков ярослав \
    саша серёжа дима миша коля вова лёша алёна алена алина алиса алла анастасия ангелина анна анжела антонина валентина валерия варвара \
    вероника виктория галина дарья диана ева евгения екатерина елена елизавета жанна зинаида зоя инна ирина карина кира кристина ксения \
    лариса лидия лилия любовь людмила маргарита марина мария марья милана надежда наталия наталья нина оксана олеся ольга полина \
    раиса регина римма светлана снежана софия софья таисия тамара татьяна ульяна юлия яна катя маша лена наташа таня оля света юля";

const ENGLISH: &str = "aaron adam adrian alan albert alex alexander alexandra alice amanda amy andrea andrew angela anna anne anthony arthur \
    barbara benjamin bernard betty brandon brenda brian bruce carl carol caroline catherine charles charlotte cheryl christian christina \
    christine christopher claire colin craig cynthia daniel david deborah denise dennis diana donald donna dorothy douglas dylan edward eleanor \
    elizabeth emily emma eric ethan eugene evelyn fiona frances francis gary george gerald gloria gordon graham gregory hannah harold harry \
    heather helen henry howard hugh ian isabella ivan jack jacob jacqueline james jane janet jason jeffrey jennifer jeremy jessica joan joe john \
    jonathan joseph joshua joyce judith judy julia julie justin karen katherine kathleen keith kelly kenneth kevin kimberly kyle larry laura \
    lauren lawrence leonard linda lisa louis louise lucy margaret maria marie marilyn martha martin mary matthew megan melissa michael michelle \
    nancy natalie nathan neil nicholas nicole noah oliver olivia oscar pamela patricia patrick paul peter philip rachel ralph raymond rebecca \
    richard robert roger ronald rosemary roy russell ruth ryan samantha samuel sandra sarah scott sean sergey sharon shirley simon sophia \
    sophie stephanie stephen steven stuart susan teresa theresa thomas timothy tina tom tyler victoria vincent virginia walter wayne wendy \
    william zachary";

/// Case endings of first names, the longest first.
const ENDINGS: [&str; 15] = ["ью", "ом", "ем", "ой", "ей", "а", "я", "у", "ю", "е", "и", "ы", "й", "ь", ""];

static STEMS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| RUSSIAN.split_whitespace().map(|name| name.trim_end_matches(['а', 'я', 'й', 'ь'])).collect());
static PLAIN: LazyLock<HashSet<&str>> = LazyLock::new(|| ENGLISH.split_whitespace().collect());

/// Whether `word`, in small letters, is a first name: a Russian one in any case, an English one as it is.
pub(crate) fn is_first_name(word: &str) -> bool {
    PLAIN.contains(word)
        || (!word.is_ascii()
            && ENDINGS.iter().filter_map(|ending| word.strip_suffix(ending)).any(|stem| STEMS.contains(stem)))
}
