//! What holds for whatever a plugin hands over. The tests beside this ask it of some hundreds of
//! inputs, the fuzzer (`plugin-api/fuzz`) of as many as there is time for.
#![allow(dead_code, reason = "each target of the fuzzer asks for one of them")]

use zpns_plugin_api::json::{Capability, Descriptor, decode_report, encode_report};
use zpns_plugin_api::zpns_core::{self, Error, Outcome};

/// A descriptor is read or refused; what was read stays the same when it is written and read again,
/// and no capability in it asks for a batch of none.
pub(crate) fn descriptor(json: &[u8]) {
    let Ok(mut descriptor) = serde_json::from_slice::<Descriptor>(json) else {
        return;
    };
    // Anything at all, with numbers that lose their last digit on the way.
    descriptor.config_schema = None;
    let written = serde_json::to_vec(&descriptor).expect("what was read can be written");
    let again: Descriptor = serde_json::from_slice(&written).expect("and read again");
    assert_eq!(again, descriptor);
    if let Some(capability) = &descriptor.capability {
        let core = zpns_core::Capability::from(capability);
        assert!(core.batch >= 1 && core.in_flight >= 1);
        assert!((1..=core.batch).contains(&core.batch_min));
        let known = Capability::from(core);
        assert_eq!(zpns_core::Capability::from(&known), core);
    }
}

/// A report is refused as a whole, or every target has one outcome, in which no token is touched but
/// by a verdict; and what was read survives the way back.
pub(crate) fn report(json: &[u8], targets: usize) {
    let Ok(decoded) = decode_report(json, targets) else {
        return;
    };
    assert_eq!(decoded.report.len(), targets);
    assert!(decoded.missing <= targets);
    for outcome in decoded.report.outcomes() {
        if let Outcome::Rejected(rejection) = outcome {
            assert!(rejection.kind.is_verdict(), "{rejection:?}");
        }
    }
    let written = encode_report(&decoded.report).expect("what was read can be written");
    let again = decode_report(&written, targets).expect("and read again");
    assert_eq!((again.strays, again.missing), (0, 0));
    assert_eq!(again.report.outcomes(), decoded.report.outcomes());
}

/// An error is read or refused, is one line, and survives the way back.
pub(crate) fn error(json: &[u8]) {
    let Ok(error) = serde_json::from_slice::<Error>(json) else {
        return;
    };
    let written = serde_json::to_vec(&error).expect("what was read can be written");
    let again: Error = serde_json::from_slice(&written).expect("and read again");
    assert_eq!(again, error);
    let verdict = error.kind().is_verdict();
    let rejected = matches!(Outcome::from(error), Outcome::Rejected(_));
    assert_eq!(
        rejected, verdict,
        "a failure is no verdict, nor the other way round"
    );
}
