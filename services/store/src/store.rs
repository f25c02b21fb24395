//! The handle to one database.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::BoxFuture;
use sea_orm::{DatabaseConnection, DbErr, TransactionTrait};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::Instrument as _;

use crate::connect::{Connected, Options, connect};
use crate::error::StoreError;
use crate::work::Work;
use crate::writer::{Command, QUEUE_JOBS_MAX, Ticketed, serve};

/// One service's database. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    /// Reads outside transactions: SQLite's readers, or PostgreSQL's pool.
    pub(crate) reader: DatabaseConnection,
    writing: Writing,
    pulse: Arc<Pulse>,
}

#[derive(Debug, Clone)]
enum Writing {
    /// SQLite: the queue of the one writer.
    Queue(mpsc::Sender<Command>),
    /// PostgreSQL: each job has a connection of the pool.
    Pool(DatabaseConnection),
}

/// What this process has committed.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    changes: watch::Sender<u64>,
    jobs: AtomicU64,
    commits: AtomicU64,
}

impl Pulse {
    /// Notes one commit with the writes of `jobs` jobs.
    pub(crate) fn committed(&self, jobs: u64) {
        self.jobs.fetch_add(jobs, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.changes.send_modify(|count| *count += 1);
    }
}

/// How much this process has written since it opened the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Jobs whose writes were committed.
    pub jobs: u64,
    /// Commits that took; with group commit fewer than jobs.
    pub commits: u64,
}

impl Store {
    /// Opens the database of `url` (`sqlite://path` or `postgres://…`, there with an optional `schema=` parameter)
    /// with the customary [`Options`], and brings its tables up to date; only one process at a time does that.
    ///
    /// # Errors
    /// [`StoreError::BadUrl`], [`StoreError::NewerSchema`], or what the database says.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, &Options::default()).await
    }

    /// As [`Store::open`], with these options.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_with(url: &str, options: &Options) -> Result<Self, StoreError> {
        let pulse = Arc::new(Pulse::default());
        match connect(url, options).await? {
            Connected::Sqlite { readers, writer } => {
                let (queue, commands) = mpsc::channel(QUEUE_JOBS_MAX);
                tokio::spawn(serve(writer, commands, Arc::clone(&pulse)));
                Ok(Self { reader: readers, writing: Writing::Queue(queue), pulse })
            }
            Connected::Postgres(pool) => Ok(Self { reader: pool.clone(), writing: Writing::Pool(pool), pulse }),
        }
    }

    /// Runs `job` in a transaction. When this returns `Ok`, what it wrote is durable; when it returns `Err`, nothing
    /// of it was written, but for [`StoreError::Unavailable`], after which nobody can know.
    ///
    /// A caller that stops waiting does not tear a job: it is done in full or not at all. A job that ends in `Ok`
    /// although the database failed within it is not committed and gives the database's error.
    ///
    /// # Errors
    /// What the job returns, or the database's error.
    ///
    /// # Panics
    /// If the job does; nothing of it was written then.
    pub async fn write<T, E>(
        &self,
        job: impl for<'w> FnOnce(&'w Work) -> BoxFuture<'w, Result<T, E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &self.writing {
            Writing::Queue(queue) => {
                let (job, answer) = Ticketed::new(job);
                queue.send(Command::Job(Box::new(job))).await.map_err(|_| StoreError::Closed)?;
                match answer.await {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(panic)) => resume_unwind(panic),
                    Err(_) => Err(StoreError::Closed.into()),
                }
            }
            Writing::Pool(pool) => {
                let (pool, pulse) = (pool.clone(), Arc::clone(&self.pulse));
                // A task of its own: it goes on to the commit or the rollback when the caller stops waiting.
                let task = tokio::spawn(async move { alone(&pool, &pulse, job).await }.in_current_span());
                match task.await {
                    Ok(answer) => answer,
                    Err(error) => match error.try_into_panic() {
                        Ok(panic) => resume_unwind(panic),
                        Err(_) => Err(StoreError::Closed.into()),
                    },
                }
            }
        }
    }

    /// Tells of every commit of this process, so that watchers look again. Other replicas on the same PostgreSQL
    /// database commit unseen: look at intervals as well.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.pulse.changes.subscribe()
    }

    /// How much was written through this handle and its clones.
    #[must_use]
    pub fn written(&self) -> Written {
        Written { jobs: self.pulse.jobs.load(Ordering::Relaxed), commits: self.pulse.commits.load(Ordering::Relaxed) }
    }

    /// Does what is queued, then closes the database for every clone.
    ///
    /// # Errors
    /// What the database says to it.
    pub async fn close(self) -> Result<(), StoreError> {
        if let Writing::Queue(queue) = &self.writing {
            let (done, is_done) = oneshot::channel();
            // Either failure means that the writer has ended already.
            if queue.send(Command::Close(done)).await.is_ok() {
                let _ = is_done.await;
            }
        }
        Ok(self.reader.close().await?)
    }
}

/// Runs one job in a transaction of its own.
async fn alone<T, E>(
    pool: &DatabaseConnection,
    pulse: &Pulse,
    job: impl for<'w> FnOnce(&'w Work) -> BoxFuture<'w, Result<T, E>> + Send + 'static,
) -> Result<T, E>
where
    E: From<StoreError>,
{
    let failed = |error: DbErr| E::from(StoreError::from(error));
    let work = Work::new(pool.begin().await.map_err(failed)?);
    let done = job(&work).await;
    let ended = work.finish(done.is_ok()).await;
    match (done, ended) {
        (Ok(value), Ok(transaction)) => {
            transaction.commit().await.map_err(failed)?;
            pulse.committed(1);
            Ok(value)
        }
        (Err(error), Ok(transaction)) => {
            // The connection rolls back by itself if this did not get through.
            let _ = transaction.rollback().await;
            Err(error)
        }
        (Err(error), Err(_)) => Err(error),
        (Ok(_), Err(fault)) => Err(fault.into()),
    }
}
