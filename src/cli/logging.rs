//! Logs on standard error, of this program alone: libraries would write addresses with what they ask for in them.

use clap::{Args, ValueEnum};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// How much is logged, and how.
#[derive(Clone, Debug, Args)]
pub struct Logging {
    /// How much is logged on standard error; references and codes only, at every level
    #[arg(long, global = true, value_name = "LEVEL", default_value = "warn", env = "PLASMABRIDGE_LOG")]
    log: Level,
    /// How it is logged
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", env = "PLASMABRIDGE_LOG_FORMAT")]
    log_format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    /// Nothing
    Off,
    /// What could not be done
    Error,
    /// What had to be done in another way too
    Warn,
    /// What was done too
    Info,
    /// Every request too: its method, type, status, time and size
    Debug,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For a person
    Text,
    /// A JSON object a line
    Json,
}

impl Logging {
    /// Starts to log.
    pub fn start(&self) {
        let level = match self.log {
            Level::Off => LevelFilter::OFF,
            Level::Error => LevelFilter::ERROR,
            Level::Warn => LevelFilter::WARN,
            Level::Info => LevelFilter::INFO,
            Level::Debug => LevelFilter::DEBUG,
        };
        let ours = Targets::new().with_target("plasmabridge", level);
        let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
        let registry = tracing_subscriber::registry();
        // A second start (in a test) leaves the first as it is.
        let started = match self.log_format {
            Format::Text => registry.with(lines.with_ansi(false).with_filter(ours)).try_init(),
            Format::Json => registry.with(lines.json().with_filter(ours)).try_init(),
        };
        drop(started);
    }
}
