CREATE TABLE zpns_jobs (
    id         TEXT    NOT NULL PRIMARY KEY,
    lane       TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    job        TEXT    NOT NULL,
    -- Where to go on: a checkpoint of the roster in round 0, a device of `zpns_job_left` later.
    checkpoint TEXT    NOT NULL,
    round      BIGINT  NOT NULL,
    attempts   BIGINT  NOT NULL,
    tally      TEXT    NOT NULL,
    reason     TEXT,
    -- Counts the runs: whoever has an older one has lost the job.
    epoch      BIGINT  NOT NULL,
    worker     TEXT,
    created_ms BIGINT  NOT NULL,
    due_ms     BIGINT  NOT NULL,
    updated_ms BIGINT  NOT NULL
);
CREATE INDEX zpns_jobs_state ON zpns_jobs (state, id);

-- Devices that got no verdict in a round and are tried again in the next one.
CREATE TABLE zpns_job_left (
    job    TEXT   NOT NULL,
    round  BIGINT NOT NULL,
    device TEXT   NOT NULL,
    PRIMARY KEY (job, round, device)
);
