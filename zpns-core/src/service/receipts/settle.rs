//! What a service does about receipts.

use std::sync::Arc;
use std::time::Duration;

use super::{Early, Joined, Milestones, PushRecord};
use crate::model::{MessageId, ProviderId, Target, Timestamp, TokenAction};
use crate::receipt::{Parsed, Receipt, ReceiptEvent};
use crate::router::{MassInvalidation, Router, Told};
use crate::service::{DeviceReport, Fate, Registry, RegistryError, TokenChange, TokenVerdict};

/// What became of the receipts of one request.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
#[must_use = "a report says what was not done"]
pub struct ReceiptReport {
    /// Every receipt, in the vendor's order, with its push.
    pub receipts: Vec<JoinedReceipt>,
    /// So many of them changed the registry: dropped, replaced or muted a token.
    pub changed: usize,
    /// So many speak of a token and were not acted on, because they are neither proved to be the
    /// vendor's nor about a push that is known, or say of no time.
    pub not_believed: usize,
    /// So many tokens were kept by the [mass-invalidation guard](crate::router::GuardSettings).
    pub kept: usize,
    /// Why, if its alarm is on.
    pub guard: Option<MassInvalidation>,
}

impl ReceiptReport {
    /// How many receipts are about pushes that are known.
    pub fn joined(&self) -> usize {
        let receipts = self.receipts.iter();
        receipts.filter(|joined| joined.push.is_some()).count()
    }
}

/// A receipt, and the push that it is about.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct JoinedReceipt {
    /// The receipt.
    pub receipt: Receipt,
    /// The push, with this receipt among its milestones; none if no such push is known.
    pub push: Option<PushRecord>,
    /// Whether it says anything new about the push.
    pub news: bool,
}

/// What of a service receipts are settled with.
#[derive(Clone, Copy, Debug)]
pub(in crate::service) struct Desk<'a> {
    pub(in crate::service) router: &'a Router,
    pub(in crate::service) registry: &'a dyn Registry,
    pub(in crate::service) milestones: &'a dyn Milestones,
    pub(in crate::service) now: Timestamp,
    /// How long a channel rests where a vendor does not say.
    pub(in crate::service) mute: Duration,
}

/// Joins receipts to what was sent, and acts on them.
pub(in crate::service) async fn take(
    desk: Desk<'_>,
    parsed: &Parsed,
) -> Result<ReceiptReport, RegistryError> {
    let provider = &parsed.provider;
    let joined = desk
        .milestones
        .join(provider, &parsed.receipts, desk.now)
        .await?;
    let mut report = ReceiptReport::default();
    let pairs = parsed.receipts.iter().zip(joined);
    report.receipts.extend(pairs.map(|(receipt, joined)| {
        let (push, news) = match joined {
            Some(Joined { push, news }) => (Some(push), news),
            None => (None, false),
        };
        let receipt = receipt.clone();
        JoinedReceipt {
            receipt,
            push,
            news,
        }
    }));
    act(desk, provider, parsed.verified, &mut report).await?;
    Ok(report)
}

/// Writes down what was pushed; and acts on receipts that were there before.
pub(in crate::service) async fn note(
    desk: Desk<'_>,
    message: MessageId,
    campaign: Option<&Arc<str>>,
    reports: &[Result<DeviceReport, RegistryError>],
    sent: Timestamp,
) -> Result<(), RegistryError> {
    let devices = reports.iter().flatten();
    let pushes: Vec<PushRecord> = devices
        .filter_map(|report| match &report.fate {
            Fate::Pushed(steps) => Some((report.device?, steps)),
            _ => None,
        })
        .flat_map(|(device, steps)| {
            let record = move |step| PushRecord::of_step(message, device, step, sent);
            steps.iter().map(record)
        })
        .map(|push| push.in_campaign(campaign.cloned()))
        .collect();
    if pushes.is_empty() {
        return Ok(());
    }
    let mut early = desk.milestones.record(&pushes, desk.now).await?;
    while let Some(Early { push, .. }) = early.first() {
        let provider = push.provider.clone();
        let (of_it, others) = early
            .into_iter()
            .partition(|early| early.push.provider == provider);
        early = others;
        settle_early(desk, &provider, of_it).await?;
    }
    Ok(())
}

async fn settle_early(
    desk: Desk<'_>,
    provider: &ProviderId,
    early: Vec<Early>,
) -> Result<(), RegistryError> {
    let joined = early
        .into_iter()
        .map(|Early { receipt, push }| JoinedReceipt {
            receipt,
            push: Some(push),
            news: true,
        });
    let mut report = ReceiptReport {
        receipts: joined.collect(),
        ..ReceiptReport::default()
    };
    act(desk, provider, false, &mut report).await
}

/// Has the guard look at what receipts say of tokens, and tells the registry.
async fn act(
    desk: Desk<'_>,
    provider: &ProviderId,
    verified: bool,
    report: &mut ReceiptReport,
) -> Result<(), RegistryError> {
    let mut told = Vec::new();
    let mut believed = Vec::new();
    for joined in &report.receipts {
        let action = joined.receipt.action();
        let known_push = joined.push.as_ref();
        // Who posts to an address that is not proved to be the vendor's may have guessed it, or
        // read it in a log; but not which pushes went where under which ids.
        if !verified && known_push.is_none() {
            report.not_believed += usize::from(action != TokenAction::Keep);
            continue;
        }
        let accepted = known_push.and_then(PushRecord::accepted);
        if is_about_the_token(&joined.receipt.event) && (joined.news || known_push.is_none()) {
            let dead = matches!(action, TokenAction::Drop { .. });
            told.push(Told { dead, accepted });
        }
        if action == TokenAction::Keep {
            continue;
        }
        // Its clock may be ahead of ours, and nothing is known of tokens that come after now.
        let at = joined.receipt.at.map(|at| at.min(desk.now));
        match at.or(accepted) {
            Some(at) => believed.push((&joined.receipt, dated(action, at), at)),
            None => report.not_believed += 1,
        }
    }
    if !told.is_empty() {
        report.guard = desk.router.guard_receipts(provider, &told);
    }
    if report.guard.is_some() {
        let before = believed.len();
        believed.retain(|(_, action, _)| !matches!(action, TokenAction::Drop { .. }));
        report.kept = before - believed.len();
    }
    let changes: Vec<TokenChange> = believed
        .iter()
        .filter_map(|(receipt, action, at)| {
            let verdict = TokenVerdict::from_action(action, *at, desk.now + desk.mute)?;
            let token = receipt.token.clone();
            Some(TokenChange::new(provider.clone(), token, verdict))
        })
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    let changed = desk.registry.apply(&changes).await?;
    report.changed = changed.iter().filter(|changed| **changed).count();
    for ((receipt, action, _), _) in believed.iter().zip(&changed).filter(|(_, did)| **did) {
        let target = Target::new(provider.clone(), receipt.token.clone());
        desk.router.tell_of_token(&target, action);
    }
    Ok(())
}

/// A receipt that says nothing of whether the device lives is no verdict on its token.
fn is_about_the_token(event: &ReceiptEvent) -> bool {
    matches!(
        event,
        ReceiptEvent::Delivered | ReceiptEvent::TokenInvalid | ReceiptEvent::Muted
    )
}

fn dated(action: TokenAction, at: Timestamp) -> TokenAction {
    match action {
        TokenAction::Drop { .. } => TokenAction::Drop { since: Some(at) },
        other => other,
    }
}
