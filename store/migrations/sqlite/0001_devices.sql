-- A device is one row, and its `body` is all that is known of it: the line of an export. Every
-- other column and table is there to find it by, and is written in the same transaction.
CREATE TABLE zpns_devices (
    id          BLOB    NOT NULL PRIMARY KEY,
    user_id     TEXT,
    dead_ms     INTEGER,
    platform    TEXT    NOT NULL,
    environment TEXT    NOT NULL,
    locale      TEXT,
    body        TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX zpns_devices_by_user ON zpns_devices (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX zpns_devices_by_death ON zpns_devices (dead_ms) WHERE dead_ms IS NOT NULL;

-- One live owner for each token of a provider.
CREATE TABLE zpns_channels (
    provider TEXT NOT NULL,
    token    TEXT NOT NULL,
    device   BLOB NOT NULL,
    PRIMARY KEY (provider, token)
) WITHOUT ROWID;
CREATE INDEX zpns_channels_by_device ON zpns_channels (device, provider);

CREATE TABLE zpns_tags (
    tag    TEXT NOT NULL,
    device BLOB NOT NULL,
    PRIMARY KEY (tag, device)
) WITHOUT ROWID;

-- Exactly one of the three values.
CREATE TABLE zpns_attributes (
    device BLOB NOT NULL,
    name   TEXT NOT NULL,
    text   TEXT,
    number REAL,
    truth  INTEGER,
    PRIMARY KEY (device, name)
) WITHOUT ROWID;

CREATE TABLE zpns_badges (
    user_id TEXT    NOT NULL PRIMARY KEY,
    count   INTEGER NOT NULL
) WITHOUT ROWID;

-- Messages that were counted, so that none counts twice; the oldest are forgotten.
CREATE TABLE zpns_counted (
    place   INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL,
    message BLOB NOT NULL,
    UNIQUE (message, user_id)
);
