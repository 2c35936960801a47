//! From an audience to pages of devices.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, Stream, StreamExt};

use super::{Audience, Inner, ServiceError};
use crate::service::{Device, DeviceQuery, PushId, Registry, RegistryError, UserId};

/// Devices of one page, and users whose devices are looked up at once.
const PAGE: NonZeroUsize = NonZeroUsize::new(500).unwrap();
/// Devices that are asked for by name at once.
const LOOK_UPS: usize = 16;

/// A part of an audience.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) devices: Vec<Device>,
    /// Who was asked for and is not there.
    pub(super) without: Vec<Missing>,
}

/// Who was asked for and is not there.
#[derive(Debug)]
pub(super) enum Missing {
    User(UserId),
    Device(PushId),
}

type Pages = BoxStream<'static, Result<Found, RegistryError>>;

pub(super) fn pages(inner: &Arc<Inner>, audience: Audience) -> Result<Pages, ServiceError> {
    let registry = Arc::clone(&inner.registry);
    Ok(match audience {
        Audience::Device(id) => stream::once(look_up_owned(registry, vec![id])).boxed(),
        Audience::Devices(ids) => ids
            .chunks(PAGE.get())
            .then(move |ids| look_up_owned(Arc::clone(&registry), ids))
            .boxed(),
        Audience::Users(users) => users
            .chunks(PAGE.get())
            .then(move |users| {
                let registry = Arc::clone(&registry);
                async move { devices_of(&registry, users).await }
            })
            .boxed(),
        Audience::Matching(expression) => {
            devices(registry, DeviceQuery::Matching(expression)).boxed()
        }
        Audience::Everyone { confirmed: true } => devices(registry, DeviceQuery::All).boxed(),
        Audience::Everyone { confirmed: false } => return Err(ServiceError::Everyone),
    })
}

async fn look_up_owned(
    registry: Arc<dyn Registry>,
    ids: Vec<PushId>,
) -> Result<Found, RegistryError> {
    look_up(&registry, ids).await
}

/// Devices by their names, several at once.
pub(super) async fn look_up(
    registry: &Arc<dyn Registry>,
    ids: Vec<PushId>,
) -> Result<Found, RegistryError> {
    let mut found = Found::default();
    let asked = ids
        .into_iter()
        .map(|id| async move { (id, registry.device(id).await) });
    let mut answers = stream::iter(asked).buffered(LOOK_UPS);
    while let Some((id, device)) = answers.next().await {
        match device? {
            Some(device) => found.devices.push(device),
            None => found.without.push(Missing::Device(id)),
        }
    }
    drop(answers);
    Ok(found)
}

/// All devices of these users.
pub(super) async fn devices_of(
    registry: &Arc<dyn Registry>,
    users: Vec<UserId>,
) -> Result<Found, RegistryError> {
    let users: Arc<[UserId]> = users.into();
    let mut found = Found::default();
    let query = DeviceQuery::Users(Arc::clone(&users));
    let mut pages = std::pin::pin!(devices(Arc::clone(registry), query));
    while let Some(page) = pages.next().await {
        found.devices.extend(page?.devices);
    }
    let there: HashSet<&UserId> = (found.devices.iter())
        .filter_map(|device| device.user.as_ref())
        .collect();
    let mut missing: Vec<UserId> = users.iter().cloned().collect();
    missing.retain(|user| !there.contains(user));
    missing.sort_unstable();
    missing.dedup();
    found.without = missing.into_iter().map(Missing::User).collect();
    Ok(found)
}

/// All pages of a query; none after an error.
fn devices(
    registry: Arc<dyn Registry>,
    query: DeviceQuery,
) -> impl Stream<Item = Result<Found, RegistryError>> {
    let query = Arc::new(query);
    stream::try_unfold(Some(None), move |after| {
        let (registry, query) = (Arc::clone(&registry), Arc::clone(&query));
        async move {
            let Some(after) = after else {
                return Ok(None);
            };
            let page = registry.page(&query, after, PAGE).await?;
            let found = Found {
                devices: page.devices,
                without: Vec::new(),
            };
            Ok(Some((found, page.next.map(Some))))
        }
    })
}
