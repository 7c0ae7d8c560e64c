//! What becomes of claims when status is stored. Whoever keeps an older status keeps its signatures: so whatever a claim
//! ends or changes by, what was signed of it before is known as overtaken from then on.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::proof::Signer;
use super::spent::Subject;
use armature_api::ChildStatus;
use armature_plan::children::claim::{Claim, Serial};

/// The claims of a status that is stored, and what each proves.
pub type Claims = BTreeMap<(Subject, Serial), (Claim, Option<Timestamp>)>;

/// The claims of these lines.
pub fn claims(signer: &Signer<'_>, lines: &BTreeMap<String, ChildStatus>) -> Claims {
    let claim = |line: &ChildStatus| {
        let (subject, claim, serial) = claimed(signer, line)?;
        Some(((subject, serial), (claim, line.created_at)))
    };
    lines.values().filter_map(claim).collect()
}

fn claimed(signer: &Signer<'_>, line: &ChildStatus) -> Option<(Subject, Claim, Serial)> {
    let (claim, serial) = Claim::with_serial(line)?;
    Some((signer.subject(line.id.as_deref()?), claim, serial))
}

/// Serials up to which signatures have had their time.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Turnover {
    /// Of claims that are no more: to be noted before that is stored, or nobody would know of them any more.
    pub ended: BTreeMap<Subject, Serial>,
    /// Of claims that go on otherwise: to be noted once that is stored, or nothing would prove them.
    pub overtaken: BTreeMap<Subject, Serial>,
}

/// What has ended when nothing is stored any more.
pub fn ended_all(stored: &Claims) -> BTreeMap<Subject, Serial> {
    highest(stored.keys().map(|(subject, serial)| (subject, *serial)))
}

/// A claim of a line, before it is stored.
struct Entry {
    key: String,
    subject: Subject,
    serial: Serial,
    claim: Claim,
    created_at: Option<Timestamp>,
    /// Whether it needs a new serial.
    anew: bool,
}

/// Compares the claims that are stored with those that are to be. One that proves something else than before, or less
/// than one that is dropped, gets a new serial.
pub fn turn_over(
    signer: &Signer<'_>,
    stored: &Claims,
    lines: &mut BTreeMap<String, ChildStatus>,
    now: Timestamp,
) -> Turnover {
    let mut entries = entries(signer, lines);
    mark_changed(&mut entries, stored);
    let dropped = loop {
        let dropped = dropped(&entries, stored);
        let overtaken = |entry: &&mut Entry| {
            !entry.anew
                && dropped
                    .get(&entry.subject)
                    .is_some_and(|dropped| entry.serial <= *dropped)
        };
        let mut more = entries.iter_mut().filter(overtaken).peekable();
        if more.peek().is_none() {
            break dropped;
        }
        more.for_each(|entry| entry.anew = true);
    };
    let known = entries.iter().map(|entry| (&entry.subject, entry.serial));
    let mut last = highest(known.chain(stored.keys().map(|(subject, serial)| (subject, *serial))));
    for entry in entries.iter().filter(|entry| entry.anew) {
        let highest = last.get(&entry.subject).copied().max(signer.last(&entry.subject));
        let serial = Serial::after(highest, now);
        last.insert(entry.subject.clone(), serial);
        if let Some(line) = lines.get_mut(&entry.key) {
            entry.claim.set(line, serial);
        }
    }
    let goes_on = |subject: &Subject| entries.iter().any(|entry| entry.subject == *subject);
    let (overtaken, ended) = dropped.into_iter().partition(|(subject, _)| goes_on(subject));
    Turnover { ended, overtaken }
}

fn entries(signer: &Signer<'_>, lines: &BTreeMap<String, ChildStatus>) -> Vec<Entry> {
    let entry = |(key, line): (&String, &ChildStatus)| {
        let (subject, claim, serial) = claimed(signer, line)?;
        Some(Entry {
            key: key.clone(),
            subject,
            serial,
            claim,
            created_at: line.created_at,
            anew: false,
        })
    };
    lines.iter().filter_map(entry).collect()
}

/// Marks what proves something else than before, and what has the serial of another line.
fn mark_changed(entries: &mut [Entry], stored: &Claims) {
    let mut seen = BTreeSet::new();
    for entry in entries {
        let key = (entry.subject.clone(), entry.serial);
        let before = stored.get(&key);
        entry.anew = before.is_some_and(|before| *before != (entry.claim, entry.created_at)) || !seen.insert(key);
    }
}

/// The highest serial of each subject that is stored and is not to be any more.
fn dropped(entries: &[Entry], stored: &Claims) -> BTreeMap<Subject, Serial> {
    let is_kept = |(subject, serial): &(Subject, Serial)| {
        let mut kept = entries.iter().filter(|entry| !entry.anew);
        kept.any(|entry| entry.subject == *subject && entry.serial == *serial)
    };
    let dropped = stored.keys().filter(|key| !is_kept(key));
    highest(dropped.map(|(subject, serial)| (subject, *serial)))
}

/// The highest serial of each subject.
pub fn highest<'a>(serials: impl Iterator<Item = (&'a Subject, Serial)>) -> BTreeMap<Subject, Serial> {
    let mut highest = BTreeMap::new();
    for (subject, serial) in serials {
        let known = highest.entry(subject.clone()).or_insert(serial);
        *known = (*known).max(serial);
    }
    highest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reconcile::fingerprint::FingerprintKey;
    use crate::reconcile::spent::Spent;
    use crate::testing::cluster;

    const CLAIMS: [Claim; 5] = [Claim::Gone, Claim::Seen, Claim::Making, Claim::Adopted, Claim::Made];

    /// Something that a pass may do to the lines of one or two entries.
    #[derive(Debug, Clone, Copy)]
    enum Act {
        Begin(usize, usize, i64),
        Become(usize, usize),
        Date(usize, Option<i64>),
        Rename(usize, usize),
        Swap,
        End(usize),
        Drop(usize),
    }

    fn act() -> impl Strategy<Value = Act> {
        let (line, claim, time) = (0..2_usize, 0..CLAIMS.len(), 0..4_i64);
        prop_oneof![
            (line.clone(), claim.clone(), time.clone()).prop_map(|(line, claim, now)| Act::Begin(line, claim, now)),
            (line.clone(), claim).prop_map(|(line, claim)| Act::Become(line, claim)),
            (line.clone(), prop::option::of(time)).prop_map(|(line, time)| Act::Date(line, time)),
            (line.clone(), 0..2_usize).prop_map(|(line, id)| Act::Rename(line, id)),
            Just(Act::Swap),
            line.clone().prop_map(Act::End),
            line.prop_map(Act::Drop),
        ]
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn play(act: Act, lines: &mut BTreeMap<String, ChildStatus>, signer: &Signer<'_>) {
        let of = |line: usize| ["a/x", "a/y"][line].to_owned();
        match act {
            Act::Begin(line, claim, now) => {
                let line = lines.entry(of(line)).or_default();
                let id = line.id.get_or_insert_with(|| "/A".to_owned()).clone();
                Claim::end(line);
                CLAIMS[claim].set(line, signer.next(&signer.subject(&id), at(now)));
            }
            Act::Become(line, claim) => Claim::becomes(lines.entry(of(line)).or_default(), CLAIMS[claim]),
            Act::Date(line, time) => lines.entry(of(line)).or_default().created_at = time.map(at),
            Act::Rename(line, id) => {
                let line = lines.entry(of(line)).or_default();
                Claim::end(line);
                line.id = Some(["/A", "/B"][id].to_owned());
            }
            Act::Swap => {
                let (one, other) = (lines.remove("a/x"), lines.remove("a/y"));
                lines.extend(other.map(|line| (of(0), line)));
                lines.extend(one.map(|line| (of(1), line)));
            }
            Act::End(line) => Claim::end(lines.entry(of(line)).or_default()),
            Act::Drop(line) => drop(lines.remove(&of(line))),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// Whatever passes do, a status that is put back proves no claim that is not in the present one, and the present
        /// one proves all of its own.
        #[test]
        fn what_was_signed_before_proves_only_what_is_so_now(passes in prop::collection::vec(prop::collection::vec(act(), 1..4), 1..6)) {
            let (key, object) = (FingerprintKey::of(1), cluster(""));
            let mut ended: BTreeMap<Subject, Serial> = BTreeMap::new();
            let (mut lines, mut stored) = (BTreeMap::new(), Claims::new());
            let mut ever: Vec<Claims> = Vec::new();
            for pass in passes {
                let spent = Spent::knowing(ended.clone());
                let signer = Signer::new(&key, &spent, "home", &object);
                pass.into_iter().for_each(|act| play(act, &mut lines, &signer));
                let turnover = turn_over(&signer, &stored, &mut lines, at(0));
                stored = claims(&signer, &lines);
                ever.push(stored.clone());
                ended.extend(turnover.ended.into_iter().chain(turnover.overtaken));
                let spent = Spent::knowing(ended.clone());
                for ((subject, serial), proves) in ever.iter().flatten() {
                    let is_so = stored.get(&(subject.clone(), *serial)) == Some(proves);
                    prop_assert_eq!(spent.admits(subject, *serial), is_so, "{:?} {:?}", serial, proves);
                }
            }
        }
    }
}
