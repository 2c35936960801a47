//! One transaction.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::{Row, Transaction};
use uuid::Uuid;
use zpns_core::model::Timestamp;
use zpns_core::service::{PushId, UserId};

use super::body;
use crate::difference::{Difference, columns, millis};
use crate::engine::{Concerned, Unit};

/// A transaction that locks what it alters, always in the same order: first the places of the
/// tokens that are gained, then the rows of devices.
#[derive(Debug)]
pub struct PostgresUnit(Transaction<'static, sqlx::Postgres>);

/// Tokens share this many places, so that a transaction never holds more locks than the server
/// has room for.
const PLACES: u64 = 1_024;
/// "zpns": keeps the places apart from locks that others take in the same database.
const LOCK_CLASS: i32 = 0x7A70_6E73;

impl PostgresUnit {
    pub(super) fn new(transaction: Transaction<'static, sqlx::Postgres>) -> Self {
        Self(transaction)
    }

    /// Nobody else gains one of these tokens, or makes one of these devices, until the end.
    async fn lock_places(&mut self, concerned: &Concerned) -> Result<(), sqlx::Error> {
        let tokens = concerned.tokens.iter().map(place);
        let ids = concerned.ids.iter().map(place);
        let places: BTreeSet<i32> = tokens.chain(ids).collect();
        sqlx::query("SELECT pg_advisory_xact_lock($1, place) FROM unnest($2::int4[]) place")
            .bind(LOCK_CLASS)
            .bind(places.into_iter().collect::<Vec<_>>())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }
}

/// The hash is the same in every process of this version of the library: `DefaultHasher::new` has
/// no key. Processes of different versions are kept apart by the index of tokens alone, at the
/// price of a repeat.
fn place(what: impl Hash) -> i32 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    i32::try_from(hasher.finish() % PLACES).unwrap_or_default()
}

#[async_trait]
impl Unit for PostgresUnit {
    async fn lock(&mut self, concerned: &Concerned) -> Result<Vec<String>, sqlx::Error> {
        if concerned.gained {
            self.lock_places(concerned).await?;
        }
        let ids: Vec<Uuid> = concerned.ids.iter().map(|id| id.uuid()).collect();
        let (providers, tokens): (Vec<&str>, Vec<&str>) = concerned
            .tokens
            .iter()
            .map(|(provider, token)| (provider.as_str(), token.as_str()))
            .unzip();
        // The ids first, as a list: so that the rows are always found by their index. Sorted
        // first, locked then.
        let rows = sqlx::query(
            "SELECT body FROM zpns_devices WHERE id = ANY(ARRAY( \
             SELECT unnest($1::uuid[]) UNION \
             SELECT c.device FROM unnest($2::text[], $3::text[]) AS t (provider, token) \
             JOIN zpns_channels c ON c.provider = t.provider AND c.token = t.token)) \
             ORDER BY id FOR UPDATE",
        )
        .bind(ids)
        .bind(providers)
        .bind(tokens)
        .fetch_all(&mut *self.0)
        .await?;
        rows.iter().map(body).collect()
    }

    async fn ids_of(&mut self, user: &UserId) -> Result<Vec<PushId>, sqlx::Error> {
        let query = sqlx::query("SELECT id FROM zpns_devices WHERE user_id = $1");
        let rows = query.bind(user.as_str()).fetch_all(&mut *self.0).await?;
        rows.iter().map(id).collect()
    }

    async fn ids_dead(
        &mut self,
        before: Timestamp,
        limit: i64,
    ) -> Result<Vec<PushId>, sqlx::Error> {
        let rows =
            sqlx::query("SELECT id FROM zpns_devices WHERE dead_ms < $1 ORDER BY dead_ms LIMIT $2")
                .bind(millis(before.as_millis()))
                .bind(limit)
                .fetch_all(&mut *self.0)
                .await?;
        rows.iter().map(id).collect()
    }

    async fn write(&mut self, difference: &Difference) -> Result<(), sqlx::Error> {
        self.delete(difference).await?;
        self.insert_devices(difference).await?;
        self.insert_indexes(difference).await
    }

    async fn commit(self) -> Result<(), sqlx::Error> {
        self.0.commit().await
    }
}

/// One statement for each table, however many rows.
impl PostgresUnit {
    async fn delete(&mut self, difference: &Difference) -> Result<(), sqlx::Error> {
        let connection = &mut *self.0;
        if !difference.channels_gone.is_empty() {
            let channels = difference.channels_gone.iter();
            let (providers, tokens): (Vec<&str>, Vec<&str>) = channels
                .map(|(provider, token)| (provider.as_str(), token.as_str()))
                .unzip();
            sqlx::query(
                "DELETE FROM zpns_channels c \
                 USING unnest($1::text[], $2::text[]) AS t (provider, token) \
                 WHERE c.provider = t.provider AND c.token = t.token",
            )
            .bind(providers)
            .bind(tokens)
            .execute(&mut *connection)
            .await?;
        }
        if !difference.tags_gone.is_empty() {
            let tags = difference.tags_gone.iter();
            let (tags, devices): (Vec<&str>, Vec<Uuid>) = tags
                .map(|(tag, device)| (tag.as_str(), device.uuid()))
                .unzip();
            sqlx::query(
                "DELETE FROM zpns_tags g USING unnest($1::text[], $2::uuid[]) AS t (tag, device) \
                 WHERE g.tag = t.tag AND g.device = t.device",
            )
            .bind(tags)
            .bind(devices)
            .execute(&mut *connection)
            .await?;
        }
        if !difference.attributes_gone.is_empty() {
            let attributes = difference.attributes_gone.iter();
            let (devices, names): (Vec<Uuid>, Vec<&str>) = attributes
                .map(|(device, name)| (device.uuid(), name.as_str()))
                .unzip();
            sqlx::query(
                "DELETE FROM zpns_attributes a \
                 USING unnest($1::uuid[], $2::text[]) AS t (device, name) \
                 WHERE a.device = t.device AND a.name = t.name",
            )
            .bind(devices)
            .bind(names)
            .execute(&mut *connection)
            .await?;
        }
        if !difference.gone.is_empty() {
            let gone: Vec<Uuid> = difference.gone.iter().map(|id| id.uuid()).collect();
            sqlx::query("DELETE FROM zpns_devices WHERE id = ANY($1)")
                .bind(gone)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    async fn insert_devices(&mut self, difference: &Difference) -> Result<(), sqlx::Error> {
        let devices = &difference.devices;
        if devices.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO zpns_devices (id, user_id, dead_ms, platform, environment, locale, body) \
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::int8[], $4::text[], $5::text[], \
             $6::text[], $7::text[]) ON CONFLICT (id) DO UPDATE SET \
             user_id = excluded.user_id, dead_ms = excluded.dead_ms, \
             platform = excluded.platform, environment = excluded.environment, \
             locale = excluded.locale, body = excluded.body",
        )
        .bind(column(devices, |device| device.id.uuid()))
        .bind(column(devices, |device| device.user.as_deref()))
        .bind(column(devices, |device| device.dead))
        .bind(column(devices, |device| device.platform))
        .bind(column(devices, |device| device.environment))
        .bind(column(devices, |device| device.locale.as_deref()))
        .bind(column(devices, |device| device.body.as_str()))
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    async fn insert_indexes(&mut self, difference: &Difference) -> Result<(), sqlx::Error> {
        let connection = &mut *self.0;
        let channels = &difference.channels;
        if !channels.is_empty() {
            sqlx::query(
                "INSERT INTO zpns_channels (provider, token, device) \
                 SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[])",
            )
            .bind(column(channels, |(provider, _, _)| provider.as_str()))
            .bind(column(channels, |(_, token, _)| token.as_str()))
            .bind(column(channels, |(_, _, device)| device.uuid()))
            .execute(&mut *connection)
            .await?;
        }
        let tags = &difference.tags;
        if !tags.is_empty() {
            sqlx::query(
                "INSERT INTO zpns_tags (tag, device) SELECT * FROM unnest($1::text[], $2::uuid[])",
            )
            .bind(column(tags, |(tag, _)| tag.as_str()))
            .bind(column(tags, |(_, device)| device.uuid()))
            .execute(&mut *connection)
            .await?;
        }
        let attributes = &difference.attributes;
        if !attributes.is_empty() {
            sqlx::query(
                "INSERT INTO zpns_attributes (device, name, text, number, truth) SELECT * FROM \
                 unnest($1::uuid[], $2::text[], $3::text[], $4::float8[], $5::bool[])",
            )
            .bind(column(attributes, |(device, _, _)| device.uuid()))
            .bind(column(attributes, |(_, name, _)| name.as_str()))
            .bind(column(attributes, |(_, _, value)| columns(value).0))
            .bind(column(attributes, |(_, _, value)| columns(value).1))
            .bind(column(attributes, |(_, _, value)| columns(value).2))
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }
}

/// One value of every row.
fn column<'a, R, T>(rows: &'a [R], value: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

fn id(row: &PgRow) -> Result<PushId, sqlx::Error> {
    Ok(row.try_get::<Uuid, _>(0)?.into())
}
