//! Quantities as Kubernetes writes them.

/// A CPU quantity in thousandths of a core: `500m`, `2`, `1.5`. `None` when it is none.
#[must_use]
pub fn milli_cpu(text: &str) -> Option<u64> {
    match text.strip_suffix('m') {
        Some(milli) => milli.parse().ok(),
        None => thousandths(text),
    }
}

/// A memory quantity in bytes: `64Mi`, `1Gi`, `500M`, plain bytes. `None` when it is none.
#[must_use]
pub fn bytes(text: &str) -> Option<u128> {
    const UNITS: [(&str, u32, u32); 12] = [
        ("Ki", 2, 10),
        ("Mi", 2, 20),
        ("Gi", 2, 30),
        ("Ti", 2, 40),
        ("Pi", 2, 50),
        ("Ei", 2, 60),
        ("k", 10, 3),
        ("M", 10, 6),
        ("G", 10, 9),
        ("T", 10, 12),
        ("P", 10, 15),
        ("E", 10, 18),
    ];
    let unit = UNITS
        .iter()
        .find_map(|(suffix, base, power)| Some((text.strip_suffix(suffix)?, u128::from(*base).pow(*power))));
    let (number, unit) = unit.unwrap_or((text, 1));
    Some(u128::from(thousandths(number)?) * unit / 1000)
}

/// A plain decimal number, times a thousand.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 3 {
        return None;
    }
    let fraction: u64 = format!("{fraction:0<3}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_in_every_form() {
        assert_eq!(milli_cpu("500m"), Some(500));
        assert_eq!(milli_cpu("1.5"), Some(1500));
        assert_eq!(milli_cpu("two"), None);
        assert_eq!(bytes("1Ki"), Some(1024));
        assert_eq!(bytes("0.5Gi"), Some(536_870_912));
        assert_eq!(bytes("5M"), Some(5_000_000));
        assert_eq!(bytes("Gi"), None);
    }
}
