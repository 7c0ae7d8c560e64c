//! GUIDs, eTags and signatures.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Makes GUIDs, eTags and signatures: different for every simulator, the same for the same seed and order.
#[derive(Debug)]
pub struct Ids {
    seed: String,
    made: u64,
}

impl Ids {
    /// Starts a sequence.
    #[must_use]
    pub fn new(seed: impl Into<String>) -> Self {
        Self {
            seed: seed.into(),
            made: 0,
        }
    }

    /// The next GUID, in the form of a random one.
    pub fn guid(&mut self) -> String {
        self.made += 1;
        let mut digest = Sha256::digest(format!("{}/{}", self.seed, self.made));
        digest[6] = digest[6] & 0x0f | 0x40;
        digest[8] = digest[8] & 0x3f | 0x80;
        let hex: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }

    /// Text of `length` URL-safe characters that only this simulator can make for `subject`.
    #[must_use]
    pub fn signature(&self, subject: &str, length: usize) -> String {
        let mut text = String::with_capacity(length + 43);
        let mut block = 0_u32;
        while text.len() < length {
            let digest = Sha256::digest(format!("{}|{subject}|{block}", self.seed));
            URL_SAFE_NO_PAD.encode_string(digest, &mut text);
            block += 1;
        }
        text.truncate(length);
        text
    }
}
