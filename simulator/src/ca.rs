//! The certificate authority made at start, what it issues, and TLS for the servers.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::Error;
use crate::sync::lock;
use crate::vendor::Protocols;

/// A client certificate that the simulator's authority issued, in PEM.
#[derive(Clone)]
#[non_exhaustive]
pub struct ClientCertificate {
    /// The certificate.
    pub cert_pem: String,
    /// Its private key, PKCS#8.
    pub key_pem: String,
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientCertificate").finish_non_exhaustive()
    }
}

/// What a client certificate was issued for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) topics: Vec<String>,
    pub(crate) sandbox: bool,
}

/// The authority. It remembers the client certificates that it issued, so that nobody has to
/// parse X.509 to know what one is good for.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    issued: Mutex<HashMap<Vec<u8>, Issued>>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    pub(crate) fn new() -> Result<Self, Error> {
        let mut params = params("zpns simulator CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::CrlSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        Ok(Self {
            issuer,
            issued: Mutex::default(),
        })
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// TLS for a server that listens on `address`, with the protocols of its vendor.
    pub(crate) fn server(
        &self,
        address: IpAddr,
        protocols: Protocols,
    ) -> Result<Arc<ServerConfig>, Error> {
        let mut params = leaf_params("localhost", ExtendedKeyUsagePurpose::ServerAuth);
        params.subject_alt_names = vec![
            SanType::DnsName("localhost".try_into()?),
            SanType::IpAddress(IpAddr::from([127, 0, 0, 1])),
            SanType::IpAddress(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])),
        ];
        if !address.is_loopback() && !address.is_unspecified() {
            params.subject_alt_names.push(SanType::IpAddress(address));
        }
        let key = KeyPair::generate()?;
        let cert = params.signed_by(&key, &self.issuer)?;

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?;
        let builder = if protocols.client_certificates() {
            let mut roots = RootCertStore::empty();
            roots.add(self.issuer.der().clone())?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .map_err(|error| rustls::Error::General(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = builder.with_single_cert(vec![cert.der().clone()], key)?;
        config.alpn_protocols = protocols.alpn();
        Ok(Arc::new(config))
    }

    /// Issues a client certificate that may push to `topics`.
    pub(crate) fn client(
        &self,
        topics: &[String],
        sandbox: bool,
    ) -> Result<ClientCertificate, Error> {
        let name = topics.first().map_or("no topic", String::as_str);
        let params = leaf_params(
            &format!("Apple Push Services: {name}"),
            ExtendedKeyUsagePurpose::ClientAuth,
        );
        let key = KeyPair::generate()?;
        let cert = params.signed_by(&key, &self.issuer)?;
        let issued = Issued {
            topics: topics.to_vec(),
            sandbox,
        };
        lock(&self.issued).insert(cert.der().to_vec(), issued);
        Ok(ClientCertificate {
            cert_pem: cert.pem(),
            key_pem: key.serialize_pem(),
        })
    }

    /// What `certificate` was issued for.
    pub(crate) fn issued(&self, certificate: &CertificateDer<'_>) -> Option<Issued> {
        lock(&self.issued).get(certificate.as_ref()).cloned()
    }
}

fn leaf_params(name: &str, usage: ExtendedKeyUsagePurpose) -> CertificateParams {
    let mut params = params(name);
    // Says "not a CA" explicitly, and with that carries a subject key identifier: verifiers that
    // follow RFC 5280 to the letter (Python's) ask for both identifiers.
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
