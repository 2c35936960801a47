//! One transaction.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Transaction};
use uuid::Uuid;
use zpns_core::model::Timestamp;
use zpns_core::service::{PushId, UserId};

use super::{array, body};
use crate::difference::{self, Difference, columns, millis};
use crate::engine::{Concerned, Unit};

/// A transaction on the only connection that writes.
#[derive(Debug)]
pub struct SqliteUnit(Transaction<'static, sqlx::Sqlite>);

impl SqliteUnit {
    pub(super) fn new(transaction: Transaction<'static, sqlx::Sqlite>) -> Self {
        Self(transaction)
    }
}

#[async_trait]
impl Unit for SqliteUnit {
    async fn lock(&mut self, concerned: &Concerned) -> Result<Vec<String>, sqlx::Error> {
        let ids = concerned.ids.iter();
        let ids: Vec<String> = ids.map(|id| id.uuid().simple().to_string()).collect();
        let tokens = concerned.tokens.iter();
        let tokens: Vec<serde_json::Value> = tokens
            .map(|(provider, token)| [provider.as_str(), token.as_str()].as_slice().into())
            .collect();
        let rows = sqlx::query(
            "SELECT body FROM zpns_devices WHERE id IN (SELECT unhex(value) FROM json_each($1) \
             UNION SELECT c.device FROM json_each($2) j CROSS JOIN zpns_channels c \
             ON c.provider = j.value ->> 0 AND c.token = j.value ->> 1)",
        )
        .bind(array(&ids))
        .bind(array(&tokens))
        .fetch_all(&mut *self.0)
        .await?;
        rows.iter().map(body).collect()
    }

    async fn ids_of(&mut self, user: &UserId) -> Result<Vec<PushId>, sqlx::Error> {
        let query =
            sqlx::query("SELECT id FROM zpns_devices WHERE user_id = $1").bind(user.as_str());
        let rows = query.fetch_all(&mut *self.0).await?;
        rows.iter().map(id).collect()
    }

    async fn ids_dead(
        &mut self,
        before: Timestamp,
        limit: i64,
    ) -> Result<Vec<PushId>, sqlx::Error> {
        let query =
            sqlx::query("SELECT id FROM zpns_devices WHERE dead_ms < $1 ORDER BY dead_ms LIMIT $2")
                .bind(millis(before.as_millis()))
                .bind(limit);
        let rows = query.fetch_all(&mut *self.0).await?;
        rows.iter().map(id).collect()
    }

    async fn write(&mut self, difference: &Difference) -> Result<(), sqlx::Error> {
        self.delete(difference).await?;
        self.insert(difference).await
    }

    async fn commit(self) -> Result<(), sqlx::Error> {
        self.0.commit().await
    }
}

impl SqliteUnit {
    async fn delete(&mut self, difference: &Difference) -> Result<(), sqlx::Error> {
        let connection = &mut *self.0;
        for (provider, token) in &difference.channels_gone {
            sqlx::query("DELETE FROM zpns_channels WHERE provider = $1 AND token = $2")
                .bind(provider.as_str().to_owned())
                .bind(token.as_str().to_owned())
                .execute(&mut *connection)
                .await?;
        }
        for (tag, device) in &difference.tags_gone {
            sqlx::query("DELETE FROM zpns_tags WHERE tag = $1 AND device = $2")
                .bind(tag.clone())
                .bind(device.uuid())
                .execute(&mut *connection)
                .await?;
        }
        for (device, name) in &difference.attributes_gone {
            sqlx::query("DELETE FROM zpns_attributes WHERE device = $1 AND name = $2")
                .bind(device.uuid())
                .bind(name.clone())
                .execute(&mut *connection)
                .await?;
        }
        for device in &difference.gone {
            sqlx::query("DELETE FROM zpns_devices WHERE id = $1")
                .bind(device.uuid())
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    async fn insert(&mut self, difference: &Difference) -> Result<(), sqlx::Error> {
        for device in &difference.devices {
            self.device(device).await?;
        }
        let connection = &mut *self.0;
        for (provider, token, device) in &difference.channels {
            sqlx::query("INSERT INTO zpns_channels (provider, token, device) VALUES ($1, $2, $3)")
                .bind(provider.as_str().to_owned())
                .bind(token.as_str().to_owned())
                .bind(device.uuid())
                .execute(&mut *connection)
                .await?;
        }
        for (tag, device) in &difference.tags {
            sqlx::query("INSERT INTO zpns_tags (tag, device) VALUES ($1, $2)")
                .bind(tag.clone())
                .bind(device.uuid())
                .execute(&mut *connection)
                .await?;
        }
        for (device, name, value) in &difference.attributes {
            let (text, number, truth) = columns(value);
            sqlx::query(
                "INSERT INTO zpns_attributes (device, name, text, number, truth) \
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(device.uuid())
            .bind(name.clone())
            .bind(text.map(str::to_owned))
            .bind(number)
            .bind(truth)
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }

    async fn device(&mut self, device: &difference::Row) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO zpns_devices (id, user_id, dead_ms, platform, environment, locale, body) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET \
             user_id = excluded.user_id, dead_ms = excluded.dead_ms, \
             platform = excluded.platform, environment = excluded.environment, \
             locale = excluded.locale, body = excluded.body",
        )
        .bind(device.id.uuid())
        .bind(device.user.clone())
        .bind(device.dead)
        .bind(device.platform)
        .bind(device.environment)
        .bind(device.locale.clone())
        .bind(device.body.clone())
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}

fn id(row: &SqliteRow) -> Result<PushId, sqlx::Error> {
    Ok(row.try_get::<Uuid, _>(0)?.into())
}
