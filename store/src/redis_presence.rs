//! Presence in Redis.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncTypedCommands, Client, RedisError, Script};
use uuid::Uuid;
use zpns_core::model::Timestamp;
use zpns_core::service::{Presence, PresenceState, PushId, RegistryError, UserId};
use zpns_core::{Clock, Secret};

/// A [`Presence`] that several hosts share, in Redis 6 or later. Cheap to clone; all clones use
/// one connection, which is made again when it breaks.
///
/// A user is one hash, `zpns:presence:<user>`, with a field for each device; it goes by itself
/// when the last report of the user expires. Reports that expired are not answered by the
/// server's clock but by the caller's, like everywhere else.
#[derive(Clone)]
pub struct RedisPresence {
    connection: ConnectionManager,
    clock: Arc<dyn Clock>,
    set: Arc<Script>,
    prefix: Arc<str>,
}

/// Why there is no connection to the server. Does not repeat the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is not one of Redis.
    #[error("the presence's URL is not understood")]
    Url(#[source] RedisError),
    /// It cannot be reached, or refuses.
    #[error("the presence's server cannot be reached")]
    Connect(#[source] RedisError),
}

/// How long the server may take for an answer, or for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a lost connection is tried again before a call fails.
const ATTEMPTS: usize = 3;

/// Sets one device's state, sweeps those that expired, and lets the hash live as long as the
/// latest report. In one step, so that a sweep never takes what was just reported.
const SET: &str = "\
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ARGV[3])
local now, latest = tonumber(ARGV[4]), 0
local reports = redis.call('HGETALL', KEYS[1])
for place = 1, #reports, 2 do
  local expires = tonumber(string.sub(reports[place + 1], 2))
  if expires <= now then
    redis.call('HDEL', KEYS[1], reports[place])
  elseif expires > latest then
    latest = expires
  end
end
if latest > now then
  redis.call('PEXPIRE', KEYS[1], string.format('%d', latest - now))
end
return 1";

/// What expires later than that is as good as never: the script counts in numbers that are exact
/// up to here.
const LATEST: u64 = 1 << 52;

impl RedisPresence {
    /// Connects to a server by its URL (`redis://user:password@host:6379/0`).
    ///
    /// # Errors
    /// [`ConnectError`]
    pub async fn connect(url: &Secret, clock: Arc<dyn Clock>) -> Result<Self, ConnectError> {
        let client = Client::open(url.expose()).map_err(ConnectError::Url)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(ATTEMPTS)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connection = ConnectionManager::new_with_config(client, config);
        Ok(Self {
            connection: connection.await.map_err(ConnectError::Connect)?,
            clock,
            set: Arc::new(Script::new(SET)),
            prefix: "zpns:presence:".into(),
        })
    }

    /// With other keys than `zpns:presence:…`: for several apps on one server.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.into();
        self
    }

    fn key(&self, user: &UserId) -> String {
        format!("{}{user}", self.prefix)
    }
}

#[async_trait]
impl Presence for RedisPresence {
    async fn set(
        &self,
        user: &UserId,
        device: PushId,
        state: PresenceState,
        until: Timestamp,
    ) -> Result<(), RegistryError> {
        let sign = match state {
            PresenceState::Offline => return self.clear(user, Some(device)).await,
            PresenceState::Background => BACKGROUND,
            PresenceState::Foreground => FOREGROUND,
        };
        let mut connection = self.connection.clone();
        let mut call = self.set.prepare_invoke();
        call.key(self.key(user))
            .arg(device.to_string())
            .arg(sign)
            .arg(until.as_millis().min(LATEST))
            .arg(self.clock.now().as_millis());
        let set = call.invoke_async::<()>(&mut connection).await;
        set.map_err(RegistryError::storage)
    }

    async fn online(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<(PushId, PresenceState)>, RegistryError> {
        let mut connection = self.connection.clone();
        let reports = connection.hgetall(self.key(user)).await;
        let mut online = Vec::new();
        for (device, report) in reports.map_err(RegistryError::storage)? {
            let (id, state, until) =
                read(&device, &report).ok_or_else(|| RegistryError::storage(Unreadable))?;
            if until > now {
                online.push((id, state));
            }
        }
        online.sort_unstable_by_key(|(id, _)| *id);
        Ok(online)
    }

    async fn clear(&self, user: &UserId, device: Option<PushId>) -> Result<(), RegistryError> {
        let mut connection = self.connection.clone();
        let cleared = match device {
            Some(device) => connection.hdel(self.key(user), device.to_string()).await,
            None => connection.del(self.key(user)).await,
        };
        cleared.map(drop).map_err(RegistryError::storage)
    }
}

const BACKGROUND: &str = "b";
const FOREGROUND: &str = "f";

fn read(device: &str, report: &str) -> Option<(PushId, PresenceState, Timestamp)> {
    let id = Uuid::try_parse(device).ok()?.into();
    let (state, until) = if let Some(until) = report.strip_prefix(BACKGROUND) {
        (PresenceState::Background, until)
    } else {
        (PresenceState::Foreground, report.strip_prefix(FOREGROUND)?)
    };
    let until = Timestamp::from_millis(until.parse().ok()?);
    Some((id, state, until))
}

/// Somebody else writes under these keys, or a later version did.
#[derive(Debug, thiserror::Error)]
#[error("a report of presence cannot be read")]
struct Unreadable;

impl fmt::Debug for RedisPresence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisPresence")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
