//! The certificates of a control plane that lives for minutes on the loopback interface.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

/// Everything the control plane needs, as PEM. The keys never leave the sandbox and end with it.
pub(crate) struct Pki {
    /// Signs the other certificates and is what clients trust.
    pub authority: String,
    /// kube-apiserver's certificate for 127.0.0.1.
    pub server: Identity,
    /// A client in `system:masters`, which RBAC cannot refuse.
    pub admin: Identity,
    /// Signs service account tokens.
    pub service_accounts: KeyPairPem,
}

/// A certificate with its private key.
pub(crate) struct Identity {
    pub certificate: String,
    pub key: String,
}

/// A bare key pair.
pub(crate) struct KeyPairPem {
    pub public: String,
    pub private: String,
}

impl Pki {
    /// Makes new keys and certificates.
    pub(crate) fn generate() -> Result<Self, rcgen::Error> {
        let authority_key = KeyPair::generate()?;
        let mut authority = CertificateParams::new([])?;
        authority.distinguished_name.push(DnType::CommonName, "armature-lab");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let authority_certificate = authority.self_signed(&authority_key)?.pem();
        let issuer = Issuer::new(authority, authority_key);

        let mut server = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        server.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];

        let mut admin = CertificateParams::new([])?;
        admin.distinguished_name.push(DnType::CommonName, "armature-lab-admin");
        admin
            .distinguished_name
            .push(DnType::OrganizationName, "system:masters");
        admin.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];

        let service_accounts = KeyPair::generate()?;
        Ok(Self {
            authority: authority_certificate,
            server: issue(&server, &issuer)?,
            admin: issue(&admin, &issuer)?,
            service_accounts: KeyPairPem {
                public: service_accounts.public_key_pem(),
                private: service_accounts.serialize_pem(),
            },
        })
    }
}

fn issue(params: &CertificateParams, issuer: &Issuer<'_, KeyPair>) -> Result<Identity, rcgen::Error> {
    let key = KeyPair::generate()?;
    Ok(Identity {
        certificate: params.signed_by(&key, issuer)?.pem(),
        key: key.serialize_pem(),
    })
}
