//! A suite whose time and deliveries a test moves.

use std::collections::BTreeMap;
use std::sync::Arc;

use estafeta::settings::Database;
use estafeta::suite::{Conducts, Vendors};
use estafeta::{Config, Suite};
use handover::{Backoff, Fuse, Plans};
use jiff::{SignedDuration, Timestamp};
use partner_simulator::{Conduct, Habits};
use plan::Plan;
use store::testing::TestDatabase;
use ticket::{Line, ManualClock};

use crate::people::People;

/// When every stage begins: Monday 2026-09-14, 12:00 in Moscow.
pub const BEGIN: &str = "2026-09-14T09:00:00Z";

/// Where the lines of a stage keep their tickets.
pub struct Databases {
    lines: BTreeMap<Line, TestDatabase>,
}

impl Databases {
    /// SQLite files.
    #[must_use]
    pub fn sqlite() -> Self {
        Self { lines: Line::ALL.into_iter().map(|line| (line, TestDatabase::sqlite())).collect() }
    }

    /// Schemas on PostgreSQL; none where the tests were given no server.
    #[must_use]
    pub fn postgres() -> Option<Self> {
        let lines = Line::ALL.into_iter().map(|line| Some((line, TestDatabase::postgres()?))).collect::<Option<_>>()?;
        Some(Self { lines })
    }

    /// Runs SQL in the database of `line` past its store, to bring about what it would never do.
    ///
    /// # Panics
    /// When the database does not take it.
    pub async fn tamper(&self, line: Line, sql: &str) {
        self.lines[&line].tamper(sql).await;
    }

    /// Whether these are SQLite files.
    #[must_use]
    pub fn are_sqlite(&self) -> bool {
        self.lines.values().all(|database| database.url().starts_with("sqlite:"))
    }

    /// SQLite files, and PostgreSQL too where the tests were given a server.
    #[must_use]
    pub fn all() -> Vec<Self> {
        std::iter::once(Self::sqlite()).chain(Self::postgres()).collect()
    }
}

/// A suite at rest but for what the test does: its clock stands still, and nothing is delivered or woken by itself.
pub struct Stage {
    /// The suite.
    pub suite: Suite,
    /// Its clock.
    pub clock: ManualClock,
    /// The plan of the demonstration organization.
    pub plan: Plan,
    /// Where a test stops a line.
    pub fuses: BTreeMap<Line, Fuse>,
    /// The databases, which outlive killed lines.
    pub databases: Databases,
    config: Config,
    _dir: tempfile::TempDir,
}

impl Stage {
    /// The demonstration organization over these databases, with vendors that do what the text of a case asks for.
    pub async fn over(databases: Databases) -> Self {
        Self::with(databases, plan::DEMO, |config| config).await
    }

    /// The organization of `plan`, with a suite changed by `change`.
    ///
    /// # Panics
    /// When the suite does not start: there is nothing to test then.
    pub async fn with(databases: Databases, plan: &str, change: impl FnOnce(Config) -> Config) -> Self {
        let plan = Plan::parse("test.toml", plan).expect("the plans of the project have no faults");
        let plans = Plans::default();
        plans.put(plan.clone());
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let clock = ManualClock::at(BEGIN.parse::<Timestamp>().expect("the instant is well formed"));
        let fuses: BTreeMap<Line, Fuse> = Line::ALL.into_iter().map(|line| (line, Fuse::armed())).collect();
        let no_pause: Arc<dyn Fn(u32) -> Option<std::time::Duration> + Send + Sync> =
            Arc::new(|failed| (failed < 100).then_some(std::time::Duration::from_millis(1)));
        let habits = Habits { first_case: 1001, backoff: no_pause };
        let mut config = Config::in_dir(dir.path(), plans);
        config.databases = databases
            .lines
            .iter()
            .map(|(line, database)| (*line, database.url().parse::<Database>().expect("a test database has a url")))
            .collect();
        config.clock = Arc::new(clock.clone());
        config.backoff = Backoff::new(Arc::new(|| 1.0));
        config.fuses = fuses.clone();
        config.background = false;
        config.vendors = Vendors::Simulated(Conducts { choose: Arc::new(Conduct::written_in), habits });
        let config = change(config);
        let suite = Suite::start(config.clone()).await.expect("the suite starts");
        Self { suite, clock, plan, fuses, databases, config, _dir: dir }
    }

    /// The people of the organization at work on this suite.
    #[must_use]
    pub fn people(&self) -> People<'_> {
        People::new(self)
    }

    /// Another replica of every line, over the same databases and by the same clock.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn replica(&self) -> Suite {
        Suite::start(self.config.clone()).await.expect("a replica starts")
    }

    /// Moves the clock and lets everything happen that is due then.
    ///
    /// # Panics
    /// When the suite does not come to rest.
    pub async fn after(&self, pause: SignedDuration) {
        self.clock.advance(pause);
        self.settle().await;
    }

    /// Lets everything happen that is due.
    ///
    /// # Panics
    /// When the suite does not come to rest.
    pub async fn settle(&self) {
        self.suite.settle().await.expect("the suite comes to rest");
    }

    /// Puts all tickets of a line into the hands of somebody whom its plan does not know, as after they left.
    pub async fn leave_to_nobody_known(&self, line: Line) {
        let document = match self.databases.are_sqlite() {
            true => "json_set(document, '$.assignment.assignee', 'nobody.any.more')",
            false => "jsonb_set(document::jsonb, '{assignment,assignee}', '\"nobody.any.more\"')::text",
        };
        let sql = format!("UPDATE ticket SET document = {document}, assignee = 'nobody.any.more'");
        self.databases.tamper(line, &sql).await;
    }

    /// Fails unless every invariant holds over all databases, those of killed lines too.
    ///
    /// # Panics
    /// When one is broken.
    pub async fn holds(&self) {
        let audited = self.suite.audit().await.expect("the databases can be read");
        assert!(audited.broken.is_empty(), "broken invariants: {:?}", audited.broken);
    }
}

/// The plan of the demonstration without line 0, and without what only line 0 has.
///
/// # Panics
/// When the demonstration no longer has its scenarios before force majeure.
#[must_use]
pub fn without_line_0() -> String {
    const LINE_0: &str = "[[lines]]\nline = \"self-service\"\nhands_to = [\"service-desk\"]\n";
    const ITS_OWN: &str = "[automation]\nanswer = 0.8\noffer = 0.45\n";
    let (before, rest) = plan::DEMO.split_once("[[scenarios]]\n").expect("the demonstration has scenarios");
    let (_, behind) = rest.split_once("[[force_majeure]]\n").expect("force majeure comes behind them");
    format!("{before}[[force_majeure]]\n{behind}").replace(LINE_0, "").replace(ITS_OWN, "")
}

/// Runs `test` on a fresh stage over SQLite, and on another over PostgreSQL where the tests were given a server.
pub async fn on_each_database(test: impl AsyncFn(Stage)) {
    for databases in Databases::all() {
        test(Stage::over(databases).await).await;
    }
}
