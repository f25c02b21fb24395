//! SQLite's one writer: jobs that wait together share a commit.
//!
//! Of several each runs in a savepoint of its own, so that one that fails takes nothing with it; the answers go out only
//! after the commit, so that what was acknowledged is on disk.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sea_orm::{DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tokio::sync::{mpsc, oneshot};
use tracing::Instrument as _;

use crate::connect::SqliteWriterAddress;
use crate::error::StoreError;
use crate::store::Pulse;
use crate::work::Work;

/// The most jobs that share one commit: few enough that the first does not wait long for the last.
pub const BATCH_JOBS_MAX: usize = 64;
/// The most jobs that wait for the writer; further callers wait before they are queued.
pub const QUEUE_JOBS_MAX: usize = 1024;

/// What a job leaves: its result, or the panic that it ended in.
pub(crate) type Ran<T, E> = Result<Result<T, E>, Box<dyn Any + Send>>;

/// What the writer is told.
pub(crate) enum Command {
    /// Do this.
    Job(Box<dyn Queued>),
    /// Do what is queued, and no more; then say so.
    Close(oneshot::Sender<()>),
}

/// A job whose types the writer does not need to know.
pub(crate) trait Queued: Send {
    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    /// Runs the job; whether its writes are wanted.
    fn run<'w>(&'w mut self, work: &'w Work) -> BoxFuture<'w, bool>;
    /// Answers the caller, given whether the commit came through.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// A job with its types.
pub(crate) struct Ticketed<F, T, E> {
    job: Option<F>,
    span: tracing::Span,
    ran: Option<Ran<T, E>>,
    caller: oneshot::Sender<Ran<T, E>>,
}

impl<F, T, E> Ticketed<F, T, E> {
    /// The job and the place where its answer will come.
    pub(crate) fn new(job: F) -> (Self, oneshot::Receiver<Ran<T, E>>) {
        let (caller, answer) = oneshot::channel();
        (Self { job: Some(job), span: tracing::Span::current(), ran: None, caller }, answer)
    }
}

impl<F, T, E> Queued for Ticketed<F, T, E>
where
    F: for<'w> FnOnce(&'w Work) -> BoxFuture<'w, Result<T, E>> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.caller.is_closed()
    }

    fn run<'w>(&'w mut self, work: &'w Work) -> BoxFuture<'w, bool> {
        let span = self.span.clone();
        async move {
            let Some(job) = self.job.take() else { return false };
            let ran = AssertUnwindSafe(async move { job(work).await }).catch_unwind().await;
            let keep = matches!(ran, Ok(Ok(_)));
            self.ran = Some(ran);
            keep
        }
        .instrument(span)
        .boxed()
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (self.ran, committed) {
            (Some(Ok(Ok(_))) | None, Err(error)) => Ok(Err(E::from(error))),
            (None, Ok(())) => Ok(Err(E::from(StoreError::Closed))),
            (Some(ran), _) => ran,
        };
        // A caller that went away in the meantime finds the answer under its request id.
        let _ = self.caller.send(answer);
    }
}

/// Serves the queue until every sender is gone or one says [`Command::Close`].
pub(crate) async fn serve(address: SqliteWriterAddress, mut queue: mpsc::Receiver<Command>, pulse: Arc<Pulse>) {
    let mut writer = Writer { address, connection: None, pulse };
    let mut commands = Vec::with_capacity(BATCH_JOBS_MAX);
    let mut closing = Vec::new();
    while queue.recv_many(&mut commands, BATCH_JOBS_MAX).await > 0 {
        let mut jobs = Vec::with_capacity(commands.len());
        for command in commands.drain(..) {
            match command {
                Command::Job(job) if job.is_abandoned() => {}
                Command::Job(job) => jobs.push(job),
                Command::Close(done) => {
                    queue.close();
                    closing.push(done);
                }
            }
        }
        writer.batch(jobs).await;
    }
    writer.give_up_connection().await;
    for done in closing {
        let _ = done.send(());
    }
}

struct Writer {
    address: SqliteWriterAddress,
    /// None at the start and after a fault: SQLite may have rolled back behind the driver's back.
    connection: Option<DatabaseConnection>,
    pulse: Arc<Pulse>,
}

impl Writer {
    async fn batch(&mut self, mut jobs: Vec<Box<dyn Queued>>) {
        while !jobs.is_empty() {
            let (ran, committed) = self.transact(&mut jobs).await;
            if committed.is_err() {
                self.give_up_connection().await;
            }
            // Jobs behind the one that broke the transaction have not run: they get a transaction of their own. If
            // none ran there is nothing to be had from the database now.
            let rest = if ran == 0 { Vec::new() } else { jobs.split_off(ran) };
            for job in std::mem::replace(&mut jobs, rest) {
                job.answer(committed.clone());
            }
        }
    }

    /// Runs the jobs in one transaction: how many were begun, and how it ended for all of them.
    async fn transact(&mut self, jobs: &mut [Box<dyn Queued>]) -> (usize, Result<(), StoreError>) {
        let mut ran = 0;
        let committed = self.transact_counting(jobs, &mut ran).await;
        (ran, committed)
    }

    async fn transact_counting(&mut self, jobs: &mut [Box<dyn Queued>], ran: &mut usize) -> Result<(), StoreError> {
        let connection = match &self.connection {
            Some(connection) => connection,
            None => self.connection.insert(self.address.connect().await?),
        };
        // Not deferred: a transaction that reads and then writes would fail when another process wrote in between.
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = connection.begin_with_options(immediate).await?;
        let [only] = jobs else { return self.transact_several(transaction, jobs, ran).await };
        *ran = 1;
        let work = Work::new(transaction);
        let keep = only.run(&work).await;
        let transaction = work.finish(keep).await?;
        if !keep {
            return Ok(transaction.rollback().await?);
        }
        transaction.commit().await?;
        self.pulse.committed(1);
        Ok(())
    }

    /// A savepoint for each: the failure of one takes nothing of the others with it.
    async fn transact_several(
        &self,
        transaction: DatabaseTransaction,
        jobs: &mut [Box<dyn Queued>],
        ran: &mut usize,
    ) -> Result<(), StoreError> {
        let mut kept = 0;
        for job in jobs {
            *ran += 1;
            let work = Work::new(transaction.begin().await?);
            let keep = job.run(&work).await;
            let savepoint = work.finish(keep).await?;
            if keep {
                savepoint.commit().await?;
                kept += 1;
            } else {
                savepoint.rollback().await?;
            }
        }
        if kept == 0 {
            return Ok(transaction.rollback().await?);
        }
        transaction.commit().await?;
        self.pulse.committed(kept);
        Ok(())
    }

    async fn give_up_connection(&mut self) {
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the writing connection did not close");
        }
    }
}
