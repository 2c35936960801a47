-- A device is one row, and its `body` is all that is known of it: the line of an export. Every
-- other column and table is there to find it by, and is written in the same transaction.
-- The collation "C" compares texts as the library does: by their bytes.
CREATE TABLE zpns_devices (
    id          UUID NOT NULL PRIMARY KEY,
    user_id     TEXT COLLATE "C",
    dead_ms     BIGINT,
    platform    TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    locale      TEXT COLLATE "C",
    body        TEXT NOT NULL
);
CREATE INDEX zpns_devices_by_user ON zpns_devices (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX zpns_devices_by_death ON zpns_devices (dead_ms) WHERE dead_ms IS NOT NULL;

-- One live owner for each token of a provider.
CREATE TABLE zpns_channels (
    provider TEXT COLLATE "C" NOT NULL,
    token    TEXT COLLATE "C" NOT NULL,
    device   UUID NOT NULL,
    PRIMARY KEY (provider, token)
);
CREATE INDEX zpns_channels_by_device ON zpns_channels (device, provider);

CREATE TABLE zpns_tags (
    tag    TEXT COLLATE "C" NOT NULL,
    device UUID NOT NULL,
    PRIMARY KEY (tag, device)
);

-- Exactly one of the three values.
CREATE TABLE zpns_attributes (
    device UUID NOT NULL,
    name   TEXT COLLATE "C" NOT NULL,
    text   TEXT COLLATE "C",
    number DOUBLE PRECISION,
    truth  BOOLEAN,
    PRIMARY KEY (device, name)
);

CREATE TABLE zpns_badges (
    user_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    count   BIGINT NOT NULL
);

-- Messages that were counted, so that none counts twice; the oldest are forgotten.
CREATE TABLE zpns_counted (
    place   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL,
    message UUID NOT NULL,
    UNIQUE (message, user_id)
);
