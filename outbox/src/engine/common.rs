//! What both engines do alike, written once: only the queue's own functions differ.

/// Implements [`Engine`](super::Engine) for a type with a `pool`, over the statements and the
/// function `push` of the module that it is used in, and `apalis`' storage for the database.
macro_rules! engine {
    ($engine:ty, $storage:ident, $begin:expr) => {
        #[async_trait]
        impl Engine for $engine {
            async fn add(&self, job: &Job, now: Timestamp) -> Result<bool, OutboxError> {
                let (id, lane) = (job.id(), job.lane());
                let due = job.not_before.unwrap_or(now).max(now);
                let text = serde_json::to_string(job)
                    .map_err(|error| OutboxError::Invalid(error.to_string()))?;
                let mut unit = self.pool.begin_with($begin).await?;
                let added = sqlx::query(statements::ADD)
                    .bind(id.to_string())
                    .bind(lane.as_str())
                    .bind(text)
                    .bind(beginning())
                    .bind(millis(now))
                    .bind(millis(due))
                    .execute(&mut *unit)
                    .await?;
                let is_new = added.rows_affected() == 1;
                if is_new {
                    push(&mut unit, id, lane, due).await?;
                }
                unit.commit().await?;
                Ok(is_new)
            }

            async fn find(&self, id: JobId) -> Result<Option<JobStatus>, OutboxError> {
                let row = sqlx::query(statements::FIND)
                    .bind(id.to_string())
                    .fetch_optional(&self.pool)
                    .await?;
                row.map(|row| JobRow::read(&row)?.status()).transpose()
            }

            async fn list(
                &self,
                state: Option<JobState>,
                after: Option<JobId>,
                limit: i64,
            ) -> Result<Vec<JobStatus>, OutboxError> {
                let rows = sqlx::query(statements::LIST)
                    .bind(after.map(|id| id.to_string()).unwrap_or_default())
                    .bind(state.map(JobState::as_str).unwrap_or_default())
                    .bind(limit)
                    .fetch_all(&self.pool)
                    .await?;
                let rows = rows.iter().map(|row| JobRow::read(row)?.status());
                rows.collect()
            }

            async fn claim(
                &self,
                id: JobId,
                worker: &str,
                now: Timestamp,
                stale: Timestamp,
            ) -> Result<Claim, OutboxError> {
                let mut unit = self.pool.begin_with($begin).await?;
                let taken = sqlx::query(statements::CLAIM)
                    .bind(id.to_string())
                    .bind(worker)
                    .bind(millis(now))
                    .bind(millis(stale))
                    .fetch_optional(&mut *unit)
                    .await?;
                let claim = match taken {
                    Some(row) => match JobRow::read(&row)?.lease() {
                        Ok((lease, progress)) => Claim::Taken(Box::new(lease), progress),
                        Err(error) => {
                            let epoch: i64 = row.try_get("epoch")?;
                            sqlx::query(statements::END)
                                .bind(id.to_string())
                                .bind(epoch)
                                .bind(JobState::Dead.as_str())
                                .bind(chain(&error))
                                .bind(millis(now))
                                .execute(&mut *unit)
                                .await?;
                            Claim::Nothing
                        }
                    },
                    None => {
                        sqlx::query(statements::LEAVE)
                            .bind(id.to_string())
                            .bind(millis(stale))
                            .execute(&mut *unit)
                            .await?;
                        let row = sqlx::query(statements::FIND)
                            .bind(id.to_string())
                            .fetch_optional(&mut *unit)
                            .await?;
                        match row.map(|row| JobRow::read(&row)?.status()).transpose()? {
                            Some(job) if job.state == JobState::Running => {
                                Claim::Busy(job.lane, job.updated)
                            }
                            _ => Claim::Nothing,
                        }
                    }
                };
                unit.commit().await?;
                Ok(claim)
            }

            async fn advance(
                &self,
                lease: &Lease,
                progress: &Progress,
                left: &[PushId],
                now: Timestamp,
            ) -> Result<Option<JobState>, OutboxError> {
                let mut unit = self.pool.begin_with($begin).await?;
                let row = sqlx::query(statements::ADVANCE)
                    .bind(lease.id.to_string())
                    .bind(lease.epoch)
                    .bind(place(progress))
                    .bind(i64::from(progress.round))
                    .bind(i64::from(progress.attempts))
                    .bind(json(&progress.tally))
                    .bind(millis(now))
                    .fetch_optional(&mut *unit)
                    .await?;
                let Some(row) = row else {
                    return Ok(None);
                };
                for device in left {
                    sqlx::query(statements::ADD_LEFT)
                        .bind(lease.id.to_string())
                        .bind(i64::from(progress.round) + 1)
                        .bind(device.to_string())
                        .execute(&mut *unit)
                        .await?;
                }
                unit.commit().await?;
                let state: String = row.try_get("state")?;
                statements::state(&state).map(Some)
            }

            async fn left(
                &self,
                id: JobId,
                round: u32,
                after: Option<PushId>,
                limit: i64,
            ) -> Result<Vec<PushId>, OutboxError> {
                let rows = sqlx::query(statements::LEFT)
                    .bind(id.to_string())
                    .bind(i64::from(round))
                    .bind(after.map(|id| id.to_string()).unwrap_or_default())
                    .bind(limit)
                    .fetch_all(&self.pool)
                    .await?;
                let devices = rows.iter().map(|row| {
                    let device: String = row.try_get("device")?;
                    device.parse().map_err(|_| strange("device", &device))
                });
                devices.collect()
            }

            async fn beat(&self, lease: &Lease, now: Timestamp) -> Result<bool, OutboxError> {
                let done = sqlx::query(statements::BEAT)
                    .bind(lease.id.to_string())
                    .bind(lease.epoch)
                    .bind(millis(now))
                    .execute(&self.pool)
                    .await?;
                Ok(done.rows_affected() == 1)
            }

            async fn settle(
                &self,
                lease: &Lease,
                end: End,
                now: Timestamp,
            ) -> Result<bool, OutboxError> {
                let mut unit = self.pool.begin_with($begin).await?;
                let (id, epoch) = (lease.id.to_string(), lease.epoch);
                let done = match end {
                    End::AsItIs => {
                        sqlx::query(statements::RELEASE)
                            .bind(id)
                            .bind(epoch)
                            .bind(millis(now))
                            .execute(&mut *unit)
                            .await?
                    }
                    End::Done | End::Dead(_) => {
                        let (state, reason) = match end {
                            End::Dead(reason) => (JobState::Dead, Some(reason)),
                            _ => (JobState::Done, None),
                        };
                        sqlx::query(statements::END)
                            .bind(id)
                            .bind(epoch)
                            .bind(state.as_str())
                            .bind(reason)
                            .bind(millis(now))
                            .execute(&mut *unit)
                            .await?
                    }
                    End::Later {
                        at,
                        reason,
                        progress,
                    } => {
                        let done = sqlx::query(statements::LATER)
                            .bind(id)
                            .bind(epoch)
                            .bind(reason)
                            .bind(millis(at))
                            .bind(place(&progress))
                            .bind(i64::from(progress.round))
                            .bind(i64::from(progress.attempts))
                            .bind(json(&progress.tally))
                            .bind(millis(now))
                            .execute(&mut *unit)
                            .await?;
                        if done.rows_affected() == 1 {
                            push(&mut unit, lease.id, lease.lane, at).await?;
                        }
                        done
                    }
                };
                unit.commit().await?;
                Ok(done.rows_affected() == 1)
            }

            async fn turn(
                &self,
                id: JobId,
                from: &[JobState],
                to: JobState,
                now: Timestamp,
            ) -> Result<Option<JobStatus>, OutboxError> {
                let mut unit = self.pool.begin_with($begin).await?;
                let mut turned = false;
                for from in from {
                    let done = sqlx::query(statements::TURN)
                        .bind(id.to_string())
                        .bind(from.as_str())
                        .bind(to.as_str())
                        .bind(millis(now))
                        .execute(&mut *unit)
                        .await?;
                    turned = done.rows_affected() == 1;
                    if turned {
                        break;
                    }
                }
                let row = sqlx::query(statements::FIND)
                    .bind(id.to_string())
                    .fetch_optional(&mut *unit)
                    .await?;
                let job = row.map(|row| JobRow::read(&row)?.status()).transpose()?;
                let job = job.filter(|_| turned);
                if let Some(job) = &job
                    && matches!(job.state, JobState::Queued | JobState::Running)
                {
                    push(&mut unit, id, job.lane, now).await?;
                }
                unit.commit().await?;
                Ok(job)
            }

            async fn wake(&self, id: JobId, lane: Lane, at: Timestamp) -> Result<(), OutboxError> {
                let mut unit = self.pool.begin_with($begin).await?;
                push(&mut unit, id, lane, at).await?;
                unit.commit().await?;
                Ok(())
            }

            async fn purge(&self, before: Timestamp) -> Result<u64, OutboxError> {
                let mut unit = self.pool.begin_with($begin).await?;
                sqlx::query(statements::PURGE_LEFT)
                    .bind(millis(before))
                    .execute(&mut *unit)
                    .await?;
                let done = sqlx::query(statements::PURGE)
                    .bind(millis(before))
                    .execute(&mut *unit)
                    .await?;
                unit.commit().await?;
                Ok(done.rows_affected())
            }

            async fn serve(&self, lane: Lane, shift: Shift) -> Result<(), OutboxError> {
                self.worker(lane, shift).await
            }

            async fn close(&self) {
                self.pool.close().await;
            }
        }

        impl $engine {
            /// Not an `async fn`: the compiler cannot see through one that apalis' future may
            /// change threads.
            fn worker(
                &self,
                lane: Lane,
                shift: Shift,
            ) -> BoxFuture<'static, Result<(), OutboxError>> {
                let config = Config::default()
                    .queue(lane.queue())
                    // A job that waits here could be done by somebody else.
                    .batch_size(1)
                    .heartbeat_interval(shift.options.heartbeat);
                let storage = $storage::<JobId>::new(&self.pool).with_config(config);
                let (name, concurrency) = (shift.name(lane), shift.options.jobs);
                WorkerBuilder::new(name.as_str())
                    .backend(storage)
                    .concurrency(concurrency.get())
                    .build(move |id: JobId| {
                        let shift = shift.clone();
                        async move { shift.run(id, lane).await }
                    })
                    .run()
                    .map_err(|error| OutboxError::Queue(error.into()))
                    .boxed()
            }
        }
    };
}

pub(super) use engine;
