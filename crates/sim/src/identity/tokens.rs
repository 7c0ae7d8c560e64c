//! Access tokens: JWTs signed with a key made at the start, and the check that every ARM call goes through.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rcgen::KeyPair;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::directory::Principal;
use crate::refusal::Refusal;
use crate::server::StartError;

/// Real seconds that an access token lives.
pub const LIFETIME: i64 = 3599;

/// Name of the only signing key.
const KEY_ID: &str = "armature-sim";

/// What an access token says (Learn: access token claims, application tokens).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The resource the token is for.
    pub aud: String,
    /// The tenant's issuer URL.
    pub iss: String,
    /// Real time of issue, Unix seconds.
    pub iat: i64,
    /// Real time from which it is good, Unix seconds.
    pub nbf: i64,
    /// Real time of expiry, Unix seconds.
    pub exp: i64,
    /// Application id.
    pub appid: String,
    /// `app`: no user stands behind it.
    pub idtyp: String,
    /// Object id of the principal.
    pub oid: String,
    /// The same for application tokens.
    pub sub: String,
    /// Tenant.
    pub tid: String,
    /// Token version; ARM takes 1.0.
    pub ver: String,
}

/// Signs and checks access tokens.
pub struct TokenKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// The public point of the P-256 key, base64url.
    x: String,
    y: String,
}

impl TokenKey {
    /// A new key.
    ///
    /// # Errors
    /// [`StartError::Certificate`] when no key could be made.
    pub fn generate() -> Result<Self, StartError> {
        let pair = KeyPair::generate()?;
        // Uncompressed point: a marker byte, then 32 bytes each of x and y.
        let (x, y) = match pair.public_key_raw() {
            [4, point @ ..] if point.len() == 64 => point.split_at(32),
            _ => return Err(StartError::TokenKey),
        };
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let decoding = DecodingKey::from_ec_components(&x, &y).map_err(|_| StartError::TokenKey)?;
        Ok(Self {
            encoding: EncodingKey::from_ec_der(&pair.serialize_der()),
            decoding,
            x,
            y,
        })
    }

    /// The public key as a JSON Web Key Set.
    #[must_use]
    pub fn key_set(&self) -> Value {
        json!({"keys": [{
            "kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", "kid": KEY_ID, "x": self.x, "y": self.y,
        }]})
    }

    /// A token for `principal` on `audience`, good from `now` (real time) on. `None` when signing fails.
    #[must_use]
    pub fn issue(
        &self,
        principal: &Principal,
        tenant: &str,
        audience: &str,
        origin: &str,
        now: Timestamp,
    ) -> Option<String> {
        let now = now.as_second();
        let claims = Claims {
            aud: audience.to_owned(),
            iss: format!("{origin}/{tenant}/"),
            iat: now,
            nbf: now,
            exp: now + LIFETIME,
            appid: principal.client_id.clone(),
            idtyp: "app".to_owned(),
            oid: principal.object_id.clone(),
            sub: principal.object_id.clone(),
            tid: tenant.to_owned(),
            ver: "1.0".to_owned(),
        };
        self.sign(&claims)
    }

    /// Any claims, signed.
    #[must_use]
    pub fn sign(&self, claims: &Claims) -> Option<String> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(KEY_ID.to_owned());
        jsonwebtoken::encode(&header, claims, &self.encoding).ok()
    }

    /// Checks an `Authorization` header: form, signature, expiry at `now` (real time), tenant, audience.
    ///
    /// # Errors
    /// 401 in the gateway's words. Codes: aks-api catalogue; wording from general knowledge.
    pub fn check(
        &self,
        authorization: Option<&str>,
        tenant: &str,
        audiences: &[String],
        now: Timestamp,
    ) -> Result<Claims, Refusal> {
        let header = authorization.ok_or_else(|| {
            Refusal::gateway(
                401,
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
            )
        })?;
        let token = header
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(|| {
                Refusal::gateway(
                    401,
                    "AuthenticationFailedInvalidHeader",
                    "Authentication failed. The 'Authorization' header is provided in an invalid format.",
                )
            })?;
        let mut validation = Validation::new(Algorithm::ES256);
        // Audience, expiry and tenant each have an answer of their own, so they are checked below.
        validation.validate_aud = false;
        validation.validate_exp = false;
        validation.set_required_spec_claims::<&str>(&[]);
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|_| Refusal::gateway(401, "InvalidAuthenticationToken", "The access token is invalid."))?
            .claims;
        if claims.exp <= now.as_second() {
            return Err(Refusal::gateway(
                401,
                "ExpiredAuthenticationToken",
                "The access token expiry UTC time is in the past.",
            ));
        }
        if claims.tid != tenant {
            let message = format!(
                "The access token is from the wrong issuer '{}'. It must match the tenant '{tenant}' associated with this subscription.",
                claims.iss
            );
            return Err(Refusal::gateway(401, "InvalidAuthenticationTokenTenant", message));
        }
        let audience = claims.aud.trim_end_matches('/');
        if !audiences
            .iter()
            .any(|known| known.trim_end_matches('/').eq_ignore_ascii_case(audience))
        {
            let message = format!(
                "The access token has been obtained for wrong audience or resource '{}'. It should exactly match with one of the allowed audiences '{}'.",
                claims.aud,
                audiences.join("','")
            );
            return Err(Refusal::gateway(401, "InvalidAuthenticationTokenAudience", message));
        }
        Ok(claims)
    }
}

/// Audiences that ARM takes: those of the three clouds, and the simulator's own address.
#[must_use]
pub fn audiences(origin: &str) -> Vec<String> {
    let clouds = [
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net",
        "https://management.chinacloudapi.cn",
        "https://management.core.chinacloudapi.cn",
    ];
    clouds
        .iter()
        .map(|cloud| (*cloud).to_owned())
        .chain([origin.to_owned()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "tenant";
    const AUDIENCE: &str = "https://management.azure.com";

    fn principal() -> Principal {
        Principal {
            client_id: "client".into(),
            object_id: "object".into(),
            secret: None,
            federated_credentials: Vec::new(),
            managed_identity: false,
            resource_id: None,
            replicated_from: None,
        }
    }

    fn check(key: &TokenKey, token: &str, tenant: &str, seconds: i64) -> Result<Claims, String> {
        let now = Timestamp::from_second(seconds).unwrap();
        key.check(Some(&format!("Bearer {token}")), tenant, &audiences("http://sim"), now)
            .map_err(|refusal| refusal.code.into_owned())
    }

    fn token(key: &TokenKey, audience: &str) -> String {
        key.issue(
            &principal(),
            TENANT,
            audience,
            "http://sim",
            Timestamp::from_second(1000).unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn a_token_of_this_key_names_its_principal() {
        let key = TokenKey::generate().unwrap();
        let claims = check(&key, &token(&key, AUDIENCE), TENANT, 1001).unwrap();
        assert_eq!(
            (claims.oid.as_str(), claims.appid.as_str(), claims.idtyp.as_str()),
            ("object", "client", "app")
        );
        assert!(check(&key, &token(&key, "https://management.azure.com/"), TENANT, 1001).is_ok());
        assert!(check(&key, &token(&key, "http://sim"), TENANT, 1001).is_ok());
    }

    #[test]
    fn each_fault_of_a_token_has_its_own_answer() {
        let key = TokenKey::generate().unwrap();
        let good = token(&key, AUDIENCE);
        let refused = |token: &str, tenant: &str, at| check(&key, token, tenant, at).unwrap_err();
        assert_eq!(refused(&good, TENANT, 1000 + LIFETIME), "ExpiredAuthenticationToken");
        assert_eq!(refused(&good, "other", 1001), "InvalidAuthenticationTokenTenant");
        assert_eq!(
            refused(&token(&key, "https://vault.azure.net"), TENANT, 1001),
            "InvalidAuthenticationTokenAudience"
        );
        assert_eq!(refused("a.b.c", TENANT, 1001), "InvalidAuthenticationToken");
        let foreign = token(&TokenKey::generate().unwrap(), AUDIENCE);
        assert_eq!(refused(&foreign, TENANT, 1001), "InvalidAuthenticationToken");
    }

    #[test]
    fn a_missing_or_strange_header_is_refused() {
        let key = TokenKey::generate().unwrap();
        let code = |header| {
            key.check(header, TENANT, &[], Timestamp::UNIX_EPOCH)
                .unwrap_err()
                .code
                .into_owned()
        };
        assert_eq!(code(None), "AuthenticationFailed");
        assert_eq!(code(Some("Basic abc")), "AuthenticationFailedInvalidHeader");
        assert_eq!(code(Some("abc")), "AuthenticationFailedInvalidHeader");
    }
}
