//! `If-Match` and `If-None-Match` (Learn: use-etags).

use crate::refusal::Refusal;
use crate::wire::Request;

/// What is asked of a resource that may or may not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// PUT: creates what is absent.
    Put,
    /// PATCH or DELETE: absence has an answer of its own, 404 or 204.
    Change,
}

/// Compares the conditions of a request with the current eTag (`None`: the resource does not exist).
///
/// # Errors
/// 412 `PreconditionFailed` when they do not hold; 400 `BadRequest` when they contradict each other or
/// `If-None-Match` is anything but `*`.
pub fn check(request: &Request, intent: Intent, current: Option<&str>) -> Result<(), Refusal> {
    let given = |name| request.header(name).filter(|value| !value.is_empty());
    let (if_match, if_none_match) = (given("if-match"), given("if-none-match"));
    match (if_match, if_none_match) {
        (_, Some(other)) if other != "*" => {
            return Err(Refusal::provider(
                400,
                "BadRequest",
                "If-None-Match header should either be empty or '*'.",
            ));
        }
        (Some(_), Some(_)) => {
            let message = "If-Match and If-None-Match headers should not be specified at the same time.";
            return Err(Refusal::provider(400, "BadRequest", message));
        }
        (None, Some(_)) if current.is_some() => {
            return Err(failed(
                "The resource already exists but the If-None-Match header is '*'.",
            ));
        }
        _ => {}
    }
    let Some(wanted) = if_match else { return Ok(()) };
    match current {
        None if intent == Intent::Put => Err(failed(
            "Resource not found but ETag header is provided. If this is a request to create, please do not provide ETag.",
        )),
        None => Ok(()),
        Some(_) if wanted == "*" => Ok(()),
        // HTTP wants quotes around an eTag; AKS's samples have none. Both are taken.
        Some(current) if wanted.trim_matches('"') == current => Ok(()),
        Some(_) => Err(failed(
            "The ETag in the If-Match header does not match the ETag of the resource.",
        )),
    }
}

fn failed(message: &str) -> Refusal {
    Refusal::provider(412, "PreconditionFailed", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Bytes;
    use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

    fn status(intent: Intent, headers: &[(&str, &str)], current: Option<&str>) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                HeaderName::try_from(*name).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let request = Request::new(Method::PUT, &"/".parse().unwrap(), map, Bytes::new(), String::new());
        check(&request, intent, current).map_or_else(|refusal| refusal.status, |()| 0)
    }

    #[test]
    fn put_follows_the_documented_table() {
        let put = |headers: &[(&str, &str)], current| status(Intent::Put, headers, current);
        assert_eq!(put(&[], None), 0);
        assert_eq!(put(&[], Some("a")), 0);
        assert_eq!(put(&[("if-match", "*")], None), 412);
        assert_eq!(put(&[("if-match", "*")], Some("a")), 0);
        assert_eq!(put(&[("if-match", "a")], None), 412);
        assert_eq!(put(&[("if-match", "a")], Some("a")), 0);
        assert_eq!(put(&[("if-match", "\"a\"")], Some("a")), 0);
        assert_eq!(put(&[("if-match", "b")], Some("a")), 412);
        assert_eq!(put(&[("if-none-match", "*")], None), 0);
        assert_eq!(put(&[("if-none-match", "*")], Some("a")), 412);
    }

    #[test]
    fn conditions_that_make_no_sense_are_bad_requests() {
        assert_eq!(status(Intent::Put, &[("if-none-match", "a")], None), 400);
        assert_eq!(
            status(Intent::Put, &[("if-none-match", "*"), ("if-match", "*")], Some("a")),
            400
        );
    }

    #[test]
    fn patch_and_delete_leave_absence_to_their_own_answer() {
        assert_eq!(status(Intent::Change, &[("if-match", "a")], None), 0);
        assert_eq!(status(Intent::Change, &[("if-match", "*")], Some("a")), 0);
        assert_eq!(status(Intent::Change, &[("if-match", "b")], Some("a")), 412);
    }
}
