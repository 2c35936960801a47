//! SQLite.

mod unit;

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Row};
use zpns_core::model::MessageId;
use zpns_core::service::UserId;

use self::unit::SqliteUnit;
use crate::badges::{REMEMBERED, SWEEP};
use crate::engine::Engine;
use crate::migrations::{Step, migrator};
use crate::select::{Dialect, Select, Value};
use crate::store::{OpenError, Store};

/// A [`Store`] in a file, with SQLite built in: for one host. Several processes may share the
/// file.
///
/// Killing the process loses nothing. A power cut may lose the changes of the last moments, and
/// never what was before.
pub type SqliteStore = Store<Sqlite>;

/// The engine of a [`SqliteStore`].
#[derive(Debug)]
pub struct Sqlite {
    /// One, so that changes wait for each other here and not in the file's lock.
    writer: SqlitePool,
    readers: SqlitePool,
}

const MIGRATIONS: &[Step] = &[(
    "devices",
    include_str!("../../migrations/sqlite/0001_devices.sql"),
)];

/// How long a change waits for another process's.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections that read.
const READERS: u32 = 4;
/// Rows that a reader is ahead of whoever takes them.
const ROWS_AHEAD: usize = 512;

impl Store<Sqlite> {
    /// Opens a file by its URL (`sqlite:devices.db`, `sqlite:///var/lib/push/devices.db`), makes
    /// it if it is not there, and brings its tables up to date.
    ///
    /// # Errors
    /// [`OpenError`]
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::from_str(url).map_err(OpenError::Url)?;
        let is_file = !url.contains(":memory:") && !url.contains("mode=memory");
        match is_file {
            true => Self::open_with(options).await,
            false => {
                let message = "a store in memory is a `MemoryRegistry`";
                Err(OpenError::Url(sqlx::Error::Configuration(message.into())))
            }
        }
    }

    /// Opens a file by its path.
    ///
    /// # Errors
    /// [`OpenError`]
    pub async fn open_file(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(SqliteConnectOptions::new().filename(path)).await
    }

    async fn open_with(options: SqliteConnectOptions) -> Result<Self, OpenError> {
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(PATIENCE)
            .row_buffer_size(ROWS_AHEAD)
            .pragma("page_size", "8192")
            .pragma("cache_size", "-65536")
            .pragma("mmap_size", "1073741824");
        let writer = SqlitePoolOptions::new().max_connections(1);
        let writer = writer.connect_with(options.clone()).await;
        let writer = writer.map_err(OpenError::Connect)?;
        let tables = migrator(MIGRATIONS);
        tables.run(&writer).await.map_err(OpenError::Migrate)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.pragma("query_only", "ON"))
            .await
            .map_err(OpenError::Connect)?;
        Ok(Self::on(Sqlite { writer, readers }))
    }

    /// Waits for what is under way, and closes the file.
    pub async fn close(&self) {
        self.engine.readers.close().await;
        self.engine.writer.close().await;
    }
}

#[async_trait]
impl Engine for Sqlite {
    type Unit = SqliteUnit;

    const DIALECT: Dialect = Dialect {
        one_of: "IN (SELECT value FROM json_each({}))",
    };

    async fn begin(&self) -> Result<SqliteUnit, sqlx::Error> {
        // At once as a writer: one that began as a reader cannot wait for another.
        let transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        Ok(SqliteUnit::new(transaction))
    }

    async fn bodies(&self, select: Select) -> Result<Vec<String>, sqlx::Error> {
        let rows = bound(select).fetch_all(&self.readers).await?;
        rows.iter().map(body).collect()
    }

    fn is_conflict(_: &sqlx::Error) -> bool {
        // Changes come one after the other.
        false
    }

    async fn badge(&self, user: &UserId) -> Result<Option<i64>, sqlx::Error> {
        sqlx::query_scalar("SELECT count FROM zpns_badges WHERE user_id = $1")
            .bind(user.as_str())
            .fetch_optional(&self.readers)
            .await
    }

    async fn set_badge(&self, user: &UserId, count: Option<i64>) -> Result<(), sqlx::Error> {
        let query = match count {
            None => sqlx::query("DELETE FROM zpns_badges WHERE user_id = $1").bind(user.as_str()),
            Some(count) => sqlx::query(
                "INSERT INTO zpns_badges (user_id, count) VALUES ($1, $2) \
                 ON CONFLICT (user_id) DO UPDATE SET count = excluded.count",
            )
            .bind(user.as_str())
            .bind(count),
        };
        query.execute(&self.writer).await?;
        Ok(())
    }

    async fn count(
        &self,
        user: &UserId,
        message: MessageId,
        by: i64,
        most: i64,
    ) -> Result<i64, sqlx::Error> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let place: Option<i64> = sqlx::query_scalar(
            "INSERT INTO zpns_counted (user_id, message) VALUES ($1, $2) \
             ON CONFLICT DO NOTHING RETURNING place",
        )
        .bind(user.as_str())
        .bind(message.uuid())
        .fetch_optional(&mut *transaction)
        .await?;
        let by = if place.is_some() { by } else { 0 };
        let count: Option<i64> = if by > 0 {
            sqlx::query_scalar(
                "INSERT INTO zpns_badges (user_id, count) VALUES ($1, $2) \
                 ON CONFLICT (user_id) DO UPDATE SET count = MIN(count + excluded.count, $3) \
                 RETURNING count",
            )
            .bind(user.as_str())
            .bind(by)
            .bind(most)
            .fetch_optional(&mut *transaction)
            .await?
        } else {
            sqlx::query_scalar("SELECT count FROM zpns_badges WHERE user_id = $1")
                .bind(user.as_str())
                .fetch_optional(&mut *transaction)
                .await?
        };
        if let Some(place) = place.filter(|place| place % SWEEP == 0) {
            sqlx::query("DELETE FROM zpns_counted WHERE place <= $1")
                .bind(place - REMEMBERED)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(count.unwrap_or_default())
    }
}

/// The query with its values.
fn bound(select: Select) -> Query<'static, sqlx::Sqlite, SqliteArguments> {
    let Select { sql, values } = select;
    // Made of this crate's own texts and the places of values.
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in values {
        query = match value {
            Value::Id(id) => query.bind(id),
            Value::Text(text) => query.bind(text),
            Value::Texts(texts) => query.bind(array(&texts)),
            Value::Number(number) => query.bind(number),
            Value::Truth(truth) => query.bind(truth),
            Value::Count(count) => query.bind(count),
        };
    }
    query
}

/// What `json_each` takes apart again.
fn array<T: Into<serde_json::Value> + Clone>(values: &[T]) -> String {
    let values = values.iter().cloned().map(Into::into).collect();
    serde_json::Value::Array(values).to_string()
}

fn body(row: &SqliteRow) -> Result<String, sqlx::Error> {
    row.try_get(0)
}
