//! The arrows of the layout: which crate knows which, that no two folders of a crate know each other, and that decisions
//! know no client, no runtime and no clock.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::PathBuf;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Which of our crates each may know, tests aside. The operator knows all that it is made of.
const KNOWS: &[(&str, &[&str])] = &[
    ("azure", &[]),
    ("api", &[]),
    ("plan", &["armature-api", "armature-azure"]),
    ("arm", &["armature-azure"]),
    ("sim", &[]),
    ("lab", &[]),
];

/// Where each top-level module is a room, and no way leads out of a room and back. The simulator is one room: it grew
/// around one world, as the Azure that it stands for did.
const WITH_ROOMS: &[&str] = &[
    "crates/azure/src",
    "crates/api/src",
    "crates/plan/src",
    "crates/arm/src",
    "crates/lab/src",
    "src",
];

/// Where nothing but decisions is.
const DECISIONS: &[&str] = &["crates/azure/src", "crates/api/src", "crates/plan/src"];

/// Names that only code with effects has.
const EFFECTS: &[&str] = &[
    "kube::Client",
    "kube::Api",
    "Api::namespaced",
    "reqwest",
    "tokio",
    "Timestamp::now",
    "Zoned::now",
    "SystemTime",
    "Instant::now",
    "std::env",
    "std::net::Tcp",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file with the code of a module.
struct Module {
    file: PathBuf,
    /// Its names from the root of the crate on.
    path: Vec<String>,
    code: Vec<TokenTree>,
}

/// The modules of the library in `folder`, those of tests left out.
fn modules(folder: &str) -> Vec<Module> {
    let mut open = vec![(root().join(folder).join("lib.rs"), Vec::new())];
    let mut found = Vec::new();
    while let Some((file, path)) = open.pop() {
        let text = fs::read_to_string(&file).unwrap();
        let code = without_tests(text.parse().unwrap());
        let beside = file.parent().unwrap();
        let below = match file.file_stem().unwrap().to_str().unwrap() {
            "lib" | "mod" => beside.to_owned(),
            stem => beside.join(stem),
        };
        for [word, name, end] in code.array_windows() {
            if is_word(word, "mod") && is_mark(end, ';') {
                let name = name.to_string();
                let places = [below.join(format!("{name}.rs")), below.join(&name).join("mod.rs")];
                let child = places.into_iter().find(|place| place.exists()).unwrap();
                open.push((child, [path.as_slice(), &[name]].concat()));
            }
        }
        found.push(Module { file, path, code });
    }
    found
}

/// Leaves out every item under `#[cfg(test)]`.
fn without_tests(code: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut code = code.into_iter().peekable();
    while let Some(token) = code.next() {
        let is_test = |token: &TokenTree| token.to_string().replace(' ', "") == "[cfg(test)]";
        if is_mark(&token, '#') && code.peek().is_some_and(is_test) {
            code.find(|token| is_mark(token, ';') || braces(token).is_some());
        } else {
            kept.push(token);
        }
    }
    kept
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn braces(token: &TokenTree) -> Option<&Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    }
}

/// The names that code at this depth below the root of its crate takes from that root.
fn from_root(code: &[TokenTree], depth: usize, names: &mut Vec<String>) {
    let mut rest = code;
    while let [token, after @ ..] = rest {
        rest = after;
        if is_word(token, "mod")
            && let [_, body, after @ ..] = rest
            && let Some(body) = braces(body)
        {
            from_root(&without_tests(body.stream()), depth + 1, names);
            rest = after;
        } else if is_word(token, "crate") {
            rest = heads(rest, 0, names);
        } else if is_word(token, "super") {
            rest = heads(rest, depth - 1, names);
        } else if let TokenTree::Group(group) = token {
            from_root(&without_tests(group.stream()), depth, names);
        }
    }
}

/// What follows `crate` or `super`, which lead to `depth`: the name after it, or several in braces. Returns the rest.
fn heads<'a>(code: &'a [TokenTree], depth: usize, names: &mut Vec<String>) -> &'a [TokenTree] {
    let [one, two, head, rest @ ..] = code else { return code };
    if !(is_mark(one, ':') && is_mark(two, ':')) {
        return code;
    }
    if is_word(head, "super") {
        return heads(rest, depth - 1, names);
    }
    if let Some(group) = braces(head) {
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        for part in tokens.split(|token| is_mark(token, ',')) {
            match part {
                [head, rest @ ..] if is_word(head, "super") => drop(heads(rest, depth - 1, names)),
                [head, ..] if depth == 0 => names.push(head.to_string()),
                _ => {}
            }
        }
    } else if depth == 0 {
        names.push(head.to_string());
    }
    rest
}

/// The items that a file declares outside any other: the public ones, or those that the root of a crate has for all.
fn items(code: &[TokenTree], is_root: bool) -> BTreeSet<String> {
    const KINDS: &[&str] = &["struct", "enum", "trait", "type", "const", "static", "fn"];
    let mut found = BTreeSet::new();
    let words: Vec<String> = code.iter().map(TokenTree::to_string).collect();
    for (at, word) in words.iter().enumerate() {
        let mut after = words.iter().skip(at + 1);
        let before = words.iter().take(at).rev();
        let mut before = before.skip_while(|word| ["const", "async"].contains(&word.as_str()) || word.starts_with('('));
        if KINDS.contains(&word.as_str()) && (is_root || before.next().is_some_and(|word| word == "pub")) {
            found.extend(after.next().cloned());
        } else if word == "macro_rules" {
            found.extend(after.nth(1).cloned());
        } else if let Some((_, kind)) = word.split_once("kind = \"") {
            // What kube derives from the spec.
            found.extend(kind.split_once('"').map(|(kind, _)| kind.to_owned()));
        }
    }
    found
}

/// From room to room, with the places where the one names the other.
type Ways = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

fn ways(folder: &str) -> Ways {
    let modules = modules(folder);
    let mut owners: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for module in &modules {
        let room = module.path.first().map_or("", String::as_str);
        for item in items(&module.code, room.is_empty()) {
            owners.entry(item).or_default().insert(room);
        }
    }
    let rooms: BTreeSet<&str> = modules
        .iter()
        .filter_map(|module| Some(module.path.first()?.as_str()))
        .collect();
    let mut ways = Ways::new();
    for module in &modules {
        // The root of a crate leads into every room.
        let Some(room) = module.path.first() else { continue };
        let mut names = Vec::new();
        from_root(&module.code, module.path.len(), &mut names);
        for name in names {
            let to = match (rooms.get(name.as_str()), owners.get(&name)) {
                (Some(to), _) => to,
                (None, Some(owners)) if owners.contains("") => continue,
                (None, Some(owners)) if owners.len() == 1 => owners.first().unwrap(),
                (None, owners) => panic!("{} names crate::{name}: of {owners:?}?", module.file.display()),
            };
            if to != room {
                let place = format!("{} names {name}", module.file.strip_prefix(root()).unwrap().display());
                let places = ways
                    .entry(room.clone())
                    .or_default()
                    .entry((*to).to_owned())
                    .or_default();
                places.insert(place);
            }
        }
    }
    ways
}

/// The shortest way from a room back to it.
fn circle(ways: &Ways, room: &str) -> Option<Vec<String>> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut open = VecDeque::from([vec![room]]);
    while let Some(way) = open.pop_front() {
        for next in way.last().and_then(|last| ways.get(*last)).into_iter().flatten() {
            let way: Vec<&str> = way.iter().copied().chain([next.0.as_str()]).collect();
            if next.0 == room {
                return Some(way.into_iter().map(str::to_owned).collect());
            }
            if seen.insert(next.0) {
                open.push_back(way);
            }
        }
    }
    None
}

#[test]
fn no_two_rooms_of_a_crate_know_each_other() {
    let mut circles = BTreeMap::new();
    for folder in WITH_ROOMS {
        let ways = ways(folder);
        for circle in ways.keys().filter_map(|room| circle(&ways, room)) {
            let steps = circle.array_windows().map(|[from, to]| {
                let places: Vec<&str> = ways[from][to].iter().map(String::as_str).collect();
                format!("{from} -> {to}: {}", places.join(", "))
            });
            let rooms: BTreeSet<String> = circle.iter().cloned().collect();
            circles.insert((folder, rooms), steps.collect::<Vec<_>>().join("\n"));
        }
    }
    let circles: Vec<String> = circles.into_values().collect();
    assert!(
        circles.is_empty(),
        "move what both need into a room of its own:\n{}",
        circles.join("\n\n")
    );
}

#[test]
fn what_code_takes_from_the_root_of_its_crate_is_found() {
    let code = r#"
        use super::super::{a::{b, c}, Item};
        use super::{super::d, near};
        pub(crate) fn f(x: &crate::e::E) { x.map(|| vec![super::super::g::h("crate::text")]) } // crate::comment
        mod inner { use super::super::super::i; use super::super::near; }
        #[cfg(test)]
        mod tests { use crate::tested; }
        #[cfg(test)]
        use crate::tested;
    "#;
    let mut names = Vec::new();
    from_root(&without_tests(code.parse().unwrap()), 2, &mut names);
    assert_eq!(names, ["a", "Item", "d", "e", "g", "i"]);
}

#[test]
fn crates_know_only_what_they_are_made_of() {
    for (name, known) in KNOWS {
        let manifest = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
        let (_, dependencies) = manifest.split_once("\n[dependencies]\n").unwrap();
        let dependencies = dependencies.split("\n[").next().unwrap_or_default().lines();
        let ours = dependencies.filter_map(|line| {
            line.split(['.', ' ', '='])
                .next()
                .filter(|name| name.starts_with("armature-"))
        });
        assert_eq!(ours.collect::<Vec<_>>(), *known, "{name}");
    }
    let folders = fs::read_dir(root().join("crates")).unwrap().count();
    assert_eq!(folders, KNOWS.len(), "every crate has its line");
}

#[test]
fn no_decision_names_a_client_a_runtime_or_a_clock() {
    for module in DECISIONS.iter().flat_map(|folder| modules(folder)) {
        let source = fs::read_to_string(&module.file).unwrap();
        for word in EFFECTS {
            let named = source
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .any(|line| line.contains(word));
            assert!(!named, "{} names {word}", module.file.display());
        }
    }
}
