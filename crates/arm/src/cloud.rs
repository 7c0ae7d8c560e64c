//! Which Azure: where Azure Resource Manager and the sign-in service are, and for whom tokens are asked.

use std::fmt;

use url::{Origin, Url};

/// Why an endpoint cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    /// Not an absolute `http` or `https` URL with a host.
    #[error("`{0}` is not a URL with scheme https (or http) and a host")]
    Shape(String),
    /// More than scheme, host and port.
    #[error("`{0}` has more than scheme, host and port: no user, path, query or fragment is expected")]
    Excess(String),
    /// A sign-in service without TLS.
    #[error("`{0}` is not a sign-in service: https is required")]
    Plain(String),
}

/// The endpoint of Azure Resource Manager: scheme, host and port. A token goes nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Reads an endpoint such as `https://management.azure.com`. Plain http is for local simulators.
    ///
    /// # Errors
    /// [`InvalidEndpoint`] when the text is not just scheme, host and port.
    pub fn parse(text: &str) -> Result<Self, InvalidEndpoint> {
        let url = Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
        let url = url.ok_or_else(|| InvalidEndpoint::Shape(text.to_owned()))?;
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        if bare {
            Ok(Self(url))
        } else {
            Err(InvalidEndpoint::Excess(text.to_owned()))
        }
    }

    /// The URL of a path below the endpoint.
    pub(super) fn at(&self, path: &str, api_version: &str, filter: Option<&str>) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url.query_pairs_mut()
            .append_pair("api-version", api_version)
            .extend_pairs(filter.map(|filter| ("$filter", filter)));
        url
    }

    /// A URL of Azure's, when it stays on this endpoint; else where it points.
    pub(super) fn pin(&self, verbatim: &str) -> Result<Url, String> {
        let url = Url::parse(verbatim).map_err(|_| "no absolute URL".to_owned())?;
        let plain_user = url.username().is_empty() && url.password().is_none();
        // The origin of some schemes is that of a URL inside them.
        if url.scheme() == self.0.scheme() && url.origin() == self.0.origin() && plain_user {
            Ok(url)
        } else {
            Err(shown(&url.origin()))
        }
    }
}

fn shown(origin: &Origin) -> String {
    if origin.is_tuple() {
        origin.ascii_serialization()
    } else {
        "no web address".to_owned()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

/// One Azure cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// Azure Resource Manager.
    pub arm_endpoint: Endpoint,
    /// The sign-in service (Microsoft Entra), https.
    pub authority: Endpoint,
    /// For whom tokens are asked, without a trailing slash; `/.default` is added to make the scope.
    pub audience: String,
}

impl Cloud {
    /// Azure: `management.azure.com`.
    ///
    /// # Errors
    /// None in practice: the addresses are constants.
    pub fn public() -> Result<Self, InvalidEndpoint> {
        Self::named("https://management.azure.com", "https://login.microsoftonline.com")
    }

    /// Azure for US government: `management.usgovcloudapi.net`.
    ///
    /// # Errors
    /// None in practice: the addresses are constants.
    pub fn us_government() -> Result<Self, InvalidEndpoint> {
        Self::named(
            "https://management.usgovcloudapi.net",
            "https://login.microsoftonline.us",
        )
    }

    /// Azure in China: `management.chinacloudapi.cn`.
    ///
    /// # Errors
    /// None in practice: the addresses are constants.
    pub fn china() -> Result<Self, InvalidEndpoint> {
        Self::named("https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn")
    }

    /// A cloud of its own: an air-gapped Azure, or a simulator.
    ///
    /// # Errors
    /// [`InvalidEndpoint`] when an address has more than scheme, host and port, or the authority is not https.
    pub fn custom(arm_endpoint: &str, authority: &str, audience: &str) -> Result<Self, InvalidEndpoint> {
        let arm_endpoint = Endpoint::parse(arm_endpoint)?;
        let authority = Endpoint::parse(authority)?;
        if authority.0.scheme() != "https" {
            return Err(InvalidEndpoint::Plain(authority.to_string()));
        }
        Ok(Self {
            arm_endpoint,
            authority,
            audience: audience.trim_end_matches('/').to_owned(),
        })
    }

    fn named(arm_endpoint: &str, authority: &str) -> Result<Self, InvalidEndpoint> {
        Self::custom(arm_endpoint, authority, arm_endpoint)
    }

    /// The scope that a token is asked for.
    pub(super) fn scope(&self) -> String {
        format!("{}/.default", self.audience)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use armature_azure::ResourceId;

    #[test]
    fn an_endpoint_is_scheme_host_and_port() {
        assert_eq!(
            Endpoint::parse("https://management.azure.com/").unwrap().to_string(),
            "https://management.azure.com"
        );
        assert_eq!(
            Endpoint::parse("http://127.0.0.1:8080").unwrap().to_string(),
            "http://127.0.0.1:8080"
        );
        for excess in [
            "https://a/b",
            "https://user@a",
            "https://u:p@a",
            "https://a?x=1",
            "https://a#x",
        ] {
            assert!(
                matches!(Endpoint::parse(excess), Err(InvalidEndpoint::Excess(_))),
                "{excess}"
            );
        }
        for shape in [
            "",
            "management.azure.com",
            "ftp://a",
            "file:///etc/passwd",
            "/subscriptions",
        ] {
            assert!(
                matches!(Endpoint::parse(shape), Err(InvalidEndpoint::Shape(_))),
                "{shape}"
            );
        }
    }

    #[test]
    fn only_urls_of_the_endpoint_are_followed() {
        let endpoint = Endpoint::parse("https://management.azure.com").unwrap();
        let signed =
            "https://management.azure.com/subscriptions/s/operations/1?api-version=2016-03-30&t=1&c=MII&s=a-b_c&h=x";
        assert_eq!(endpoint.pin(signed).unwrap().as_str(), signed);
        for spelling in [
            "https://MANAGEMENT.azure.com:443/x",
            "https:management.azure.com/x",
            "https:\\\\management.azure.com\\@evil.example/x",
            "https://management\u{3002}azure\u{ff0e}com/x",
            "https://ma\tnage\nment.azure.com/x",
            "https://%6danagement.azure.com/x",
        ] {
            let pinned = endpoint.pin(spelling).unwrap();
            assert!(pinned.as_str().starts_with("https://management.azure.com/"), "{pinned}");
        }
        for hostile in [
            "https://evil.example/x",
            "http://management.azure.com/x",
            "https://management.azure.com:8443/x",
            "https://management.azure.com@evil.example/x",
            "https://management.azure.com:443@evil.example/x",
            "https://management.azure.com%2f@evil.example/x",
            "https://management.azure.com.evil.example/x",
            "https://evil.example\\@management.azure.com/x",
            "https://evil.example\\.management.azure.com/x",
            "https://evil.example#@management.azure.com/x",
            "https://evil.example?.management.azure.com/x",
            "https://management.azure.com./x",
            "https://management.azure.com../x",
            "https://.management.azure.com/x",
            "https://management.azure.com:443:443/x",
            "https://management.azure.com%00.evil.example/x",
            "https://m\u{430}nagement.azure.com/x",
            "https://managemen\u{442}.azure.com/x",
            "https://management.azure.c\u{43e}m/x",
            "https://manag\u{435}ment.azure.com/x",
            "https://management.azure\u{2024}evil.com/x",
            "https://manage\u{200b}ment.azure.com.evil/x",
            "https://xn--mnagement-y6h.azure.com/x",
            "https://[::1]/x",
            "https://[::ffff:127.0.0.1]/x",
            "https://[2001:db8::1]:443/x",
            "https://127.0.0.1/x",
            "https://0x7f000001/x",
            "https://user:secret@management.azure.com/x",
            "https://user@management.azure.com/x",
            "https://:secret@management.azure.com/x",
            "blob:https://management.azure.com/x",
            "wss://management.azure.com/x",
            "javascript:https://management.azure.com/x",
            "//evil.example/x",
            "//management.azure.com/x",
            "/relative",
            "management.azure.com/x",
            "file:///etc/passwd",
            "file://management.azure.com/x",
            "",
        ] {
            assert!(endpoint.pin(hostile).is_err(), "{hostile}");
        }
    }

    /// The parts that URLs are made of, in orders that nobody means.
    fn confused_url() -> impl Strategy<Value = String> {
        const PARTS: [&str; 26] = [
            "https",
            "HTTPS",
            "http",
            "blob",
            ":",
            "//",
            "/",
            "\\",
            "@",
            "?",
            "#",
            "%40",
            "%2f",
            "[",
            "]",
            ".",
            "\t",
            "\r",
            "\u{3002}",
            "\u{0}",
            " ",
            ":443",
            ":80",
            "management.azure.com",
            "evil.example",
            "::1",
        ];
        prop::collection::vec(prop::sample::select(PARTS.to_vec()), 1..12).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn what_is_followed_goes_to_the_endpoint_and_names_no_user(tail in confused_url()) {
            let endpoint = Endpoint::parse("https://management.azure.com").unwrap();
            for text in [tail.clone(), format!("https:{tail}"), format!("https://management.azure.com{tail}")] {
                if let Ok(url) = endpoint.pin(&text) {
                    prop_assert_eq!(url.scheme(), "https");
                    prop_assert_eq!(url.host_str(), Some("management.azure.com"));
                    prop_assert_eq!(url.port_or_known_default(), Some(443));
                    prop_assert_eq!((url.username(), url.password()), ("", None));
                }
            }
        }

        #[test]
        fn the_path_of_a_request_is_the_id_and_nothing_of_it_is_host_query_or_a_step_up(name in "\\PC{1,20}") {
            let endpoint = Endpoint::parse("https://management.azure.com").unwrap();
            let id = format!("/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/a/b/{name}");
            if let Ok(id) = ResourceId::parse(&id) {
                let url = endpoint.at(id.as_str(), "2026-08-01", None);
                prop_assert_eq!(url.origin(), endpoint.0.origin());
                prop_assert_eq!(url.query(), Some("api-version=2026-08-01"));
                prop_assert_eq!(url.fragment(), None);
                prop_assert_eq!(url.path().split('/').count(), id.as_str().split('/').count());
            }
        }
    }

    #[test]
    fn a_refused_url_is_reported_without_path_query_or_user() {
        let endpoint = Endpoint::parse("https://management.azure.com").unwrap();
        let refused = endpoint
            .pin("https://user:secret@evil.example/p?s=signature")
            .unwrap_err();
        assert_eq!(refused, "https://evil.example");
    }

    #[test]
    fn the_sign_in_service_must_use_tls() {
        let refused = Cloud::custom("https://arm.example", "http://login.example", "https://arm.example");
        assert_eq!(refused, Err(InvalidEndpoint::Plain("http://login.example".into())));
    }

    #[test]
    fn each_cloud_asks_for_tokens_for_its_own_resource_manager() {
        let scopes = [Cloud::public(), Cloud::us_government(), Cloud::china()].map(|cloud| cloud.unwrap().scope());
        assert_eq!(
            scopes,
            [
                "https://management.azure.com/.default",
                "https://management.usgovcloudapi.net/.default",
                "https://management.chinacloudapi.cn/.default",
            ]
        );
    }
}
