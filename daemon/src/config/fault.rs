//! Why a configuration was refused, and where.

use std::fmt;
use std::path::PathBuf;

use super::Action;

/// One thing that is wrong. The texts with "must be" are the legacy ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// On the command line.
    Usage(String),
    /// In the environment.
    Variable { name: String, text: String },
    /// In the file, at a place, from 1.
    File { path: PathBuf, line: usize, column: usize, text: String },
    /// The file as a whole, or several settings together.
    Whole(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Usage(text) | Fault::Whole(text) => f.write_str(text),
            Fault::Variable { name, text } => write!(f, "{name}: {text}"),
            Fault::File { path, line, column, text } => {
                write!(f, "{}:{line}:{column}: {text}", path.display())
            }
        }
    }
}

/// Everything that is wrong; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    pub faults: Vec<Fault>,
    pub warnings: Vec<String>,
    /// What was asked for, when that much could be read.
    pub action: Option<Action>,
}

impl ConfigError {
    /// Is it what the command line or the environment says, rather than a file?
    pub fn is_usage(&self) -> bool {
        let usage = |it: &Fault| matches!(it, Fault::Usage(_) | Fault::Variable { .. });
        self.faults.iter().any(usage)
    }
}

/// One fault a line.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.faults.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

impl From<Fault> for ConfigError {
    fn from(fault: Fault) -> ConfigError {
        ConfigError { faults: vec![fault], warnings: Vec::new(), action: None }
    }
}
