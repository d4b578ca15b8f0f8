//! The connections that are held: a limit that never refuses the newcomer. Whose client asks without end goes first,
//! then whoever has had an answer; who was just accepted and waits for the first answer goes last.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::pace::{Pace, Standing};

/// How many connections are held at once. An idle one costs about 10 KiB: the kubelet, Prometheus and a few people need
/// a dozen; the rest is room for abusive clients.
pub const CAP: usize = 128;

/// The connections held, oldest first.
#[derive(Clone)]
pub(super) struct Slots {
    cap: usize,
    queue: Arc<Mutex<Queue>>,
}

#[derive(Default)]
struct Queue {
    next: u64,
    held: Vec<Held>,
}

struct Held {
    number: u64,
    client: IpAddr,
    pace: Pace,
    task: Option<AbortHandle>,
}

impl Slots {
    /// Room for so many.
    pub(super) fn new(cap: usize) -> Self {
        Self { cap, queue: Arc::default() }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        change(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A slot for a new connection of this client, whose pace is kept here.
    pub(super) fn enter(&self, peer: IpAddr, pace: Pace) -> ConnectionSlot {
        let number = self.with(|queue| {
            queue.next += 1;
            queue.held.push(Held { number: queue.next, client: client(peer), pace, task: None });
            queue.next
        });
        ConnectionSlot { slots: self.clone(), number }
    }

    /// Remembers which task serves the connection of a slot, so that it can be stopped.
    pub(super) fn own(&self, number: u64, task: AbortHandle) {
        self.with(|queue| {
            if let Some(at) = queue.position(number) {
                queue.held[at].task = Some(task);
            }
        });
    }

    /// Closes connections until one more is within the limit.
    pub(super) fn make_room(&self) {
        while self.with(|queue| queue.held.len()) >= self.cap {
            self.drop_one();
        }
    }

    /// Closes the connection that can best be spared.
    pub(super) fn drop_one(&self) {
        let spared = self.with(|queue| queue.spared(Instant::now()).map(|at| queue.held.remove(at)));
        if let Some(Held { task: Some(task), .. }) = spared {
            task.abort();
        }
    }
}

impl Queue {
    fn position(&self, number: u64) -> Option<usize> {
        self.held.binary_search_by_key(&number, |held| held.number).ok()
    }

    /// The one that can best be spared: a greedy one; then one of a client that holds more than its share of the places,
    /// but no new one; then by how it stands. Among equals it is the one that has stood so the longest.
    fn spared(&self, now: Instant) -> Option<usize> {
        let mut clients: Vec<(IpAddr, usize)> = Vec::new();
        for Held { client, .. } in &self.held {
            match clients.iter_mut().find(|(known, _)| known == client) {
                Some((_, count)) => *count += 1,
                None => clients.push((*client, 1)),
            }
        }
        let share = self.held.len().div_ceil(clients.len().max(1));
        let rank = |held: &Held| {
            let (standing, since) = held.pace.standing(now);
            let is_over = clients.iter().any(|(client, count)| *client == held.client && *count > share);
            let group = match (standing, is_over) {
                (Standing::Greedy, _) => 0,
                (Standing::Answered | Standing::Slow, true) => 1,
                (Standing::Answered | Standing::Slow | Standing::New, _) => 2,
            };
            (group, standing, since)
        };
        self.held.iter().enumerate().min_by_key(|(_, held)| rank(held)).map(|(at, _)| at)
    }
}

/// Whose share it counts against: a host of IPv6 may have a whole /64 of addresses.
pub(super) fn client(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
    }
}

/// A connection's place in the queue; leaving it frees the place.
pub(super) struct ConnectionSlot {
    slots: Slots,
    number: u64,
}

impl ConnectionSlot {
    /// Its number in the queue.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.slots.with(|queue| queue.position(self.number).map(|at| queue.held.remove(at)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::{CAP, ConnectionSlot, Pace, Slots};

    /// A connection of `client`, and what it does.
    fn enter(slots: &Slots, client: &str) -> (ConnectionSlot, Pace) {
        let pace = Pace::new();
        (slots.enter(client.parse().unwrap(), pace.clone()), pace)
    }

    fn answered(slots: &Slots, client: &str) -> (ConnectionSlot, Pace) {
        let (slot, pace) = enter(slots, client);
        pace.asked();
        pace.answered();
        (slot, pace)
    }

    fn is_held(slots: &Slots, (slot, _): &(ConnectionSlot, Pace)) -> bool {
        slots.with(|queue| queue.position(slot.number).is_some())
    }

    /// How many of them are held after `count` had to go.
    fn left(slots: &Slots, of: &[(ConnectionSlot, Pace)], count: usize) -> usize {
        (0..count).for_each(|_| slots.drop_one());
        of.iter().filter(|one| is_held(slots, one)).count()
    }

    async fn wait(milliseconds: u64) {
        advance(Duration::from_millis(milliseconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_made_within_the_limit_and_leaving_frees_it() {
        let slots = Slots::new(CAP);
        let taken: Vec<_> = (0..CAP).map(|_| enter(&slots, "10.0.0.1")).collect();
        slots.make_room();
        assert_eq!(slots.with(|queue| queue.held.len()), CAP - 1);
        assert!(!is_held(&slots, &taken[0]) && is_held(&slots, &taken[1]), "the first has waited as long as all");
        slots.make_room();
        assert_eq!(slots.with(|queue| queue.held.len()), CAP - 1, "there is room already");
        drop(taken);
        assert_eq!(slots.with(|queue| queue.held.len()), 0);
    }

    /// A request that is pipelined made a connection young: the newcomers paid.
    #[tokio::test(start_paused = true)]
    async fn whoever_asks_without_end_goes_before_everyone_else() {
        let slots = Slots::new(CAP);
        let idle = answered(&slots, "10.0.0.9");
        let greedy: Vec<_> = (0..100).map(|_| enter(&slots, "10.0.0.1")).collect();
        wait(600).await;
        let scraped = answered(&slots, "10.0.0.1");
        let new: Vec<_> = (0..20).map(|_| enter(&slots, "10.0.0.1")).collect();
        for (_, pace) in greedy.iter().cycle().take(65 * greedy.len()) {
            pace.asked();
        }
        assert_eq!(left(&slots, &greedy, 100), 0);
        assert_eq!(left(&slots, &new, 0), 20);
        assert!(is_held(&slots, &idle) && is_held(&slots, &scraped));
    }

    #[tokio::test(start_paused = true)]
    async fn who_stops_asking_is_greedy_no_more() {
        let slots = Slots::new(CAP);
        let idle = answered(&slots, "10.0.0.1");
        let once = answered(&slots, "10.0.0.1");
        (0..70).for_each(|_| once.1.asked());
        once.1.answered();
        wait(1_100).await;
        assert!(left(&slots, &[idle], 1) == 0 && is_held(&slots, &once));
        // As often as a person reloads, or a scraper asks.
        let slots = Slots::new(CAP);
        let often = answered(&slots, "10.0.0.1");
        let idle = answered(&slots, "10.0.0.1");
        for _ in 0..40 {
            wait(200).await;
            often.1.asked();
            often.1.answered();
        }
        assert!(left(&slots, &[idle], 1) == 0 && is_held(&slots, &often));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_the_first_answer_goes_after_those_who_had_one() {
        let slots = Slots::new(CAP);
        let slow = [enter(&slots, "10.0.0.1"), enter(&slots, "10.0.0.1")];
        wait(600).await;
        let new = [enter(&slots, "10.0.0.1"), enter(&slots, "10.0.0.1")];
        let had = [answered(&slots, "10.0.0.1"), answered(&slots, "10.0.0.1")];
        assert_eq!(left(&slots, &had, 2), 0);
        assert_eq!(left(&slots, &slow, 2), 0);
        assert_eq!(left(&slots, &new, 0), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_of_one_client_does_not_cost_another_its_place() {
        for (crowd, other) in
            [("10.0.0.1", "10.0.0.2"), ("::ffff:10.0.0.1", "fd00::1"), ("fd00:0:0:1::1", "fd00:0:0:2::1")]
        {
            let slots = Slots::new(CAP);
            let scraper = answered(&slots, other);
            let slow: Vec<_> = (0..60).map(|_| enter(&slots, crowd)).collect();
            let idle: Vec<_> = (0..60).map(|_| answered(&slots, crowd)).collect();
            wait(600).await;
            let kubelet = enter(&slots, crowd);
            assert_eq!(left(&slots, &idle, 60), 0, "{crowd}");
            assert_eq!(left(&slots, &slow, 58), 2, "{crowd}");
            assert!(is_held(&slots, &scraper) && is_held(&slots, &kubelet), "{crowd}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_addresses_of_one_host_of_ipv6_share_their_places() {
        let slots = Slots::new(CAP);
        let scraper = answered(&slots, "fd00:0:0:2::1");
        wait(10).await;
        let crowd: Vec<_> = (1..100).map(|host| answered(&slots, &format!("fd00:0:0:1::{host:x}"))).collect();
        assert_eq!(left(&slots, &crowd, 90), 9);
        assert!(is_held(&slots, &scraper));
    }
}
