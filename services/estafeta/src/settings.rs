//! The settings of every command that runs or finds services: flags, environment, one file, in this order.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use serde::Deserialize;
use ticket::Line;

use crate::failure::Failure;
use crate::target::Target;

mod value;

pub use value::{At, Database, TokenFile};

/// The first of the ports when nothing else is said: lines 0 to 4 have this one and the next four.
pub const PORT_BASE: u16 = 7100;

/// How far the gateway's port is from the first.
pub const GATEWAY_OFFSET: u16 = 80;

/// Everything that can be set. Each is taken from its flag, else from its variable, else from the file of `--config`,
/// else its default; in the file the names are those of the flags (`port-base = 7200`), and what can be given several
/// times is a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// Where databases, keys, plans and the addresses of running services are kept.
    /// Default: `$XDG_DATA_HOME/estafeta`, or `~/.local/share/estafeta`.
    #[arg(long, value_name = "DIR", env = "ESTAFETA_DATA")]
    pub data: Option<PathBuf>,
    /// A plan; may be given several times, one for each organization. Default: every `*.toml` in `DIR/plans`.
    #[arg(long, value_name = "FILE", env = "ESTAFETA_PLAN", value_delimiter = ',')]
    pub plan: Vec<PathBuf>,
    /// The directory of the keys that vouch for identities; made at the first start. Services on several machines need
    /// each other's `*.pub.pem` in it, and nothing else of it. Default: `DIR/keys`.
    #[arg(long, value_name = "DIR", env = "ESTAFETA_KEYS")]
    pub keys: Option<PathBuf>,
    /// Where line 1 keeps the files of tickets; replicas of it share the directory. Default: `DIR/attachments`.
    #[arg(long, value_name = "DIR", env = "ESTAFETA_ATTACHMENTS")]
    pub attachments: Option<PathBuf>,
    /// A database: `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`, for all lines or, as `line2=URL`, for one.
    /// On PostgreSQL each line has a schema of its own (`line0` … `line4`), unless the URL says `schema=`.
    /// Default: `sqlite://DIR/lineN.db`.
    #[arg(long, value_name = "[LINE=]URL", env = "ESTAFETA_DATABASE", hide_env_values = true, value_delimiter = ' ')]
    pub database: Vec<Database>,
    /// `serve`: where to listen; port 0 lets the system choose. Default: 127.0.0.1 and the service's port under
    /// `--port-base`.
    #[arg(long, value_name = "ADDR:PORT", env = "ESTAFETA_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// The address to listen on. Anything but a loopback address opens the services to the network. Default: 127.0.0.1.
    #[arg(long, value_name = "ADDR", env = "ESTAFETA_HOST")]
    pub host: Option<IpAddr>,
    /// The first port: lines 0 to 4 listen on it and the next four, the gateway 80 above; 0 lets the system choose them
    /// all. Default: 7100.
    #[arg(long, value_name = "PORT", env = "ESTAFETA_PORT_BASE")]
    pub port_base: Option<u16>,
    /// `serve`: where another service is, such as `line1=http://10.0.0.2:7101`; may be given several times. Default: as
    /// the services that share the data directory wrote it to `DIR/run`.
    #[arg(long, value_name = "SERVICE=URL", env = "ESTAFETA_PEER", value_delimiter = ',')]
    pub peer: Vec<At>,
    /// `serve vendor`: where a vendor's system is, such as `cloudcore=http://partner.example:443`; may be given several
    /// times.
    #[arg(long, value_name = "VENDOR=URL", env = "ESTAFETA_PARTNER", value_delimiter = ',')]
    pub partner: Vec<At>,
    /// `serve line0`, `up`: where an internal service is that scenarios of a plan call, such as
    /// `orders=grpc://10.0.0.3:7000` or `offers=https://offers.internal/perform` (also `grpcs://`, `http://`); may be given
    /// several times. Over TLS the authorities of the system are trusted, or those in the file that `SSL_CERT_FILE` names.
    #[arg(long, value_name = "SERVICE=URL", env = "ESTAFETA_BACKEND", hide_env_values = true, value_delimiter = ',')]
    pub backend: Vec<At>,
    /// `serve line0`, `up`: the file of the token that an internal service asks for, such as
    /// `orders=/etc/estafeta/orders.token`; may be given several times.
    #[arg(long, value_name = "SERVICE=FILE", env = "ESTAFETA_BACKEND_TOKEN", value_delimiter = ',')]
    pub backend_token: Vec<TokenFile>,
    /// `serve line1`, `up`, `whatif`: where a sentence encoder is that speaks `POST /v1/embeddings`, such as
    /// `http://127.0.0.1:8080`; it helps line 1 to sort. The texts of requests, and nothing else of them, go there.
    /// Default: none.
    #[arg(long, value_name = "URL", env = "ESTAFETA_ENCODER", hide_env_values = true)]
    pub encoder: Option<String>,
    /// Which of its models the encoder is asked for, where it has several.
    #[arg(long, value_name = "NAME", env = "ESTAFETA_ENCODER_MODEL")]
    pub encoder_model: Option<String>,
    /// The file of the token that the encoder asks for.
    #[arg(long, value_name = "FILE", env = "ESTAFETA_ENCODER_TOKEN")]
    pub encoder_token: Option<PathBuf>,
    /// How many milliseconds a new request waits for the encoder; then it is sorted by its words alone. Default: 150.
    #[arg(long, value_name = "MS", env = "ESTAFETA_ENCODER_MS", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub encoder_ms: Option<u64>,
    /// `serve gateway`, `up`: an origin whose web pages may call the gateway, such as `https://desk.example.org`; may be
    /// given several times. Default: none.
    #[arg(long, value_name = "ORIGIN", env = "ESTAFETA_CORS_ORIGIN", value_delimiter = ',')]
    pub cors_origin: Vec<String>,
    /// For whom log lines are; they go to standard error. Default: human.
    #[arg(long, value_name = "FORMAT", env = "ESTAFETA_LOG_FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,
    /// What is logged, such as `info` or `info,rpc=debug`. Default: info for `serve`, warn for the others.
    #[arg(long, value_name = "FILTER", env = "ESTAFETA_LOG")]
    pub log: Option<String>,
    /// How many seconds calls may take to finish when a service is stopped. Default: 10.
    #[arg(long, value_name = "SECONDS", env = "ESTAFETA_DRAIN_SECONDS")]
    pub drain_seconds: Option<u64>,
}

/// For whom log lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// People at a terminal.
    Human,
    /// Machines: one JSON object a line.
    Json,
}

/// Where the file is; beside [`Settings`], since a file does not name itself.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Given {
    /// A TOML file with settings; see the other flags for the names.
    #[arg(long, value_name = "FILE", env = "ESTAFETA_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    /// What the flags and the environment say.
    pub settings: Settings,
}

impl Given {
    /// The settings in force: what flags and environment leave open is taken from the file.
    ///
    /// # Errors
    /// When the file cannot be read or does not hold settings.
    pub fn resolve(self) -> Result<Settings, Failure> {
        let Some(path) = self.config else { return Ok(self.settings) };
        let text = std::fs::read_to_string(&path).map_err(Failure::reading("the settings", &path))?;
        let file: Settings = toml::from_str(&text)
            .map_err(|error| Failure::Settings { path, reason: error.to_string().trim_end().to_owned() })?;
        Ok(self.settings.over(file))
    }
}

fn either<T>(first: Vec<T>, second: Vec<T>) -> Vec<T> {
    if first.is_empty() { second } else { first }
}

impl Settings {
    /// These, and where they say nothing, those.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            data: self.data.or(below.data),
            plan: either(self.plan, below.plan),
            keys: self.keys.or(below.keys),
            attachments: self.attachments.or(below.attachments),
            database: either(self.database, below.database),
            listen: self.listen.or(below.listen),
            host: self.host.or(below.host),
            port_base: self.port_base.or(below.port_base),
            peer: either(self.peer, below.peer),
            partner: either(self.partner, below.partner),
            backend: either(self.backend, below.backend),
            backend_token: either(self.backend_token, below.backend_token),
            encoder: self.encoder.or(below.encoder),
            encoder_model: self.encoder_model.or(below.encoder_model),
            encoder_token: self.encoder_token.or(below.encoder_token),
            encoder_ms: self.encoder_ms.or(below.encoder_ms),
            cors_origin: either(self.cors_origin, below.cors_origin),
            log_format: self.log_format.or(below.log_format),
            log: self.log.or(below.log),
            drain_seconds: self.drain_seconds.or(below.drain_seconds),
        }
    }

    /// The data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(default_data)
    }

    /// The directory of keys.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| self.data().join("keys"))
    }

    /// The directory of the files of tickets.
    #[must_use]
    pub fn attachments(&self) -> PathBuf {
        self.attachments.clone().unwrap_or_else(|| self.data().join("attachments"))
    }

    /// Where `target` listens.
    #[must_use]
    pub fn address(&self, target: Target) -> SocketAddr {
        let host = self.host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let offset = target.line().map_or(GATEWAY_OFFSET, |line| u16::from(line.number()));
        let port = match self.port_base.unwrap_or(PORT_BASE) {
            0 => 0,
            base => base.saturating_add(offset),
        };
        SocketAddr::new(host, port)
    }

    /// The database of `line`.
    ///
    /// # Errors
    /// When one SQLite file is given for several lines, which would mix them up.
    pub fn database(&self, line: Line) -> Result<Database, Failure> {
        if let Some(own) = self.database.iter().find(|database| database.line == Some(line)) {
            return Ok(own.clone());
        }
        let Some(shared) = self.database.iter().find(|database| database.line.is_none()) else {
            let file = self.data().join(format!("{}.db", Target::of(line)));
            return Ok(Database { line: Some(line), url: format!("sqlite://{}", file.display()) });
        };
        if shared.url.starts_with("sqlite:") || shared.url.contains("schema=") {
            return Err(Failure::SharedDatabase { line });
        }
        let joint = if shared.url.contains('?') { '&' } else { '?' };
        Ok(Database { line: Some(line), url: format!("{}{joint}schema=line{}", shared.url, line.number()) })
    }

    /// As [`Settings::database`], for a process that has one line only: any database will do.
    ///
    /// # Errors
    /// None as yet; as [`Settings::database`].
    pub fn only_database(&self, line: Line) -> Result<Database, Failure> {
        match self.database.iter().find(|database| database.line.is_none()) {
            Some(Database { url, .. }) if url.starts_with("sqlite:") || url.contains("schema=") => {
                Ok(Database { line: Some(line), url: url.clone() })
            }
            Some(_) | None => self.database(line),
        }
    }

    /// How long calls may take to finish when a service is stopped.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.unwrap_or(10))
    }

    /// How this process tells about itself; `filter` is what is logged by default.
    #[must_use]
    pub fn telemetry(&self, name: &str, filter: &str) -> telemetry::Settings {
        telemetry::Settings {
            service_name: name.to_owned(),
            log_format: match self.log_format {
                Some(LogFormat::Json) => telemetry::LogFormat::Json,
                Some(LogFormat::Human) | None => telemetry::LogFormat::Human,
            },
            log_filter: self.log.clone().unwrap_or_else(|| filter.to_owned()),
        }
    }
}

/// Where data is kept when nobody says: by the XDG Base Directory Specification.
fn default_data() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| Path::new(value).is_absolute()).map(PathBuf::from);
    let home = || set("HOME").map(|home| home.join(".local/share"));
    set("XDG_DATA_HOME").or_else(home).map_or_else(|| PathBuf::from("estafeta-data"), |base| base.join("estafeta"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_does_not_print() {
        let database: Database = "line2=postgres://u:secret@h/db".parse().unwrap();
        assert_eq!(database.line, Some(Line::Technical));
        assert!(!format!("{database:?}").contains("secret"));
    }

    #[test]
    fn each_line_has_a_schema_of_its_own() {
        let settings =
            Settings { database: vec!["postgres://h/db?sslmode=disable".parse().unwrap()], ..Settings::default() };
        let database = settings.database(Line::Expert).unwrap();
        assert_eq!(database.url(), "postgres://h/db?sslmode=disable&schema=line3");
    }

    #[test]
    fn one_sqlite_file_is_not_for_all_lines() {
        let settings = Settings { database: vec!["sqlite:///tmp/a.db".parse().unwrap()], ..Settings::default() };
        assert!(matches!(settings.database(Line::Expert), Err(Failure::SharedDatabase { line: Line::Expert })));
        assert_eq!(settings.only_database(Line::Expert).unwrap().url(), "sqlite:///tmp/a.db");
    }

    #[test]
    fn ports_are_told_from_the_first() {
        let settings = Settings { port_base: Some(9000), ..Settings::default() };
        assert_eq!(settings.address(Target::Line2).port(), 9002);
        assert_eq!(settings.address(Target::Gateway).port(), 9080);
        let any = Settings { port_base: Some(0), ..Settings::default() };
        assert_eq!(any.address(Target::Gateway).port(), 0);
    }
}
