//! TLS by rustls with aws-lc-rs, passed explicitly.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zpns_core::resources::{ClientIdentity, HttpError, HttpOptions};

use crate::errors::invalid;

/// What the pool offers: APNs speaks nothing else (`reference/apns.md` §1.1).
pub(crate) const ALPN_H2: &[&[u8]] = &[b"h2"];
/// What the general transport offers.
pub(crate) const ALPN_ANY: &[&[u8]] = &[b"h2", b"http/1.1"];

/// A TLS configuration: TLS 1.2 and 1.3, the public roots and the extra ones, the client
/// certificate if there is one.
pub(crate) fn client_config(
    options: &HttpOptions,
    alpn: &[&[u8]],
) -> Result<ClientConfig, HttpError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid("TLS cannot be set up").with_source(error))?
        .with_root_certificates(roots(options)?);
    let mut config = match &options.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let (chain, key) = read_identity(identity)?;
            builder.with_client_auth_cert(chain, key).map_err(|error| {
                invalid("the client certificate and its key cannot be used").with_source(error)
            })?
        }
    };
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(config)
}

fn roots(options: &HttpOptions) -> Result<RootCertStore, HttpError> {
    let mut store = RootCertStore::empty();
    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(pem) = &options.extra_roots_pem {
        let certificates = read_certificates(pem, "the extra roots")?;
        for certificate in certificates {
            store
                .add(certificate)
                .map_err(|error| invalid("an extra root cannot be used").with_source(error))?;
        }
    }
    Ok(store)
}

fn read_identity(
    identity: &ClientIdentity,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), HttpError> {
    let chain = read_certificates(&identity.certificate_pem, "the client certificate")?;
    // The parser's own words could quote the key: they are left out.
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.expose().as_bytes())
        .map_err(|_| invalid("the client certificate's key is not a PEM private key"))?;
    Ok((chain, key))
}

fn read_certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, HttpError> {
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| invalid(format!("{what} cannot be read: {error}")))?;
    if certificates.is_empty() {
        return Err(invalid(format!("{what} hold no PEM certificate")));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use zpns_core::Secret;
    use zpns_core::resources::HttpErrorKind;

    use super::*;

    #[test]
    fn roots_without_a_certificate_are_refused() {
        let mut options = HttpOptions::default();
        options.extra_roots_pem = Some(Bytes::from_static(b"nothing here"));
        let error = client_config(&options, ALPN_H2).unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::Invalid);
        assert!(error.message.contains("extra roots"));
    }

    #[test]
    fn an_unreadable_key_is_refused_without_being_shown() {
        let issued = rcgen::generate_simple_self_signed(vec!["client".into()]).unwrap();
        let mut options = HttpOptions::default();
        options.identity = Some(ClientIdentity {
            certificate_pem: issued.cert.pem().into(),
            key_pem: Secret::new("s3cr3t"),
        });
        let error = client_config(&options, ALPN_H2).unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::Invalid);
        assert!(!format!("{error:?}").contains("s3cr3t"));
    }
}
