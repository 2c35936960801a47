//! A certificate authority made for one test.

use std::sync::Arc;

use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;
use zpns_core::Secret;
use zpns_core::resources::ClientIdentity;

#[derive(Clone)]
pub(crate) struct Authority {
    issuer: Arc<CertifiedIssuer<'static, KeyPair>>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let issuer = Arc::new(issuer);
        Self { issuer }
    }

    pub(crate) fn pem(&self) -> Bytes {
        self.issuer.pem().into()
    }

    pub(crate) fn acceptor(&self, alpn: &[&[u8]], client_auth: bool) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".into(), "localhost".into()]).unwrap();
        let certificate = params.signed_by(&key, &**self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if client_auth {
            let mut roots = RootCertStore::empty();
            roots.add(self.issuer.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }

    pub(crate) fn client_identity(&self) -> ClientIdentity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["client".into()]).unwrap();
        let certificate = params.signed_by(&key, &**self.issuer).unwrap();
        ClientIdentity {
            certificate_pem: certificate.pem().into(),
            key_pem: Secret::new(key.serialize_pem()),
        }
    }
}
