//! PostgreSQL.

mod unit;

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Row};
use zpns_core::model::MessageId;
use zpns_core::service::UserId;

use self::unit::PostgresUnit;
use crate::badges::{REMEMBERED, SWEEP};
use crate::engine::Engine;
use crate::migrations::{Step, migrator};
use crate::select::{Dialect, Select, Value};
use crate::store::{OpenError, Store};

/// A [`Store`] in PostgreSQL 13 or later, which any number of hosts share.
pub type PostgresStore = Store<Postgres>;

/// The engine of a [`PostgresStore`].
#[derive(Debug)]
pub struct Postgres {
    pool: PgPool,
}

const MIGRATIONS: &[Step] = &[(
    "devices",
    include_str!("../../migrations/postgres/0001_devices.sql"),
)];

/// How long a call waits for a connection, and opening for a server that is not there.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections unless told otherwise.
const CONNECTIONS: u32 = 10;

impl Store<Postgres> {
    /// Opens a database by its URL (`postgres://user:password@host/database`), and brings its
    /// tables, which begin with `zpns_`, up to date. Ten connections at the most.
    ///
    /// # Errors
    /// [`OpenError`]
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, CONNECTIONS).await
    }

    /// The same with so many connections at the most, at least one.
    ///
    /// # Errors
    /// [`OpenError`]
    pub async fn open_with(url: &str, connections: u32) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url).map_err(OpenError::Url)?;
        let pool = PgPoolOptions::new()
            .max_connections(connections.max(1))
            .acquire_timeout(PATIENCE)
            .connect_with(options.application_name("zpns"))
            .await
            .map_err(OpenError::Connect)?;
        let tables = migrator(MIGRATIONS);
        tables.run(&pool).await.map_err(OpenError::Migrate)?;
        Ok(Self::on(Postgres { pool }))
    }

    /// Waits for what is under way, and closes the connections.
    pub async fn close(&self) {
        self.engine.pool.close().await;
    }
}

#[async_trait]
impl Engine for Postgres {
    type Unit = PostgresUnit;

    const DIALECT: Dialect = Dialect {
        one_of: "= ANY({}::text[])",
    };

    async fn begin(&self) -> Result<PostgresUnit, sqlx::Error> {
        Ok(PostgresUnit::new(self.pool.begin().await?))
    }

    async fn bodies(&self, select: Select) -> Result<Vec<String>, sqlx::Error> {
        let rows = bound(select).fetch_all(&self.pool).await?;
        rows.iter().map(body).collect()
    }

    fn is_conflict(error: &sqlx::Error) -> bool {
        /// Two transactions waited for each other, or met in a row that is new.
        const CONFLICTS: [&str; 3] = ["40001", "40P01", "23505"];
        let code = error.as_database_error().and_then(|error| error.code());
        code.is_some_and(|code| CONFLICTS.contains(&&*code))
    }

    async fn badge(&self, user: &UserId) -> Result<Option<i64>, sqlx::Error> {
        sqlx::query_scalar("SELECT count FROM zpns_badges WHERE user_id = $1")
            .bind(user.as_str())
            .fetch_optional(&self.pool)
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
        query.execute(&self.pool).await?;
        Ok(())
    }

    async fn count(
        &self,
        user: &UserId,
        message: MessageId,
        by: i64,
        most: i64,
    ) -> Result<i64, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        // Waits for whoever counts the same message at the same time.
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
                 ON CONFLICT (user_id) DO UPDATE \
                 SET count = LEAST(zpns_badges.count + excluded.count, $3) RETURNING count",
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
fn bound(select: Select) -> Query<'static, sqlx::Postgres, PgArguments> {
    let Select { sql, values } = select;
    // Made of this crate's own texts and the places of values.
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in values {
        query = match value {
            Value::Id(id) => query.bind(id),
            Value::Text(text) => query.bind(text),
            Value::Texts(texts) => query.bind(texts),
            Value::Number(number) => query.bind(number),
            Value::Truth(truth) => query.bind(truth),
            Value::Count(count) => query.bind(count),
        };
    }
    query
}

fn body(row: &PgRow) -> Result<String, sqlx::Error> {
    row.try_get(0)
}
