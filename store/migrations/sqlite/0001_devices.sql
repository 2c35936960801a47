-- A device is one row, and its `body` is all that is known of it: the line of an export. Every
-- other column and table is there to find it by, and is written in the same transaction.
CREATE TABLE devices (
    id          BLOB    NOT NULL PRIMARY KEY,
    user_id     TEXT,
    dead_ms     INTEGER,
    platform    TEXT    NOT NULL,
    environment TEXT    NOT NULL,
    locale      TEXT,
    body        TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX devices_by_user ON devices (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX devices_by_death ON devices (dead_ms) WHERE dead_ms IS NOT NULL;

-- One live owner for each token of a provider.
CREATE TABLE channels (
    provider TEXT NOT NULL,
    token    TEXT NOT NULL,
    device   BLOB NOT NULL,
    PRIMARY KEY (provider, token)
) WITHOUT ROWID;
CREATE INDEX channels_by_device ON channels (device, provider);

CREATE TABLE tags (
    tag    TEXT NOT NULL,
    device BLOB NOT NULL,
    PRIMARY KEY (tag, device)
) WITHOUT ROWID;

-- Exactly one of the three values.
CREATE TABLE attributes (
    device BLOB NOT NULL,
    name   TEXT NOT NULL,
    text   TEXT,
    number REAL,
    truth  INTEGER,
    PRIMARY KEY (device, name)
) WITHOUT ROWID;

CREATE TABLE badges (
    user_id TEXT    NOT NULL PRIMARY KEY,
    count   INTEGER NOT NULL
) WITHOUT ROWID;

-- Messages that were counted, so that none counts twice; the oldest are forgotten.
CREATE TABLE counted (
    place   INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL,
    message BLOB NOT NULL,
    UNIQUE (message, user_id)
);
