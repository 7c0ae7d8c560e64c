//! Accounts on the nodes.

use super::request::Request;
use super::words::{invalid, require};
use super::{CLUSTER, Rule, documented};
use crate::defaults::json::{list, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented("ssh-single-key", CLUSTER, "SPEC ssh.publicKeys", ssh_single_key),
    documented(
        "linux-admin-length",
        CLUSTER,
        "SUP faq: up to 32 characters",
        linux_admin_length,
    ),
    documented(
        "windows-admin-name",
        CLUSTER,
        "SPEC windowsProfile.adminUsername",
        windows_admin_name,
    ),
    documented(
        "windows-admin-password",
        CLUSTER,
        "SPEC windowsProfile.adminPassword",
        windows_admin_password,
    ),
];

/// Names that Windows keeps for itself (SPEC windowsProfile.adminUsername).
const WINDOWS_NAMES: &[&str] = &[
    "administrator",
    "admin",
    "user",
    "user1",
    "test",
    "user2",
    "test1",
    "user3",
    "admin1",
    "1",
    "123",
    "a",
    "actuser",
    "adm",
    "admin2",
    "aspnet",
    "backup",
    "console",
    "david",
    "guest",
    "john",
    "owner",
    "root",
    "server",
    "sql",
    "support",
    "support_388945a0",
    "sys",
    "test2",
    "test3",
    "user4",
    "user5",
];

/// Passwords that everyone tries (SPEC windowsProfile.adminPassword).
const WEAK_PASSWORDS: &[&str] = &[
    "abc@123",
    "P@$$w0rd",
    "P@ssw0rd",
    "P@ssword123",
    "Pa$$word",
    "pass@word1",
    "Password!",
    "Password1",
    "Password22",
    "iloveyou!",
];

fn ssh_single_key(request: &Request<'_>) -> Result<(), Refusal> {
    let keys = list(request.new, "/properties/linuxProfile/ssh/publicKeys").len();
    require(keys <= 1, || {
        invalid(
            "linuxProfile.ssh.publicKeys",
            format!("{keys} keys were given and one is allowed"),
        )
    })
}

fn linux_admin_length(request: &Request<'_>) -> Result<(), Refusal> {
    let name = text(request.new, "/properties/linuxProfile/adminUsername").unwrap_or_default();
    require(name.len() <= 32, || {
        invalid("linuxProfile.adminUsername", "the name is longer than 32 characters")
    })
}

fn windows_admin_name(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(name) = text(request.new, "/properties/windowsProfile/adminUsername") else {
        return Ok(());
    };
    let reserved = WINDOWS_NAMES.iter().any(|reserved| reserved.eq_ignore_ascii_case(name));
    require(name.chars().count() <= 20 && !name.ends_with('.') && !reserved, || {
        invalid(
            "windowsProfile.adminUsername",
            format!("'{name}' must have 1 to 20 characters, must not end in '.' and must not be a reserved name"),
        )
    })
}

fn windows_admin_password(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(password) = text(request.sent, "/properties/windowsProfile/adminPassword") else {
        return Ok(());
    };
    let kinds = [
        password.contains(|c: char| c.is_lowercase()),
        password.contains(|c: char| c.is_uppercase()),
        password.contains(|c: char| c.is_ascii_digit()),
        password.contains(|c: char| !c.is_alphanumeric()),
    ];
    let strong = (8..=123).contains(&password.chars().count())
        && kinds.iter().filter(|kind| **kind).count() >= 3
        && !WEAK_PASSWORDS.iter().any(|weak| weak.eq_ignore_ascii_case(password));
    require(strong, || {
        invalid(
            "windowsProfile.adminPassword",
            "the password must have 8 to 123 characters of three kinds (lower, upper, digit, other) and not be a common one",
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::fixture::World;

    fn create(properties: Value) -> super::super::fixture::Outcome {
        World::create(json!({"properties": properties}))
    }

    #[test]
    fn linux_profile() {
        let profile = |name: &str, keys: usize| {
            let keys: Vec<_> = (0..keys).map(|_| json!({"keyData": "ssh-rsa a"})).collect();
            create(json!({"linuxProfile": {"adminUsername": name, "ssh": {"publicKeys": keys}}}))
        };
        profile(&"a".repeat(32), 1).accepted();
        profile(&"a".repeat(33), 1).refused_by("linux-admin-length");
        profile("a", 2).refused_by("ssh-single-key");
    }

    #[test]
    fn windows_profile() {
        let profile = |name: &str, password: &str| {
            create(json!({"windowsProfile": {"adminUsername": name, "adminPassword": password}}))
        };
        profile("azureuser", "Abcdef12").accepted();
        profile("Admin", "Abcdef12").refused_by("windows-admin-name");
        profile("azureuser.", "Abcdef12").refused_by("windows-admin-name");
        profile("azureuser", "Abcde12").refused_by("windows-admin-password");
        profile("azureuser", "abcdefgh1").refused_by("windows-admin-password");
        let refusal = profile("azureuser", "P@ssw0rd").refused_by("windows-admin-password");
        assert!(!refusal.message.contains("P@ssw0rd"));
    }
}
