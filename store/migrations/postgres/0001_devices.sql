-- A device is one row, and its `body` is all that is known of it: the line of an export. Every
-- other column and table is there to find it by, and is written in the same transaction.
-- The collation "C" compares texts as the library does: by their bytes.
CREATE TABLE devices (
    id          UUID NOT NULL PRIMARY KEY,
    user_id     TEXT COLLATE "C",
    dead_ms     BIGINT,
    platform    TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    locale      TEXT COLLATE "C",
    body        TEXT NOT NULL
);
CREATE INDEX devices_by_user ON devices (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX devices_by_death ON devices (dead_ms) WHERE dead_ms IS NOT NULL;

-- One live owner for each token of a provider.
CREATE TABLE channels (
    provider TEXT COLLATE "C" NOT NULL,
    token    TEXT COLLATE "C" NOT NULL,
    device   UUID NOT NULL,
    PRIMARY KEY (provider, token)
);
CREATE INDEX channels_by_device ON channels (device, provider);

CREATE TABLE tags (
    tag    TEXT COLLATE "C" NOT NULL,
    device UUID NOT NULL,
    PRIMARY KEY (tag, device)
);

-- Exactly one of the three values.
CREATE TABLE attributes (
    device UUID NOT NULL,
    name   TEXT COLLATE "C" NOT NULL,
    text   TEXT COLLATE "C",
    number DOUBLE PRECISION,
    truth  BOOLEAN,
    PRIMARY KEY (device, name)
);

CREATE TABLE badges (
    user_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    count   BIGINT NOT NULL
);

-- Messages that were counted, so that none counts twice; the oldest are forgotten.
CREATE TABLE counted (
    place   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL,
    message UUID NOT NULL,
    UNIQUE (message, user_id)
);
