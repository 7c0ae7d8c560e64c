//! Who may have one of the slots, and who is next. No waiting, no clock.
//!
//! Calls that hang hold their slots, and nobody can take a slot back. So nobody gets all of them in the first place: a
//! namespace gets no more than it leaves free, and a subscription no more than twice as many. One busy namespace then has
//! half of all; when a second one comes it takes of the other half, and what the first gives back is shared until both
//! have a third, and so on.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Whose slot it is: the cluster's namespace and subscription.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The namespace of the object.
    pub namespace: Arc<str>,
    /// The subscription that it names, in lower case.
    pub subscription: Arc<str>,
}

/// Somebody who waits.
pub(super) type Ticket = u64;

/// Those who wait with the same key, in the order of their arrival.
#[derive(Debug)]
struct Line {
    key: Key,
    tickets: VecDeque<Ticket>,
}

/// The slots and those who wait for them.
#[derive(Debug)]
pub(super) struct Allocator {
    free: usize,
    namespaces: HashMap<Arc<str>, usize>,
    subscriptions: HashMap<Arc<str>, usize>,
    /// The first is next; whoever was served goes to the end.
    lines: VecDeque<Line>,
    tickets: Ticket,
}

impl Allocator {
    pub(super) fn new(slots: usize) -> Self {
        Self {
            free: slots,
            namespaces: HashMap::new(),
            subscriptions: HashMap::new(),
            lines: VecDeque::new(),
            tickets: 0,
        }
    }

    /// Gets in line.
    pub(super) fn join(&mut self, key: Key) -> Ticket {
        self.tickets += 1;
        let ticket = self.tickets;
        match self.lines.iter_mut().find(|line| line.key == key) {
            Some(line) => line.tickets.push_back(ticket),
            None => self.lines.push_back(Line {
                key,
                tickets: VecDeque::from([ticket]),
            }),
        }
        ticket
    }

    /// Steps out of line.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        for line in &mut self.lines {
            line.tickets.retain(|other| *other != ticket);
        }
        self.lines.retain(|line| !line.tickets.is_empty());
    }

    /// Gives a slot back.
    pub(super) fn release(&mut self, key: &Key) {
        self.free += 1;
        give_back(&mut self.namespaces, &key.namespace);
        give_back(&mut self.subscriptions, &key.subscription);
    }

    /// The next one who gets a slot, if anybody may have one now. Who has none yet goes before those who have some.
    pub(super) fn next(&mut self) -> Option<Ticket> {
        let new = |line: &Line| self.held(&self.namespaces, &line.key.namespace) == 0;
        let may = |line: &Line| self.may_have(&line.key);
        let first = self.lines.iter().position(|line| may(line) && new(line));
        let first = first.or_else(|| self.lines.iter().position(may))?;
        let mut line = self.lines.remove(first)?;
        let ticket = line.tickets.pop_front()?;
        self.free -= 1;
        *self.namespaces.entry(line.key.namespace.clone()).or_default() += 1;
        *self.subscriptions.entry(line.key.subscription.clone()).or_default() += 1;
        if !line.tickets.is_empty() {
            self.lines.push_back(line);
        }
        Some(ticket)
    }

    fn may_have(&self, key: &Key) -> bool {
        let namespace = self.held(&self.namespaces, &key.namespace);
        let subscription = self.held(&self.subscriptions, &key.subscription);
        namespace < self.free && subscription < 2 * self.free
    }

    fn held(&self, of: &HashMap<Arc<str>, usize>, name: &str) -> usize {
        of.get(name).copied().unwrap_or_default()
    }
}

fn give_back(held: &mut HashMap<Arc<str>, usize>, name: &str) {
    if let Some(count) = held.get_mut(name) {
        *count -= 1;
        if *count == 0 {
            held.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn key(namespace: &str, subscription: &str) -> Key {
        Key {
            namespace: namespace.into(),
            subscription: subscription.into(),
        }
    }

    /// Everybody who gets a slot now.
    fn serve(slots: &mut Allocator) -> Vec<Ticket> {
        std::iter::from_fn(|| slots.next()).collect()
    }

    /// How many of so many get a slot while nobody gives one back.
    fn served(slots: &mut Allocator, key: &Key, times: usize) -> usize {
        for _ in 0..times {
            slots.join(key.clone());
        }
        serve(slots).len()
    }

    #[test]
    fn hanging_calls_of_one_leave_slots_for_those_who_come_later() {
        let mut slots = Allocator::new(32);
        assert_eq!(served(&mut slots, &key("a", "1"), 40), 16, "half of all");
        assert_eq!(served(&mut slots, &key("b", "2"), 1), 1);
        assert_eq!(served(&mut slots, &key("c", "1"), 1), 1, "in the same subscription too");

        let mut slots = Allocator::new(32);
        let one_each = (0..40).map(|n| served(&mut slots, &key(&format!("ns{n}"), "1"), 1));
        assert_eq!(
            one_each.sum::<usize>(),
            22,
            "two thirds for one subscription, whoever uses it"
        );
        assert_eq!(served(&mut slots, &key("other", "2"), 1), 1);
    }

    /// However many hang until their deadlines and ask again, who comes later finds a slot.
    #[test]
    fn something_stays_free_for_those_who_come() {
        for hanging in 1..11_u8 {
            let mut model = Model::new(32);
            for n in 0..100 {
                model.apply(Event::Join(n % hanging, n % hanging));
            }
            for _ in 0..100 {
                let key = model.holding.remove(0);
                model.slots.release(&key);
                model.serve();
                let name = key.namespace.parse().unwrap();
                model.apply(Event::Join(name, name));
            }
            model.apply(Event::Join(99, 99));
            assert_eq!(model.held(|key| &*key.namespace == "99"), 1, "{hanging}");
        }
    }

    #[test]
    fn the_smallest_numbers_of_slots_work() {
        for (slots, alone) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)] {
            assert_eq!(served(&mut Allocator::new(slots), &key("a", "1"), 9), alone, "{slots}");
        }
    }

    #[test]
    fn who_has_none_is_next_and_the_others_take_turns() {
        let mut slots = Allocator::new(4);
        let (a, b, c) = (key("a", "1"), key("b", "2"), key("c", "3"));
        let of_a: Vec<Ticket> = (0..4).map(|_| slots.join(a.clone())).collect();
        assert_eq!(serve(&mut slots), of_a[..2]);
        let of_b: Vec<Ticket> = (0..3).map(|_| slots.join(b.clone())).collect();
        assert_eq!(serve(&mut slots), of_b[..1]);
        slots.release(&a);
        let of_c = slots.join(c);
        assert_eq!(
            slots.next(),
            Some(of_c),
            "it has none, and the others have waited longer"
        );
        slots.release(&a);
        assert_eq!(slots.next(), Some(of_a[2]));
        slots.release(&b);
        assert_eq!(slots.next(), Some(of_b[1]));
    }

    #[test]
    fn what_nobody_holds_or_waits_for_is_forgotten() {
        let mut slots = Allocator::new(2);
        let ticket = slots.join(key("a", "1"));
        slots.leave(ticket);
        slots.join(key("b", "2"));
        assert!(slots.next().is_some());
        slots.release(&key("b", "2"));
        assert!(slots.lines.is_empty() && slots.namespaces.is_empty() && slots.subscriptions.is_empty());
        assert_eq!(slots.free, 2);
    }

    #[derive(Debug, Clone)]
    enum Event {
        Join(u8, u8),
        /// Of those who hold one, by position.
        Release(usize),
        /// Of those who wait, by position.
        Leave(usize),
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            4 => (0..6_u8, 0..3_u8).prop_map(|(namespace, subscription)| Event::Join(namespace, subscription)),
            3 => any::<usize>().prop_map(Event::Release),
            1 => any::<usize>().prop_map(Event::Leave),
        ]
    }

    /// The slots, and what they are held to from outside.
    struct Model {
        slots: Allocator,
        size: usize,
        waiting: BTreeMap<Ticket, Key>,
        holding: Vec<Key>,
    }

    impl Model {
        fn new(size: usize) -> Self {
            Self {
                slots: Allocator::new(size),
                size,
                waiting: BTreeMap::new(),
                holding: Vec::new(),
            }
        }

        fn apply(&mut self, event: Event) {
            match event {
                Event::Join(namespace, subscription) => {
                    let key = key(&namespace.to_string(), &subscription.to_string());
                    self.waiting.insert(self.slots.join(key.clone()), key);
                }
                Event::Release(which) if !self.holding.is_empty() => {
                    let key = self.holding.swap_remove(which % self.holding.len());
                    self.slots.release(&key);
                }
                Event::Leave(which) if !self.waiting.is_empty() => {
                    let ticket = *self.waiting.keys().nth(which % self.waiting.len()).unwrap();
                    self.waiting.remove(&ticket);
                    self.slots.leave(ticket);
                }
                Event::Release(_) | Event::Leave(_) => {}
            }
            self.serve();
        }

        fn free(&self) -> usize {
            self.size - self.holding.len()
        }

        fn held(&self, of: impl Fn(&Key) -> bool) -> usize {
            self.holding.iter().filter(|key| of(key)).count()
        }

        fn serve(&mut self) {
            while let Some(ticket) = self.slots.next() {
                let served = self.waiting.remove(&ticket).expect("only who waits is served");
                let has_none = |key: &Key| self.held(|held| held.namespace == key.namespace) == 0;
                let passed_over = |key: &&Key| {
                    has_none(key) && self.held(|held| held.subscription == key.subscription) < 2 * self.free()
                };
                assert!(
                    has_none(&served) || !self.waiting.values().any(|key| passed_over(&key)),
                    "who has none goes first"
                );
                self.holding.push(served);
                assert!(self.holding.len() <= self.size, "never more than there are");
            }
            for key in self.waiting.values() {
                let namespace = self.held(|held| held.namespace == key.namespace);
                let subscription = self.held(|held| held.subscription == key.subscription);
                assert!(
                    namespace >= self.free() || subscription >= 2 * self.free(),
                    "a slot stays free only for others than those who have their share: {key:?}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn slots_are_shared_out_whatever_happens(
            size in 1..12_usize,
            events in proptest::collection::vec(event(), 0..120),
        ) {
            let mut model = Model::new(size);
            for event in events {
                model.apply(event);
            }
        }

        #[test]
        fn everybody_is_served_when_passes_end(
            size in 1..12_usize,
            events in proptest::collection::vec(event(), 0..120),
            ends in proptest::collection::vec(any::<usize>(), 200),
        ) {
            let mut model = Model::new(size);
            for event in events {
                model.apply(event);
            }
            for end in ends {
                model.apply(Event::Release(end));
            }
            prop_assert!(model.waiting.is_empty(), "{:?}", model.waiting);
            prop_assert_eq!(model.free(), size, "nothing is lost");
        }

        /// One who waits is served although the others always come back for more.
        #[test]
        fn nobody_is_passed_over_for_ever(
            size in 2..12_usize,
            greedy in 1..5_u8,
            ends in proptest::collection::vec(any::<usize>(), 300),
        ) {
            let mut model = Model::new(size);
            for n in 0..40 {
                model.apply(Event::Join(n % greedy, n % 2));
            }
            let patient = model.waiting.keys().next_back().copied();
            for end in ends {
                let Some(key) = model.holding.get(end % model.holding.len()).cloned() else { break };
                let (namespace, subscription) = (key.namespace.parse().unwrap(), key.subscription.parse().unwrap());
                model.apply(Event::Release(end));
                model.apply(Event::Join(namespace, subscription));
            }
            prop_assert!(patient.is_none_or(|ticket| !model.waiting.contains_key(&ticket)));
        }
    }
}
