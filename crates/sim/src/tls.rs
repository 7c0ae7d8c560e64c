//! A certificate authority of our own and the server certificate under it, new at every start.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::server::StartError;

/// What the listener needs, and where clients find the authority to trust.
pub struct Tls {
    /// The server's side of the handshake.
    pub server: Arc<ServerConfig>,
    /// The authority's certificate, PEM.
    pub ca: PathBuf,
}

/// Makes an authority and a certificate for 127.0.0.1, localhost and `names`, and writes the authority to
/// `folder/ca.pem`. Both are valid from 1975 to 4096 (rcgen's default): simulated time must not expire them.
///
/// # Errors
/// [`StartError::Certificate`] when a name cannot stand in a certificate, [`StartError::StateDir`] when the folder
/// cannot be written.
pub fn prepare(folder: &Path, names: &[String]) -> Result<Tls, StartError> {
    let mut subject_names = vec!["127.0.0.1".to_owned(), "::1".to_owned(), "localhost".to_owned()];
    subject_names.extend(names.iter().cloned());

    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    authority
        .distinguished_name
        .push(DnType::CommonName, "Armature simulator CA");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new(subject_names)?;
    server.distinguished_name.push(DnType::CommonName, "Armature simulator");
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let certificate = server.signed_by(&key, &issuer)?;

    let private_key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(StartError::Tls)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private_key)
        .map_err(StartError::Tls)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];

    let ca = folder.join("ca.pem");
    let failed = |source| StartError::StateDir {
        path: folder.to_path_buf(),
        source,
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    std::fs::write(&ca, authority_pem).map_err(failed)?;
    Ok(Tls {
        server: Arc::new(config),
        ca,
    })
}
