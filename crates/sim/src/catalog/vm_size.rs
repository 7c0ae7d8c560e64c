//! Machine sizes: enough of them for the size rules of system pools.

/// A machine size that the rules know something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VmSize {
    /// `Standard_D4s_v5`.
    pub name: &'static str,
    /// Number of vCPU.
    pub vcpu: u32,
    /// Memory in GiB, rounded down.
    pub memory_gib: u32,
}

const fn size(name: &'static str, vcpu: u32, memory_gib: u32) -> VmSize {
    VmSize { name, vcpu, memory_gib }
}

const SIZES: &[VmSize] = &[
    size("Standard_A1_v2", 1, 2),
    size("Standard_A2_v2", 2, 4),
    size("Standard_A4_v2", 4, 8),
    size("Standard_B2s", 2, 4),
    size("Standard_B2ms", 2, 8),
    size("Standard_B4ms", 4, 16),
    size("Standard_B8ms", 8, 32),
    size("Standard_D2_v2", 2, 7),
    size("Standard_DS1_v2", 1, 3),
    size("Standard_DS2_v2", 2, 7),
    size("Standard_DS3_v2", 4, 14),
    size("Standard_DS4_v2", 8, 28),
    size("Standard_D2s_v3", 2, 8),
    size("Standard_D4s_v3", 4, 16),
    size("Standard_D8s_v3", 8, 32),
    size("Standard_D2ds_v4", 2, 8),
    size("Standard_D4ds_v4", 4, 16),
    size("Standard_D8ds_v4", 8, 32),
    size("Standard_D2s_v5", 2, 8),
    size("Standard_D2ds_v5", 2, 8),
    size("Standard_D4s_v5", 4, 16),
    size("Standard_D4ds_v5", 4, 16),
    size("Standard_D4as_v5", 4, 16),
    size("Standard_D4ads_v5", 4, 16),
    size("Standard_D4ps_v5", 4, 16),
    size("Standard_D8s_v5", 8, 32),
    size("Standard_D8ds_v5", 8, 32),
    size("Standard_D16s_v5", 16, 64),
    size("Standard_D16ds_v5", 16, 64),
    size("Standard_D2ds_v6", 2, 8),
    size("Standard_D4ds_v6", 4, 16),
    size("Standard_D8ds_v6", 8, 32),
    size("Standard_E4s_v5", 4, 32),
    size("Standard_E8s_v5", 8, 64),
    size("Standard_E16s_v5", 16, 128),
    size("Standard_F2s_v2", 2, 4),
    size("Standard_F4s_v2", 4, 8),
    size("Standard_F8s_v2", 8, 16),
    size("Standard_NC4as_T4_v3", 4, 28),
    size("Standard_NC24ads_A100_v4", 24, 220),
    size("Standard_NC40ads_H100_v5", 40, 320),
];

/// The size called `name`, case-insensitively; `None` for a size the table does not have, which is accepted.
#[must_use]
pub fn vm_size(name: &str) -> Option<&'static VmSize> {
    SIZES.iter().find(|size| size.name.eq_ignore_ascii_case(name))
}

/// Every size of the table.
#[must_use]
pub fn vm_sizes() -> &'static [VmSize] {
    SIZES
}

/// The family that a size's quota is counted in, as Azure writes most of them: `Standard_D4as_v5` is in
/// `standardDASv5Family`.
#[must_use]
pub fn vm_family(name: &str) -> String {
    let mut parts = name.split('_').skip(1);
    let body = parts.next().unwrap_or_default();
    let series: String = body.chars().take_while(char::is_ascii_alphabetic).collect();
    let features = body.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let features = features.trim_start_matches(|c: char| c.is_ascii_digit());
    // `m` tells the memory of a burstable size, not its family.
    let burstable = is_burstable(name);
    let features: String = features
        .chars()
        .filter(|letter| !(burstable && *letter == 'm'))
        .collect();
    let rest: String = parts.collect();
    format!("standard{series}{}{rest}Family", features.to_uppercase())
}

/// Whether `name` is a burstable size (`Standard_B...`), which system pools may not use.
#[must_use]
pub fn is_burstable(name: &str) -> bool {
    name.to_ascii_lowercase()
        .strip_prefix("standard_b")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The series of a size: the letter that its family begins with, `D` for `Standard_DS2_v2` and `Standard_D4s_v5`.
#[must_use]
pub fn size_series(name: &str) -> Option<char> {
    let family = name.split('_').nth(1)?;
    family.chars().next().map(|letter| letter.to_ascii_uppercase())
}

/// Whether `name` is an Arm size: a `p` among the letters after the number (`Standard_D4ps_v5`).
#[must_use]
pub fn is_arm(name: &str) -> bool {
    let features = name.split('_').nth(1).map(|family| {
        family
            .trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .trim_start_matches(|c: char| c.is_ascii_digit())
    });
    features.is_some_and(|features| features.contains('p'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_found_without_case_and_unknown_ones_are_not() {
        assert_eq!(vm_size("standard_d4S_v5").map(|size| size.vcpu), Some(4));
        assert_eq!(vm_size("Standard_M416ms_v2"), None);
    }

    #[test]
    fn families_are_written_as_azure_writes_them() {
        for (size, family) in [
            ("Standard_D4s_v5", "standardDSv5Family"),
            ("Standard_D4ads_v5", "standardDADSv5Family"),
            ("Standard_DS2_v2", "standardDSv2Family"),
            ("Standard_B2ms", "standardBSFamily"),
            ("Standard_A2_v2", "standardAv2Family"),
        ] {
            assert_eq!(vm_family(size), family);
        }
    }

    #[test]
    fn burstable_and_arm_sizes_are_told_by_name() {
        assert!(is_burstable("Standard_B2s"));
        assert!(!is_burstable("Standard_D2s_v5"));
        assert!(is_arm("Standard_D4ps_v5"));
        assert!(is_arm("Standard_E8pds_v6"));
        assert!(!is_arm("Standard_D4ads_v5"));
        assert!(!is_arm(""));
    }
}
