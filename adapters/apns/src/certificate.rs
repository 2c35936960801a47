//! When the certificate of a connection ends.

use x509_parser::pem::Pem;
use zpns_core::{Expiry, Timestamp};

/// When the first certificate of a chain in PEM ends: one that is over breaks the whole chain.
/// None if none of them can be read, which the transport will say.
pub(crate) fn expiry(chain: &[u8]) -> Option<Expiry> {
    let ends = Pem::iter_from_buffer(chain).filter_map(|pem| {
        let pem = pem.ok()?;
        let certificate = pem.parse_x509().ok()?;
        u64::try_from(certificate.validity().not_after.timestamp()).ok()
    });
    let first = ends.min()?;
    Some(Expiry::new("certificate", Timestamp::from_secs(first)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn ending_in(year: i32) -> String {
        let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
        parameters.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        parameters.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn the_first_certificate_of_a_chain_to_end_is_the_one_that_counts() {
        let chain = format!("{}{}", ending_in(2031), ending_in(2030));
        let expiry = expiry(chain.as_bytes()).unwrap();
        assert_eq!(expiry.what, "certificate");
        // 2030-01-01 00:00:00 UTC
        assert_eq!(expiry.at, Timestamp::from_secs(1_893_456_000));
    }

    #[test]
    fn what_cannot_be_read_has_no_end_that_is_known() {
        for text in [
            "",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            assert_eq!(expiry(text.as_bytes()), None, "{text}");
        }
    }
}
