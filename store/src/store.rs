//! The registry on an engine.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use async_trait::async_trait;
use zpns_core::model::{ProviderId, Timestamp, Token};
use zpns_core::service::{
    Device, DeviceQuery, DeviceUpdate, MemoryRegistry, Page, PushId, Registration, Registry,
    RegistryError, TokenChange, TokenVerdict, UserId,
};

use crate::difference::Difference;
use crate::engine::{Concerned, Engine, Unit};
use crate::select::Select;

/// A [`Registry`], and [`Badges`](zpns_core::service::Badges), in a database. Cheap to clone; all
/// clones share the connections.
///
/// A change is one transaction. One that is dropped on the way has changed nothing.
#[derive(Debug)]
pub struct Store<E> {
    pub(crate) engine: Arc<E>,
}

impl<E> Clone for Store<E> {
    fn clone(&self) -> Self {
        let engine = Arc::clone(&self.engine);
        Self { engine }
    }
}

/// Why a store could not be opened. Does not repeat the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL is not one of this engine.
    #[error("the store's URL is not understood")]
    Url(#[source] sqlx::Error),
    /// It cannot be reached, or refuses.
    #[error("the store cannot be opened")]
    Connect(#[source] sqlx::Error),
    /// Its tables are not those of this version, and cannot be brought up to it.
    #[error("the store's tables cannot be brought up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
}

/// How often a change is made again that another one got in the way of.
const ATTEMPTS: usize = 20;

impl<E: Engine> Store<E> {
    pub(crate) fn on(engine: E) -> Self {
        let engine = Arc::new(engine);
        Self { engine }
    }

    /// Puts many devices in at once, each as [`restore`](Registry::restore) does, all of them or
    /// none: an import of a thousand costs little more than one device.
    ///
    /// # Errors
    /// [`RegistryError::Invalid`] as for `restore`; whatever the database reports.
    pub async fn restore_all(&self, devices: &[Device]) -> Result<(), RegistryError> {
        let channels = devices.iter().flat_map(|device| &device.channels);
        let concerned = Concerned {
            ids: devices.iter().map(|device| device.id).collect(),
            tokens: channels
                .map(|channel| (channel.provider.clone(), channel.token.clone()))
                .collect(),
            gained: true,
        };
        let devices: Arc<[Device]> = devices.into();
        self.change(&concerned, |scratch| {
            let devices = Arc::clone(&devices);
            async move {
                for device in devices.iter() {
                    scratch.restore(device.clone()).await?;
                }
                Ok(())
            }
        })
        .await
    }

    /// Makes a change to the devices that it is about, and writes what is different.
    async fn change<T, F>(
        &self,
        concerned: &Concerned,
        alter: impl Fn(Arc<MemoryRegistry>) -> F + Send + Sync,
    ) -> Result<T, RegistryError>
    where
        T: Send,
        F: Future<Output = Result<T, RegistryError>> + Send,
    {
        for _ in 1..ATTEMPTS {
            match self.attempt(concerned, &alter).await {
                Err(Fault::Database(error)) if E::is_conflict(&error) => {}
                done => return Ok(done?),
            }
        }
        Ok(self.attempt(concerned, &alter).await?)
    }

    async fn attempt<T, F>(
        &self,
        concerned: &Concerned,
        alter: &(impl Fn(Arc<MemoryRegistry>) -> F + Send + Sync),
    ) -> Result<T, Fault>
    where
        T: Send,
        F: Future<Output = Result<T, RegistryError>> + Send,
    {
        let unit = self.engine.begin().await?;
        self.alter(unit, concerned, alter).await
    }

    async fn alter<T, F>(
        &self,
        mut unit: E::Unit,
        concerned: &Concerned,
        alter: &(impl Fn(Arc<MemoryRegistry>) -> F + Send + Sync),
    ) -> Result<T, Fault>
    where
        T: Send,
        F: Future<Output = Result<T, RegistryError>> + Send,
    {
        let bodies = unit.lock(concerned).await?;
        let scratch = Arc::new(MemoryRegistry::new());
        let mut before = BTreeMap::new();
        for device in devices(&bodies)? {
            scratch.restore(device.clone()).await?;
            before.insert(device.id, device);
        }
        let done = alter(Arc::clone(&scratch)).await?;
        let after = scratch.page(&DeviceQuery::All, None, NonZeroUsize::MAX);
        let difference = Difference::new(before, after.await?.devices)?;
        if !difference.is_empty() {
            unit.write(&difference).await?;
        }
        unit.commit().await?;
        Ok(done)
    }

    /// As [`change`](Self::change), of devices that the transaction itself has to look for.
    async fn change_found<T, F, I>(
        &self,
        find: impl Fn(E::Unit) -> I + Send + Sync,
        alter: impl Fn(Arc<MemoryRegistry>) -> F + Send + Sync,
    ) -> Result<T, RegistryError>
    where
        T: Send,
        F: Future<Output = Result<T, RegistryError>> + Send,
        I: Future<Output = Result<(E::Unit, Vec<PushId>), sqlx::Error>> + Send,
    {
        let mut attempts = 1;
        loop {
            let attempt = async {
                let (unit, ids) = find(self.engine.begin().await?).await?;
                let concerned = Concerned {
                    ids,
                    ..Concerned::default()
                };
                self.alter(unit, &concerned, &alter).await
            };
            match attempt.await {
                Err(Fault::Database(error)) if E::is_conflict(&error) && attempts < ATTEMPTS => {
                    attempts += 1;
                }
                done => return Ok(done?),
            }
        }
    }

    async fn one(&self, select: Select) -> Result<Option<Device>, RegistryError> {
        let bodies = self.engine.bodies(select).await.map_err(storage)?;
        Ok(devices(&bodies)?.pop())
    }
}

#[async_trait]
impl<E: Engine> Registry for Store<E> {
    async fn register(
        &self,
        registration: Registration,
        now: Timestamp,
    ) -> Result<PushId, RegistryError> {
        let concerned = Concerned {
            ids: registration.id.into_iter().collect(),
            tokens: registration.channels.clone(),
            gained: true,
        };
        self.change(&concerned, |scratch| {
            let registration = registration.clone();
            async move { scratch.register(registration, now).await }
        })
        .await
    }

    async fn rotate(
        &self,
        id: PushId,
        provider: &ProviderId,
        token: &Token,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let concerned = Concerned {
            ids: vec![id],
            tokens: vec![(provider.clone(), token.clone())],
            gained: true,
        };
        self.change(&concerned, |scratch| async move {
            scratch.rotate(id, provider, token, now).await
        })
        .await
    }

    async fn update(&self, id: PushId, update: &DeviceUpdate) -> Result<(), RegistryError> {
        self.change(&Concerned::device(id), |scratch| async move {
            scratch.update(id, update).await
        })
        .await
    }

    async fn bind(&self, id: PushId, user: &UserId) -> Result<Option<UserId>, RegistryError> {
        self.change(&Concerned::device(id), |scratch| async move {
            scratch.bind(id, user).await
        })
        .await
    }

    async fn unbind(&self, id: PushId, user: Option<&UserId>) -> Result<bool, RegistryError> {
        self.change(&Concerned::device(id), |scratch| async move {
            scratch.unbind(id, user).await
        })
        .await
    }

    async fn unbind_all(
        &self,
        user: &UserId,
        except: Option<PushId>,
    ) -> Result<Vec<PushId>, RegistryError> {
        let find = |mut unit: E::Unit| async move {
            let ids = unit.ids_of(user).await?;
            Ok((unit, ids))
        };
        self.change_found(find, |scratch| async move {
            scratch.unbind_all(user, except).await
        })
        .await
    }

    async fn unregister(&self, id: PushId) -> Result<bool, RegistryError> {
        self.change(&Concerned::device(id), |scratch| async move {
            scratch.unregister(id).await
        })
        .await
    }

    async fn device(&self, id: PushId) -> Result<Option<Device>, RegistryError> {
        self.one(Select::device(id)).await
    }

    async fn find(
        &self,
        provider: &ProviderId,
        token: &Token,
    ) -> Result<Option<Device>, RegistryError> {
        self.one(Select::owner(provider, token)).await
    }

    async fn page(
        &self,
        query: &DeviceQuery,
        after: Option<PushId>,
        limit: NonZeroUsize,
    ) -> Result<Page, RegistryError> {
        // One more than asked for tells whether there is a next page.
        let wanted = limit.get().saturating_add(1);
        let select = Select::page(query, after, wanted, E::DIALECT)?;
        let bodies = self.engine.bodies(select).await.map_err(storage)?;
        let more = bodies.len() > limit.get();
        let shown = bodies.len().min(limit.get());
        let devices = devices(bodies.get(..shown).unwrap_or_default())?;
        let last = devices.last().map(|device| device.id);
        let next = if more { last } else { None };
        Ok(Page::new(devices, next))
    }

    async fn apply(&self, changes: &[TokenChange]) -> Result<Vec<bool>, RegistryError> {
        let mut concerned = Concerned::default();
        for change in changes {
            let of = |token: &Token| (change.provider.clone(), token.clone());
            concerned.tokens.push(of(&change.token));
            if let TokenVerdict::Replace { token, .. } = &change.verdict {
                concerned.tokens.push(of(token));
                concerned.gained = true;
            }
        }
        self.change(
            &concerned,
            |scratch| async move { scratch.apply(changes).await },
        )
        .await
    }

    async fn purge(
        &self,
        dead_before: Timestamp,
        limit: NonZeroUsize,
    ) -> Result<usize, RegistryError> {
        let most = i64::try_from(limit.get()).unwrap_or(i64::MAX);
        let find = |mut unit: E::Unit| async move {
            let ids = unit.ids_dead(dead_before, most).await?;
            Ok((unit, ids))
        };
        self.change_found(find, |scratch| async move {
            scratch.purge(dead_before, limit).await
        })
        .await
    }

    async fn restore(&self, device: Device) -> Result<(), RegistryError> {
        self.restore_all(std::slice::from_ref(&device)).await
    }
}

impl Concerned {
    fn device(id: PushId) -> Self {
        Self {
            ids: vec![id],
            ..Self::default()
        }
    }
}

fn devices(bodies: &[String]) -> Result<Vec<Device>, RegistryError> {
    let devices = bodies.iter().map(|body| serde_json::from_str(body));
    devices
        .collect::<Result<_, _>>()
        .map_err(|error| RegistryError::storage(Unreadable::from(error)))
}

/// A row that is no device. Does not repeat it.
#[derive(Debug, thiserror::Error)]
#[error("a device's row cannot be read: column {0}")]
struct Unreadable(usize);

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        // The parser's own words may repeat a value.
        Self(error.column())
    }
}

/// What went wrong with a transaction.
#[derive(Debug)]
enum Fault {
    /// The database, so that another attempt may help.
    Database(sqlx::Error),
    /// What was asked for.
    Registry(RegistryError),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<RegistryError> for Fault {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

impl From<Fault> for RegistryError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Database(error) => storage(error),
            Fault::Registry(error) => error,
        }
    }
}

/// What the database says, in the registry's words.
pub(crate) fn storage(error: sqlx::Error) -> RegistryError {
    // A text with a NUL, which PostgreSQL does not take.
    const NOT_IN_REPERTOIRE: &str = "22021";
    let code = error.as_database_error().and_then(|error| error.code());
    if code.as_deref() == Some(NOT_IN_REPERTOIRE) {
        return RegistryError::Invalid("a text holds a character that cannot be stored".into());
    }
    RegistryError::storage(error)
}
