use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::call::Call;
use crate::error::{ErrorDetail, Site};
use crate::retry_after::RetryAfter;

fn said(code: &str, message: &str) -> ServiceError {
    ServiceError {
        code: code.into(),
        message: message.into(),
        ..ServiceError::default()
    }
}

fn answer(status: u16, retry_after: Option<u64>, code: &str, message: &str) -> ArmError {
    ArmError::Service {
        at: Site {
            call: Call::PutCluster,
            resource: "/x".into(),
        },
        status,
        retry_after: retry_after.map(|seconds| RetryAfter::new(Duration::from_secs(seconds))),
        error: Box::new(said(code, message)),
    }
}

#[test]
fn every_code_has_one_row() {
    let mut seen = BTreeSet::new();
    for entry in entries() {
        assert!(
            seen.insert(entry.code.to_ascii_lowercase()),
            "{} stands in the table twice",
            entry.code
        );
    }
}

#[test]
fn every_row_says_cause_and_next_step_in_a_sentence() {
    for CodeEntry {
        code, cause, next_step, ..
    } in entries()
    {
        for text in [cause, next_step] {
            assert!(
                text.starts_with(char::is_uppercase) && text.ends_with('.'),
                "{code}: {text}"
            );
        }
    }
}

/// Every failure of sign-in that there is: those with a code of the table, one with an unknown code, one without.
fn failed_sign_ins() -> Vec<ArmError> {
    let known = entries()
        .map(|entry| entry.code)
        .filter(|code| code.starts_with("AADSTS"));
    let codes = known.chain(["AADSTS1"]).map(|code| Some(code.to_owned()));
    codes
        .chain([None])
        .map(|code| ArmError::SignIn {
            at: Site {
                call: Call::GetCluster,
                resource: "/x".into(),
            },
            code,
            message: String::new(),
        })
        .collect()
}

#[test]
fn what_to_do_about_a_failed_sign_in_names_what_exists_for_the_identity_that_signs_in() {
    for error in failed_sign_ins() {
        let own = next_step(&error, Whose::Operator);
        assert!(!own.contains("AzureIdentity"), "{error}: {own}");
        let named = next_step(&error, Whose::AzureIdentity);
        assert!(
            !named.contains("chart") && !named.contains("operator"),
            "{error}: {named}"
        );
        for text in [own, named] {
            assert!(
                text.starts_with(char::is_uppercase) && text.ends_with('.'),
                "{error}: {text}"
            );
        }
    }
    for (code, _) in access::OF_THE_OPERATOR {
        assert!(explain(code).is_some(), "{code} is in no table");
    }
    let wrong = "AADSTS7000215";
    let own = operators_next_step(wrong).unwrap();
    assert!(own.contains("azure.clientSecret") && own.contains("AZURE_CLIENT_SECRET") && own.contains("restart"));
}

#[test]
fn a_code_is_found_in_any_casing() {
    assert_eq!(explain("subnetisfull").unwrap().code, "SubnetIsFull");
    assert_eq!(explain("aadsts7000215").unwrap().retry, Retry::User);
    assert_eq!(explain("NoSuchCode"), None);
}

#[test]
fn operation_not_allowed_follows_its_message() {
    let cases = [
        (
            "Operation is not allowed: Another operation (Updating) is in progress, please wait",
            Retry::WaitForOperation,
        ),
        (
            "Managed Cluster operation is not allowed: Another operation (x) is in progress on agent pool (y)",
            Retry::WaitForOperation,
        ),
        (
            "managed cluster is in Provisioning State(Updating) and Power State(Running), starting cannot be performed",
            Retry::WaitForOperation,
        ),
        (
            "Unable to perform 'Scaling' operation on 'a' since deletion was issued on 'a'. The only allowed operation is deletion",
            Retry::User,
        ),
        (
            "Upgrading Kubernetes version 1.28.12 to 1.30.2 is not allowed. Available upgrades: [1.29.7]",
            Retry::User,
        ),
        (
            "Operation could not be completed as it results in exceeding approved Total Regional Cores quota.",
            Retry::Capacity,
        ),
    ];
    for (message, expected) in cases {
        assert_eq!(
            classify(&answer(409, None, "OperationNotAllowed", message)),
            expected,
            "{message}"
        );
    }
}

#[test]
fn throttling_waits_as_long_as_azure_says() {
    assert_eq!(
        classify(&answer(429, Some(17), "Throttled", "")),
        Retry::After(Duration::from_secs(17))
    );
    assert_eq!(classify(&answer(429, None, "Throttled", "")), Retry::Backoff);
    let compute = ServiceError {
        details: vec![ErrorDetail {
            code: "TooManyRequests".into(),
            ..ErrorDetail::default()
        }],
        ..said(
            "OperationNotAllowed",
            "The server rejected the request because too many requests have been received",
        )
    };
    assert_eq!(classify_service(Some(429), &compute), Retry::Backoff);
}

#[test]
fn retry_after_does_not_hide_a_running_operation() {
    let busy = answer(
        409,
        Some(30),
        "EtagMismatch",
        "Operation is not allowed: Another operation is in progress",
    );
    assert_eq!(classify(&busy), Retry::WaitForOperation);
}

#[test]
fn an_identity_that_has_not_spread_is_given_time() {
    let new = answer(
        400,
        None,
        "BadRequest",
        "Principal x was not found in Active Directory tenant y",
    );
    assert_eq!(classify(&new), Retry::Propagation);
    assert_eq!(
        classify(&answer(403, None, "AuthorizationFailed", "")),
        Retry::Propagation
    );
    assert_eq!(
        classify(&answer(403, None, "LinkedAuthorizationFailed", "")),
        Retry::Propagation
    );
}

#[test]
fn an_unknown_code_follows_its_status() {
    let cases = [
        (400, Retry::User),
        (401, Retry::Refresh),
        (403, Retry::User),
        (404, Retry::User),
        (408, Retry::Backoff),
        (409, Retry::User),
        (412, Retry::Refresh),
        (429, Retry::Backoff),
        (500, Retry::Backoff),
        (503, Retry::Backoff),
    ];
    for (status, expected) in cases {
        assert_eq!(
            classify(&answer(status, None, "NeverSeenBefore", "")),
            expected,
            "{status}"
        );
    }
    assert_eq!(
        classify(&answer(
            409,
            None,
            "NeverSeenBefore",
            "Another operation is in progress"
        )),
        Retry::WaitForOperation
    );
    assert_eq!(classify_service(None, &said("NeverSeenBefore", "")), Retry::Backoff);
}

#[test]
fn a_stale_write_or_token_is_refreshed() {
    assert_eq!(classify(&answer(412, None, "PreconditionFailed", "")), Retry::Refresh);
    assert_eq!(
        classify(&answer(401, None, "ExpiredAuthenticationToken", "")),
        Retry::Refresh
    );
}

#[test]
fn sign_in_follows_the_entra_code() {
    let failed = |code: Option<&str>| ArmError::SignIn {
        at: Site {
            call: Call::GetCluster,
            resource: "/x".into(),
        },
        code: code.map(str::to_owned),
        message: String::new(),
    };
    assert_eq!(classify(&failed(Some("AADSTS7000222"))), Retry::User);
    assert_eq!(classify(&failed(Some("AADSTS700016"))), Retry::Propagation);
    assert_eq!(classify(&failed(Some("AADSTS1"))), Retry::Propagation);
    assert_eq!(classify(&failed(None)), Retry::Backoff);
}

#[test]
fn the_most_telling_code_is_explained() {
    let detail = |code: &str| ErrorDetail {
        code: code.into(),
        ..ErrorDetail::default()
    };
    let subcode = ServiceError {
        subcode: Some("UpgradeBlockedOnDeprecatedAPIUsage".into()),
        ..said("ValidationError", "")
    };
    let wrapped = ServiceError {
        details: vec![detail("x"), detail("SubnetIsFull")],
        ..said("ResourceOperationFailure", "")
    };
    let quota = ServiceError {
        details: vec![detail("OperationNotAllowed")],
        ..said("QuotaExceeded", "")
    };
    let found = |error: &ServiceError| explain_service(error).map(|entry| entry.code);
    assert_eq!(found(&subcode), Some("UpgradeBlockedOnDeprecatedAPIUsage"));
    assert_eq!(found(&wrapped), Some("SubnetIsFull"));
    assert_eq!(classify_service(None, &wrapped), Retry::User);
    assert_eq!(found(&quota), Some("QuotaExceeded"));
    assert_eq!(found(&said("x", "")), None);
}

#[test]
fn every_failure_has_a_next_step() {
    assert!(next_step(&answer(400, None, "ReservedResourceName", ""), Whose::Operator).contains("another name"));
    assert!(next_step(&answer(418, None, "NeverSeenBefore", ""), Whose::Operator).contains("Azure's message"));
}

#[test]
fn a_conflict_that_no_time_solves_is_not_waited_out() {
    let taken = "Data sink '/x' is already used in diagnostic setting 'portal' for category 'guard'.";
    assert_eq!(classify(&answer(409, None, "Conflict", taken)), Retry::User);
    let member = answer(
        409,
        None,
        "Conflict",
        "The managed cluster is already a member: '/fleets/a/members/b'.",
    );
    assert_eq!(classify(&member), Retry::User);
    assert!(next_step(&member, Whose::Operator).contains("fleetMemberships"));
    let namespace = answer(
        409,
        None,
        "Conflict",
        "The namespace 'legacy' already exists in the cluster and cannot be adopted with adoption policy 'Never'.",
    );
    assert_eq!(classify(&namespace), Retry::User);
    assert!(next_step(&namespace, Whose::Operator).contains("adoptionPolicy"));
}

#[test]
fn a_conflict_about_an_operation_is_waited_out_and_any_other_tried_ever_more_seldom() {
    let retry = |message: &str| classify(&answer(409, Some(1), "Conflict", message));
    assert_eq!(retry("Another operation is in progress"), Retry::WaitForOperation);
    assert_eq!(retry("never heard of"), Retry::Backoff);
}
