//! How the tables come to be what this version needs.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// What a step does, and its SQL.
pub(crate) type Step = (&'static str, &'static str);

/// Of these steps, the first one numbered 1. A step that went out is never altered: databases
/// remember what they were made by.
pub(crate) fn migrator(steps: &[Step]) -> Migrator {
    let steps = (1..).zip(steps).map(|(version, (name, sql))| {
        let kind = MigrationType::Simple;
        Migration::new(version, (*name).into(), kind, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(steps.collect());
    // A host may have other tables, with migrations of their own, in the same database.
    migrator.dangerous_set_table_name("zpns_migrations");
    migrator
}
