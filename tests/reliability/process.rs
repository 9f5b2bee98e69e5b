//! The broker as a process: started on a free port, killed, and started again by itself.
//!
//! A broker can be started under strace, which kills it at the n-th system call of a kind. What
//! was started is always waited for, and killed when it is dropped.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long a start may take, recovery included.
pub const START_PATIENCE: Duration = Duration::from_secs(20);

/// What a broker is started with.
#[derive(Clone, Debug)]
pub struct Setup {
    pub kt: PathBuf,
    /// Folder for the registration, the properties and the log; not on the faulty disk.
    pub home: PathBuf,
    pub data: PathBuf,
    pub settings: Vec<(String, String)>,
}

/// What strace does to a broker.
#[derive(Clone, Debug)]
pub enum Trap {
    /// Kills it when a thread makes the `when`-th of these calls.
    Kill { calls: &'static str, when: u64 },
    /// Lets no records reach the disk: `fdatasync` says that it did, and did nothing.
    NoSync,
}

impl Trap {
    fn arguments(&self) -> [String; 2] {
        match self {
            Self::Kill { calls, when } => [
                format!("--trace={calls}"),
                format!("--inject={calls}:signal=SIGKILL:when={when}"),
            ],
            Self::NoSync => [
                "--trace=fdatasync".to_owned(),
                "--inject=fdatasync:retval=0".to_owned(),
            ],
        }
    }
}

/// How a start ended.
pub enum Started {
    Up(Broker),
    /// It ended before it answered.
    Died(ExitStatus),
}

/// A broker's process, perhaps below a tracer.
pub struct Broker {
    child: Child,
    /// The broker's own process; the child's if there is no tracer.
    pid: Option<Pid>,
    pub port: u16,
}

impl Setup {
    /// Returns where everything that brokers say goes.
    pub fn log_path(&self) -> PathBuf {
        self.home.join("broker.log")
    }

    /// Starts a broker; with `life` it is killed when that has passed and it is not up yet.
    pub fn start(&self, trap: Option<&Trap>, life: Option<Duration>) -> anyhow::Result<Started> {
        let run = self.home.join("run");
        if run.exists() {
            fs::remove_dir_all(&run)?;
        }
        fs::create_dir_all(&self.home)?;
        let mut properties = String::from("node.id=1\nlisteners=PLAINTEXT://127.0.0.1:0\n");
        properties.push_str(&format!("log.dirs={}\n", self.data.display()));
        for (key, value) in &self.settings {
            properties.push_str(&format!("{key}={value}\n"));
        }
        let file = self.home.join("server.properties");
        fs::write(&file, properties)?;
        let mut command = match trap {
            None => Command::new(&self.kt),
            Some(trap) => {
                let mut command = Command::new("strace");
                command.args(["-f", "-qqq", "-o", "/dev/null"]);
                command.args(trap.arguments());
                command.arg(&self.kt);
                command
            }
        };
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_path())?;
        let child = command
            .arg("server-start")
            .arg(&file)
            .env("KT_HOME", &self.home)
            .env_remove("KT_BOOTSTRAP_SERVER")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {command:?}"))?;
        let mut broker = Broker {
            pid: None,
            child,
            port: 0,
        };
        if trap.is_none() {
            broker.pid = Some(Pid::from_child(&broker.child));
        }
        broker.wait_until_up(&run, life)
    }

    /// Starts a broker that must come up.
    pub fn start_surely(&self, trap: Option<&Trap>) -> anyhow::Result<Broker> {
        match self.start(trap, None)? {
            Started::Up(broker) => Ok(broker),
            Started::Died(status) => bail!("the broker did not start: {status}"),
        }
    }
}

impl Broker {
    fn wait_until_up(mut self, run: &Path, life: Option<Duration>) -> anyhow::Result<Started> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Started::Died(status));
            }
            if self.pid.is_none() {
                self.pid = only_child_of(&self.child);
            }
            if let Some(port) = registered_port(run) {
                self.port = port;
                return Ok(Started::Up(self));
            }
            if life.is_some_and(|life| begin.elapsed() >= life) && self.pid.is_some() {
                let status = self.kill()?;
                return Ok(Started::Died(status));
            }
            if begin.elapsed() > START_PATIENCE {
                bail!("the broker is not up after {START_PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// Returns whether the process is gone.
    pub fn is_gone(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// Kills the broker, waits for it, and returns how it ended; it may have ended before.
    pub fn kill(&mut self) -> io::Result<ExitStatus> {
        self.end(Signal::KILL)
    }

    /// Stops the broker in good order.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        let status = self.end(Signal::TERM)?;
        if status.code() != Some(143) {
            bail!("the broker did not stop in good order: {status}");
        }
        Ok(())
    }

    fn end(&mut self, signal: Signal) -> io::Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        if let Some(pid) = self.pid {
            // It may have ended just now.
            let _gone = kill_process(pid, signal);
        }
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if begin.elapsed() > START_PATIENCE {
                self.child.kill()?;
                let status = self.child.wait()?;
                return Err(io::Error::other(format!("stuck in its end: {status}")));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ended = self.kill();
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Returns the process that a tracer has started, once there is one.
fn only_child_of(tracer: &Child) -> Option<Pid> {
    let tracer = tracer.id();
    let children = fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).ok()?;
    let child = children.split_whitespace().next()?.parse().ok()?;
    // strace itself tries things out in short-lived children first.
    let name = fs::read_to_string(format!("/proc/{child}/comm")).ok()?;
    (name.trim() != "strace").then_some(())?;
    Pid::from_raw(child)
}

/// Returns the port that a broker has registered.
fn registered_port(run: &Path) -> Option<u16> {
    let entries = fs::read_dir(run).ok()?.flatten();
    let mut files = entries.map(|entry| entry.path());
    let file = files.find(|path| path.extension().is_some_and(|end| end == "json"))?;
    let registration = fs::read_to_string(file).ok()?;
    let registration: serde_json::Value = serde_json::from_str(&registration).ok()?;
    let listener = registration.get("listeners")?.get(0)?.as_str()?;
    listener.rsplit_once(':')?.1.parse().ok()
}
