//! TLS to the collector: whom to trust, and who we are. What is in a key never stands in an error.

use crate::otlp::settings::{Certificates, NamedFile, Target};
use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier,
    client::WantsClientCert,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;
use std::{fs, io, sync::Arc};

/// Longest file that is read, in bytes; the authorities of a whole system have a few hundred thousand.
const LONGEST_FILE: u64 = 16 * 1024 * 1024;

/// Why TLS cannot be set up as the environment asks.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsError {
    #[error("{variable}: the file cannot be read: {source}")]
    File { variable: String, source: io::Error },
    #[error("{0} names a file without a certificate in PEM")]
    NoCertificate(String),
    #[error("{0} names a file without a private key in PEM")]
    NoKey(String),
    #[error("{certificate} and {key} do not fit together")]
    Mismatch { certificate: String, key: String },
    #[error("whom this system trusts cannot be told: {0}; name the authority's file in OTEL_EXPORTER_OTLP_CERTIFICATE")]
    System(rustls::Error),
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

/// With a provider of its own: the one of the process is the program's to choose.
pub(super) fn client_config(target: &Target) -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Setup)?;
    if !target.is_secure() {
        // Nothing to look up where nothing is encrypted.
        return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    let Certificates { authorities, own } = &target.certificates;
    let builder = trusting(builder, authorities.as_ref())?;
    let Some((certificate, key)) = own else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates(certificate)?;
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| TlsError::NoKey(key.variable.clone()))?;
    let mismatch = || TlsError::Mismatch { certificate: certificate.variable.clone(), key: key.variable.clone() };
    builder.with_client_auth_cert(chain, private).map_err(|_| mismatch())
}

fn trusting(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    authorities: Option<&NamedFile>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let Some(file) = authorities else { return builder.with_platform_verifier().map_err(TlsError::System) };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(file)?);
    if roots.is_empty() {
        return Err(TlsError::NoCertificate(file.variable.clone()));
    }
    Ok(builder.with_root_certificates(roots))
}

fn certificates(file: &NamedFile) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(file)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    found
        .ok()
        .filter(|certificates| !certificates.is_empty())
        .ok_or_else(|| TlsError::NoCertificate(file.variable.clone()))
}

fn read(file: &NamedFile) -> Result<Vec<u8>, TlsError> {
    let failed = |source| TlsError::File { variable: file.variable.clone(), source };
    // A pipe or a device would never end.
    let length = fs::metadata(&file.path).map_err(failed)?;
    if !length.is_file() || length.len() > LONGEST_FILE {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is no file of a reasonable size")));
    }
    fs::read(&file.path).map_err(failed)
}
