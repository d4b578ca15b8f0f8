//! What the keys of a health document mean. These lists decide between a missed failure and a false alarm: under which
//! keys a word is about health, which keys claim something good, so that their `false` is bad news, and which keys are
//! aside from health, whatever stands there.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The lists: of whole keys, or of a key's words, without case and separators.
const LISTS: [(Meaning, &str); 34] = [
    // An object's word for itself stands here.
    (
        Meaning::Status,
        "status state health healthstatus healthstate healthcheck readiness liveness overall overallstatus overallhealth \
         result",
    ),
    // Of these, what is the outcome of anything: of that, words alone count.
    (Meaning::Outcome, "result"),
    // Of these, where the number of a status of HTTP may stand; elsewhere a number is a measure.
    (Meaning::Coded, "status healthstatus overallstatus"),
    // An object's claim to be well: `false` is its word for being down.
    (
        Meaning::Praise,
        "healthy ok up ready alive live available connected reachable operational success passed serving working ishealthy \
         isok isup isready isalive islive isavailable isconnected isreachable isoperational",
    ),
    // Of these, what is claimed of other things too: a name, an update, a seat that is not available.
    (Meaning::WeakPraise, "available isavailable"),
    // Of these, what may be claimed of health alone.
    (
        Meaning::SurePraise,
        "healthy ok up alive reachable operational ishealthy isok isup isalive isreachable isoperational",
    ),
    // An object's word for not being well: `true` is the bad news.
    (Meaning::Blame, "unhealthy down isunhealthy isdown"),
    (Meaning::Doubt, "degraded isdegraded"),
    // Of these, where 0 stands for `false`: elsewhere it may be a count.
    (Meaning::TakesNumbers, "healthy ok up alive live ishealthy isok isup isalive islive isready"),
    // Beside one of these, `"up": 0` is a count.
    (
        Meaning::Tally,
        "total count failed failing fail down unhealthy idle active busy waiting pending running stopped max min size \
         error errors warning warnings",
    ),
    // As the last of several words they claim something good of the words before: `database_connected`, `redisOk`.
    (Meaning::PraiseBehind, "healthy ok connected reachable alive ready operational"),
    // In the same place behind the name of a server alone: `dbUp`, and not `signUp`.
    (Meaning::PraiseBehindServer, "up available running working"),
    // Servers that something depends on. What can be the switch of a feature (`cache`, `mail`) is not among them.
    (
        Meaning::Server,
        "database db postgres postgresql pg mysql mariadb mongo mongodb redis valkey kafka rabbitmq amqp nats \
         elasticsearch opensearch memcached sqlserver",
    ),
    // As the last of a key's words they name what is connected to: `payments-api`, `session-store`.
    (
        Meaning::Service,
        "api app application backend broker bus cache client connection conn database datasource db endpoint gateway indexer mailer \
         provider queue search server service smtp storage store svc system upstream vault",
    ),
    // In the same place they name the state of the words before: `kafka_status`.
    (Meaning::StateBehind, "health state status"),
    // Their entries are checks, all of them.
    (
        Meaning::Checks,
        "checks components contributors dependencies healthchecks indicators probes statuses subsystems upstreams \
         backends",
    ),
    // The same, but a list under these may as well be one of anything: search results, blog entries.
    (Meaning::LooseChecks, "entities entries parts results services"),
    // They only wrap: their name is no part's.
    (Meaning::Wrapper, "details data error errors status health result body response"),
    // Of these, what wraps an object that is about the whole.
    (Meaning::WholeWrapper, "status health"),
    // Their value is the name of the object that contains them.
    (Meaning::Naming, "alias name component componentid componentname service servicename check"),
    // The same where there is no name.
    (Meaning::Key, "id key"),
    // Of these, what only checks have.
    (Meaning::NamesCheck, "component componentid componentname service servicename check checkid checkname"),
    // Keys aside from health now: settings, descriptions, history.
    (
        Meaning::Aside,
        "action address build code config configuration description dialect driver env environment events exception \
         features featureflags flags git groups history host hostname info links log logging message meta metadata metrics msg name note notes options \
         output reason region request schema settings stats tags test title uri url username version \
         alarm alarms alert alerts example examples incident incidents limit limits sample samples threshold thresholds \
         token tokens versions",
    ),
    // A word that takes its key aside: `last_status`, `logLevel`, `on_failure`, `update_available`.
    (
        Meaning::AsideWord,
        "last previous prev old default mode on policy expected desired fallback strategy type debug maintenance \
         feature update updates upgrade release exit",
    ),
    // A word that makes a key one of rank, also among checks: `"priority": "critical"` says how much something matters.
    (
        Meaning::Rank,
        "priority severity level tier importance class classification criticality impact urgency risk category grade \
         trend direction",
    ),
    // What people and programs work on: a failed order is no failure of the service that reports it.
    (
        Meaning::Business,
        "article backup booking build camera cart ci comment cron customer deploy deployment device document email event export file import invoice \
         issue item job message migration notification order payment payout pipeline player post printer product purchase refund \
         report run scan sale sensor session shipment subscription sync task ticket todo transaction transfer trip upload user \
         workflow",
    ),
    // Keys of such things.
    (
        Meaning::OfBusiness,
        "title subject price amount quantity currency email user username customer contact phone customerid assignee author owner duedate \
         due dueat deadline completed done sku slug createdby userid orderid",
    ),
    // Keys of health documents and their parts, which such things have not.
    (
        Meaning::OfHealth,
        "uptime checks components dependencies service servicename hostname instance latency latencyms responsetime \
         responsetimems duration durationms checkedat lastchecked lastcheck output healthy ishealthy check checkid \
         componentid componenttype observedvalue observedunit totalduration",
    ),
    // Work that somebody may have stopped, and a switch that is closed in good times: `{"queue": {"state": "stopped"}}`.
    (
        Meaning::Work,
        "batch breaker cb circuit circuitbreaker consumer cron feature job maintenance queue schedule scheduler task timer \
         worker",
    ),
    // Measures: what stands here is no verdict, also where it is 0 or 1.
    (
        Meaning::Measure,
        "age count code depth duration elapsed error errors exit failed failing failures free generation hits idle lag \
         latency length level load max memory min misses ms number pending percent priority queued rate requests retries \
         seconds size time total uptime usage used version warnings weight",
    ),
    // A list under these names what is down.
    (Meaning::NamesDown, "unhealthy down unreachable"),
    // A list under these names what has failed: dependencies, or anything else.
    (Meaning::NamesFailed, "failed failing failures failure broken disconnected unavailable offline"),
    // What went wrong stands here.
    (Meaning::Errors, "error errors exception"),
    // Keys beside `available` that make it the answer to a question about something else.
    (Meaning::OfUpdate, "latest latestversion current currentversion newversion installed update release"),
];

/// Words of parts that are no news, good or bad.
const NEUTRAL: &str = "unknown disabled skipped skip notconfigured unconfigured na none notapplicable optional inactive \
                       unused notchecked untested off ignored pending paused empty";

/// How many words of a key are looked up, besides the last: no key of health has more.
const WORDS: usize = 6;

/// What a key, or a word of it, means.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Status,
    Outcome,
    Coded,
    Praise,
    WeakPraise,
    SurePraise,
    Blame,
    Doubt,
    TakesNumbers,
    Tally,
    PraiseBehind,
    PraiseBehindServer,
    Server,
    Service,
    StateBehind,
    Checks,
    LooseChecks,
    Wrapper,
    WholeWrapper,
    Naming,
    Key,
    NamesCheck,
    Aside,
    AsideWord,
    Rank,
    Business,
    OfBusiness,
    OfHealth,
    Work,
    Measure,
    NamesDown,
    NamesFailed,
    Errors,
    OfUpdate,
}

/// Several meanings, a bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Meanings(u64);

impl Meanings {
    fn add(&mut self, meaning: Meaning) {
        self.0 |= 1 << meaning as u64;
    }

    const fn join(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn has(self, meaning: Meaning) -> bool {
        self.0 & (1 << meaning as u64) != 0
    }
}

/// The lists, turned round: a document may have thousands of keys.
static TABLE: LazyLock<HashMap<&'static str, Meanings>> = LazyLock::new(|| {
    let mut table: HashMap<&str, Meanings> = HashMap::new();
    for (meaning, list) in LISTS {
        for word in list.split_ascii_whitespace() {
            table.entry(word).or_default().add(meaning);
        }
    }
    table
});

fn look_up(word: &str) -> Meanings {
    TABLE.get(word).copied().unwrap_or_default()
}

/// What a key means, read once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    /// As a whole: `lastBackup_ok` is `lastbackupok`.
    whole: Meanings,
    /// Each of its words: `last`, `backup` and `ok`.
    any: Meanings,
    /// The last of them.
    last: Meanings,
    /// Whether there are several.
    is_compound: bool,
    /// Whether it is the number of an object of people's work.
    is_id: bool,
}

impl Name {
    pub(super) fn new(key: &str) -> Self {
        let words = Words::of(key);
        let mut any = Meanings::default();
        for word in words.iter().take(WORDS) {
            any = any.join(look_up(word));
            let of_one = word.strip_suffix('s').map(look_up).unwrap_or_default();
            for meaning in [Meaning::Business, Meaning::Work] {
                if of_one.has(meaning) {
                    any.add(meaning);
                }
            }
        }
        let last = words.iter().next_back().map(look_up).unwrap_or_default();
        let is_compound = words.ends.len() > 1;
        let ends_in_id = is_compound && words.iter().next_back() == Some("id");
        let is_id = words.whole == "id" || (ends_in_id && any.has(Meaning::Business));
        Self { whole: look_up(&words.whole), any, last, is_compound, is_id }
    }

    /// An object's word for itself stands here.
    pub(super) const fn is_status(self) -> bool {
        self.whole.has(Meaning::Status)
    }

    /// Of what stands here, each word is one of health, also one that we do not know.
    pub(super) const fn is_verdict(self) -> bool {
        self.is_status() && !self.whole.has(Meaning::Outcome)
    }

    /// The number of a status of HTTP may stand here.
    pub(super) const fn takes_codes(self) -> bool {
        self.whole.has(Meaning::Coded)
    }

    /// Beside it a number is a count.
    pub(super) const fn is_tally(self) -> bool {
        self.whole.has(Meaning::Tally)
    }

    /// An object's claim to be well.
    pub(super) const fn is_praise(self) -> bool {
        self.whole.has(Meaning::Praise)
    }

    /// A claim that may be about something else.
    pub(super) const fn is_weak_praise(self) -> bool {
        self.whole.has(Meaning::WeakPraise)
    }

    /// A claim that is made of nothing but health.
    pub(super) const fn is_sure_praise(self) -> bool {
        self.whole.has(Meaning::SurePraise)
    }

    /// An object's word for being down.
    pub(super) const fn is_blame(self) -> bool {
        self.whole.has(Meaning::Blame)
    }

    /// An object's word for being half down.
    pub(super) const fn is_doubt(self) -> bool {
        self.whole.has(Meaning::Doubt)
    }

    /// A claim for which 0 and 1 stand for `false` and `true`.
    pub(super) const fn takes_numbers(self) -> bool {
        self.whole.has(Meaning::TakesNumbers)
    }

    /// `false` under this key is bad news, wherever it stands.
    pub(super) const fn claims_good(self) -> bool {
        let of_server = self.any.has(Meaning::Server);
        let behind = self.last.has(Meaning::PraiseBehind) && (of_server || !self.is_of_business());
        let behind_server = self.last.has(Meaning::PraiseBehindServer) && of_server;
        self.is_compound && (behind || behind_server) || self.whole.has(Meaning::Server)
    }

    /// It names something that is connected to: each word of health counts there.
    pub(super) const fn is_dependency(self) -> bool {
        let is_state = self.is_compound && self.last.has(Meaning::StateBehind) && !self.is_of_business();
        self.any.has(Meaning::Server) || self.last.has(Meaning::Service) || is_state
    }

    /// It names something that people or programs work on.
    pub(super) const fn is_of_business(self) -> bool {
        self.any.has(Meaning::Business)
    }

    /// It names work that somebody may have stopped.
    pub(super) const fn is_of_work(self) -> bool {
        self.any.has(Meaning::Work)
    }

    /// It names a measure.
    pub(super) const fn is_measure(self) -> bool {
        self.any.has(Meaning::Measure)
    }

    /// A list here names what is down: `unhealthy`, `failed_checks`.
    pub(super) const fn names_what_is_down(self) -> bool {
        let of_checks = self.last.has(Meaning::Checks) || self.last.has(Meaning::LooseChecks);
        let failed = self.any.has(Meaning::NamesFailed) && of_checks;
        (self.whole.has(Meaning::NamesDown) || (self.any.has(Meaning::NamesDown) && of_checks) || failed)
            && !self.is_of_business()
    }

    /// A list here names what has failed, whatever that is.
    pub(super) const fn names_what_failed(self) -> bool {
        self.whole.has(Meaning::NamesFailed)
    }

    /// It holds errors, or a text that tells of one.
    pub(super) const fn tells_of_errors(self) -> bool {
        self.whole.has(Meaning::NamesFailed) || self.whole.has(Meaning::Errors)
    }

    /// Its entries are checks, all of them; those of a list only where they are nothing else.
    pub(super) const fn holds_checks(self) -> bool {
        self.whole.has(Meaning::Checks) || self.holds_anything()
    }

    /// Its entries may be checks, and anything else as well.
    pub(super) const fn holds_anything(self) -> bool {
        self.whole.has(Meaning::LooseChecks)
    }

    /// It only wraps.
    pub(super) const fn is_wrapper(self) -> bool {
        self.whole.has(Meaning::Wrapper)
    }

    /// What it wraps is about the whole.
    pub(super) const fn wraps_the_whole(self) -> bool {
        self.whole.has(Meaning::WholeWrapper)
    }

    /// It names the object it stands in where nothing else does.
    pub(super) const fn is_key(self) -> bool {
        self.whole.has(Meaning::Key)
    }

    /// It holds the name of the object it stands in.
    pub(super) const fn is_naming(self) -> bool {
        self.whole.has(Meaning::Naming)
    }

    /// It holds the name of a check.
    pub(super) const fn names_a_check(self) -> bool {
        self.whole.has(Meaning::NamesCheck)
    }

    /// It says how much something matters.
    pub(super) const fn is_rank(self) -> bool {
        self.any.has(Meaning::Rank)
    }

    /// It is aside from health now.
    pub(super) const fn is_aside(self) -> bool {
        self.whole.has(Meaning::Aside) || self.is_rank() || self.any.has(Meaning::AsideWord)
    }

    /// Only an object of people's work has it.
    pub(super) const fn marks_business(self) -> bool {
        self.whole.has(Meaning::OfBusiness)
    }

    /// It is the number of an object, or of an object of people's work: `id`, `jobId`.
    pub(super) const fn is_id(self) -> bool {
        self.is_id
    }

    /// Only a health document has it.
    pub(super) const fn marks_health(self) -> bool {
        self.whole.has(Meaning::OfHealth)
    }

    /// It stands beside `available` where that is about an update.
    pub(super) const fn marks_update(self) -> bool {
        self.whole.has(Meaning::OfUpdate)
    }
}

/// The words of a key in lower case: `lastBackup_ok` is `last`, `backup`, `ok`.
struct Words {
    /// All of them in a row: `lastbackupok`.
    whole: String,
    /// Where each ends in that.
    ends: Vec<usize>,
}

impl Words {
    fn of(key: &str) -> Self {
        let mut words = Self { whole: String::with_capacity(key.len()), ends: Vec::new() };
        let bytes = key.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| bytes[at]);
            let small_follows = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
            // `dbUp` and `DBUp` are two words each.
            let begins = before.is_some_and(|b| b.is_ascii_lowercase() || (b.is_ascii_uppercase() && small_follows));
            if !byte.is_ascii_alphanumeric() || (byte.is_ascii_uppercase() && begins) {
                words.end();
            }
            if byte.is_ascii_alphanumeric() {
                words.whole.push(char::from(byte.to_ascii_lowercase()));
            }
        }
        words.end();
        words
    }

    fn end(&mut self) {
        if self.whole.len() > self.ends.last().copied().unwrap_or_default() {
            self.ends.push(self.whole.len());
        }
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = &str> {
        let start = |index: usize| index.checked_sub(1).map_or(0, |before| self.ends[before]);
        (0..self.ends.len()).map(move |index| &self.whole[start(index)..self.ends[index]])
    }
}

/// Whether a part's word is known to be no news.
pub(super) fn is_neutral(word: &str) -> bool {
    let letters: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    let letters = letters.to_ascii_lowercase();
    letters.is_empty() || NEUTRAL.split_ascii_whitespace().any(|known| known == letters)
}

#[cfg(test)]
mod tests {
    use super::{LISTS, Meaning, Name, Words};

    #[test]
    fn a_key_is_taken_apart_into_its_words() {
        for (key, expected) in [
            ("lastBackup_ok", vec!["last", "backup", "ok"]),
            ("DBConnected", vec!["db", "connected"]),
            ("db:responseTime", vec!["db", "response", "time"]),
            ("HTTP-status", vec!["http", "status"]),
            ("", vec![]),
        ] {
            assert_eq!(Words::of(key).iter().collect::<Vec<_>>(), expected, "{key}");
        }
    }

    #[test]
    fn keys_mean_what_the_lists_say() {
        assert!(Name::new("Overall-Status").is_status() && Name::new("isReady").is_praise());
        assert!(Name::new("payments-api").is_dependency() && Name::new("db_primary").is_dependency());
        assert!(!Name::new("order_status").is_dependency() && !Name::new("order_ready").claims_good());
        assert!(Name::new("orders_db_ok").claims_good() && Name::new("cacheStatus").is_dependency());
        assert!(Name::new("jobs").is_of_business() && Name::new("issue_class").is_rank());
        let last = LISTS.last().map(|(meaning, _)| *meaning as u32);
        assert_eq!(last, Some(Meaning::OfUpdate as u32), "each meaning has its list, and its bit");
        assert!(LISTS.iter().enumerate().all(|(at, (meaning, _))| at == *meaning as usize));
    }
}
