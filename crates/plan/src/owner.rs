//! The ownership mark: who in which management cluster answers for an Azure resource.

use std::fmt;
use std::str::FromStr;

/// The Azure tag that carries the mark.
pub const OWNER_TAG: &str = "armature-owner";

/// What the mark says: `<installation>/<namespace>/<name>`, with `/adopted` behind it where Armature did not make the
/// resource. It holds no UIDs, so that a management cluster rebuilt from Git recognizes its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The installation of Armature: one per management cluster.
    pub installation: String,
    /// The namespace of the object.
    pub namespace: String,
    /// The name of the object.
    pub name: String,
    /// Whether the resource was there before the object.
    pub adopted: bool,
}

/// A tag value that is no mark.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an ownership mark")]
pub struct InvalidMark(String);

impl Mark {
    /// Whether both name the same owner, however the resource came to be.
    pub fn same_owner(&self, other: &Self) -> bool {
        (&self.installation, &self.namespace, &self.name) == (&other.installation, &other.namespace, &other.name)
    }

    /// The same owner, of a resource that was there before.
    pub fn adopted(&self) -> Self {
        Self {
            adopted: true,
            ..self.clone()
        }
    }
}

impl FromStr for Mark {
    type Err = InvalidMark;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        let (owner, adopted) = match parts.as_slice() {
            [installation, namespace, name] => ((installation, namespace, name), false),
            [installation, namespace, name, "adopted"] => ((installation, namespace, name), true),
            _ => return Err(InvalidMark(text.to_owned())),
        };
        let (installation, namespace, name) = owner;
        if [installation, namespace, name].iter().any(|part| part.is_empty()) {
            return Err(InvalidMark(text.to_owned()));
        }
        Ok(Self {
            installation: (*installation).to_owned(),
            namespace: (*namespace).to_owned(),
            name: (*name).to_owned(),
            adopted,
        })
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            installation,
            namespace,
            name,
            adopted,
        } = self;
        write!(formatter, "{installation}/{namespace}/{name}")?;
        if *adopted {
            write!(formatter, "/adopted")
        } else {
            Ok(())
        }
    }
}

/// Whose a live resource is, seen from one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// It carries our mark.
    Ours {
        /// Whether it was there before us.
        adopted: bool,
    },
    /// It carries no mark.
    Unmarked,
    /// It carries the mark of someone else, as written.
    Other(String),
}

impl Ownership {
    /// Reads the mark on a live resource.
    pub fn of(tag: Option<&str>, ours: &Mark) -> Self {
        match tag.map(|text| (text, text.parse::<Mark>())) {
            None => Self::Unmarked,
            Some((_, Ok(mark))) if mark.same_owner(ours) => Self::Ours { adopted: mark.adopted },
            Some((text, _)) => Self::Other(text.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> Mark {
        "home/team-a/prod".parse().unwrap()
    }

    #[test]
    fn a_mark_survives_its_way_through_a_tag() {
        for mark in [mark(), mark().adopted()] {
            assert_eq!(mark.to_string().parse::<Mark>().unwrap(), mark);
        }
    }

    #[test]
    fn our_own_mark_is_ours_adopted_or_not() {
        assert_eq!(
            Ownership::of(Some("home/team-a/prod"), &mark()),
            Ownership::Ours { adopted: false }
        );
        assert_eq!(
            Ownership::of(Some("home/team-a/prod/adopted"), &mark()),
            Ownership::Ours { adopted: true }
        );
    }

    #[test]
    fn any_other_text_is_someone_elses() {
        for text in ["away/team-a/prod", "home/team-b/prod", "someone", "home//prod", ""] {
            assert_eq!(
                Ownership::of(Some(text), &mark()),
                Ownership::Other(text.to_owned()),
                "{text:?}"
            );
        }
        assert_eq!(Ownership::of(None, &mark()), Ownership::Unmarked);
    }
}
