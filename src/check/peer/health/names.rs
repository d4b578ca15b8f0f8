//! What the keys of a health document mean. Two lists decide between a missed failure and a false alarm: which keys
//! claim something good, so that their `false` is bad news, and which keys are aside from health, whatever stands there.
//!
//! The lists are of whole keys without case and separators, or, where it is said, of a key's words.

/// An object's word for itself stands here.
const STATUS: &str = "status state health healthstatus overall overallstatus overallhealth result";

/// An object's claim to be well: `false` is its word for being down.
const PRAISE: &str = "healthy ok up ready alive available connected reachable operational success ishealthy isok isup \
    isready isalive isavailable isconnected isreachable isoperational";

/// As the last of several words they claim something good of the words before: `database_connected`, `redisOk`.
const PRAISE_BEHIND: &str = "healthy ok connected reachable alive ready operational";

/// Servers that something depends on. What can be the switch of a feature (`cache`, `mail`, `queue`) is not among them.
const SERVERS: &str = "database db postgres postgresql pg mysql mariadb mongo mongodb redis valkey kafka rabbitmq amqp \
    nats elasticsearch opensearch memcached sqlserver";

/// Their entries are checks, all of them.
const CHECKS: &str = "checks components contributors dependencies entries healthchecks indicators parts probes results \
    services subsystems upstreams backends";

/// They only wrap: their name is no part's.
const WRAPPERS: &str = "details data error errors status health result body response";

/// They hold the name of the object that they stand in.
const NAMES: &str = "name id key component componentid componentname service servicename check";

/// Keys aside from health now: settings, descriptions, history.
const ASIDE: &str = "action build code config configuration description env environment events exception features \
    featureflags flags git groups history info links log logging message meta metadata metrics msg name note notes \
    options output reason region request schema settings stats tags test title version";

/// A word that takes its key aside: `last_status`, `logLevel`, `on_failure`.
const ASIDE_WORDS: &str = "last previous prev old default level severity mode on policy expected desired fallback \
    strategy type debug maintenance feature";

/// A key, taken apart into its words: `lastBackup_ok` is `last backup ok`.
pub(super) struct Name {
    words: Vec<String>,
    whole: String,
}

impl Name {
    pub(super) fn new(key: &str) -> Self {
        let mut words: Vec<String> = vec![String::new()];
        let chars: Vec<char> = key.chars().collect();
        for (at, c) in chars.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| chars[at]);
            let small_follows = chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
            // `dbUp` and `DBUp` are two words each.
            let begins = before.is_some_and(|b| b.is_ascii_lowercase() || (b.is_ascii_uppercase() && small_follows));
            if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && begins) {
                words.push(String::new());
            }
            if c.is_ascii_alphanumeric()
                && let Some(word) = words.last_mut()
            {
                word.push(c.to_ascii_lowercase());
            }
        }
        words.retain(|word| !word.is_empty());
        let whole = words.concat();
        Self { words, whole }
    }

    /// An object's word for itself stands here.
    pub(super) fn is_status(&self) -> bool {
        holds(STATUS, &self.whole)
    }

    /// An object's claim to be well.
    pub(super) fn is_praise(&self) -> bool {
        holds(PRAISE, &self.whole)
    }

    /// `false` under this key is bad news, wherever it stands.
    pub(super) fn claims_good(&self) -> bool {
        let behind = self.words.len() > 1 && self.words.last().is_some_and(|last| holds(PRAISE_BEHIND, last));
        behind || holds(SERVERS, &self.whole)
    }

    /// Its entries are checks, all of them.
    pub(super) fn holds_checks(&self) -> bool {
        holds(CHECKS, &self.whole)
    }

    /// It only wraps.
    pub(super) fn is_wrapper(&self) -> bool {
        holds(WRAPPERS, &self.whole)
    }

    /// It holds the name of the object it stands in.
    pub(super) fn is_naming(&self) -> bool {
        holds(NAMES, &self.whole)
    }

    /// It is aside from health now.
    pub(super) fn is_aside(&self) -> bool {
        holds(ASIDE, &self.whole) || self.words.iter().any(|word| holds(ASIDE_WORDS, word))
    }
}

fn holds(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}
