//! What receipts say of tokens, under the same guard as verdicts.

use super::{MassInvalidation, Router};
use crate::model::{ProviderId, Target, Timestamp, TokenAction};
use crate::observer::Event;

/// What a receipt says of a token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// Whether the token is dead.
    pub(crate) dead: bool,
    /// When the vendor took the push, if that is known.
    pub(crate) accepted: Option<Timestamp>,
}

impl Router {
    /// Has a provider's guard look at receipts before anything is done about them. Why no token is
    /// to be dropped, if so.
    pub(crate) fn guard_receipts(
        &self,
        id: &ProviderId,
        told: &[Told],
    ) -> Option<MassInvalidation> {
        let entry = self.0.providers.get(id)?;
        let context = &self.0.context;
        let clock = &context.resources.clock;
        let new = entry
            .guard
            .judge_receipts(clock.monotonic(), clock.now(), told);
        if let Some(alarm) = &new {
            let provider = entry.provider.info();
            tracing::warn!(
                provider = provider.id.as_str(),
                "no token is dropped: {alarm}"
            );
            context
                .observers
                .tell(&Event::GuardClosed { provider, alarm });
        }
        entry.guard.alarm()
    }

    /// Tells observers what became of a token.
    pub(crate) fn tell_of_token(&self, target: &Target, action: &TokenAction) {
        let Some(entry) = self.0.providers.get(&target.provider) else {
            return;
        };
        let provider = entry.provider.info();
        let event = match action {
            TokenAction::Drop { since } => Event::TokenDropped {
                provider,
                target,
                since: *since,
            },
            TokenAction::Replace(token) => Event::TokenReplaced {
                provider,
                target,
                token,
            },
            TokenAction::Keep | TokenAction::Mute { .. } => return,
        };
        self.0.context.observers.tell(&event);
    }
}
