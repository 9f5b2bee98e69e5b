//! KT_HOME: where the local broker's data, logs and registrations are.
//!
//! `data/` (Kafka's log directory), `logs/server.log`, `run/PID.json` for each broker that runs,
//! `run/start.lock` held while one is started.

use std::path::{Path, PathBuf};

use crate::cli::CommandError;

/// The environment variable that names the folder.
pub(in crate::commands) const HOME_VARIABLE: &str = "KT_HOME";

/// The folder of all that kt keeps on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::commands) struct KtHome {
    root: PathBuf,
}

impl KtHome {
    /// Returns the folder that `KT_HOME` names, else `kt` in the XDG data folder.
    pub(in crate::commands) fn of_environment() -> Result<Self, CommandError> {
        let variable = |name| std::env::var_os(name).filter(|text| !text.is_empty());
        let root = variable(HOME_VARIABLE)
            .map(PathBuf::from)
            .or_else(|| variable("XDG_DATA_HOME").map(|data| Path::new(&data).join("kt")))
            .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".local/share/kt")));
        let Some(root) = root else {
            let sentence = "Neither KT_HOME nor HOME is set: there is no folder for the data";
            return Err(CommandError::failed(sentence).hint("Set KT_HOME to a folder."));
        };
        // Brokers in the background have another working folder than the command.
        std::path::absolute(&root)
            .map(|root| Self { root })
            .map_err(|error| CommandError::failed(format!("{}: {error}", root.display())))
    }

    /// Returns this folder as KT_HOME.
    pub(in crate::commands) fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Returns the folder itself.
    pub(in crate::commands) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the log directory of the local broker.
    pub(in crate::commands) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Returns the folder of the log files.
    pub(in crate::commands) fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// Returns the log file of brokers in the background.
    pub(in crate::commands) fn log_file(&self) -> PathBuf {
        self.logs().join("server.log")
    }

    /// Returns the folder of the registrations.
    pub(in crate::commands) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// Returns the file that is locked while a broker is started.
    pub(in crate::commands) fn start_lock(&self) -> PathBuf {
        self.run().join("start.lock")
    }
}
