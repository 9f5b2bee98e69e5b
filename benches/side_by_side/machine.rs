//! What the machine is, and what a process uses of it.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Describes the machine in one line.
pub fn describe() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or("?");
    let kernel = read("/proc/sys/kernel/osrelease");
    let control = read("/proc/sys/net/ipv4/tcp_congestion_control");
    format!(
        "{} cores,{}; Linux {}; system congestion control {}; load {}",
        std::thread::available_parallelism().map_or(0, usize::from),
        model.trim_start_matches([' ', '\t', ':']),
        kernel.trim(),
        control.trim(),
        read("/proc/loadavg").split(' ').next().unwrap_or("?"),
    )
}

/// Returns the processor time that the threads of a process have used, in seconds.
pub fn cpu_seconds(pid: u32) -> f64 {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return 0.0;
    };
    let nanoseconds: f64 = tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse::<f64>().ok())
        .sum();
    nanoseconds / 1e9
}

/// Returns the resident memory of a process, in MiB.
pub fn resident_mib(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap_or_default();
    line.trim()
        .trim_end_matches(" kB")
        .parse::<f64>()
        .unwrap_or(f64::NAN)
        / 1024.0
}

/// Runs `action` and returns the processor time of the calling thread meanwhile, in seconds.
pub fn thread_cpu_seconds(action: impl FnOnce()) -> f64 {
    let now = || {
        let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        text.split(' ')
            .next()
            .and_then(|t| t.parse::<f64>().ok())
            .unwrap_or(0.0)
            / 1e9
    };
    let begin = now();
    action();
    now() - begin
}

/// A broker of our own, on a free port, with a directory of its own.
pub struct Broker {
    child: Child,
    directory: PathBuf,
    pub port: u16,
    /// From the spawn to the first accepted connection.
    pub started_in: Duration,
}

impl Broker {
    /// Starts a broker with further settings.
    pub fn start(kt: &Path, settings: &[&str]) -> Self {
        let directory = std::env::temp_dir().join(format!("kt-bench-{}", unique()));
        fs::create_dir_all(&directory).expect("a folder for the broker");
        let port = free_port();
        let properties = directory.join("server.properties");
        let mut text = format!(
            "listeners=PLAINTEXT://127.0.0.1:{port}\nlog.dirs={}\n",
            directory.join("data").display()
        );
        for setting in settings {
            text.push_str(setting);
            text.push('\n');
        }
        fs::write(&properties, text).expect("a properties file");
        let begin = Instant::now();
        let child = Command::new(kt)
            .arg("server-start")
            .arg(&properties)
            .env("KT_HOME", directory.join("home"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("kt starts");
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "the broker does not answer"
            );
            std::thread::sleep(Duration::from_micros(200));
        }
        Self {
            child,
            directory,
            port,
            started_in: begin.elapsed(),
        }
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Runs a kt command against this broker.
    pub fn kt(&self, kt: &Path, arguments: &[&str]) {
        let status = Command::new(kt)
            .args(arguments)
            .arg("--bootstrap-server")
            .arg(self.address())
            .stdout(Stdio::null())
            .status()
            .expect("kt runs");
        assert!(status.success(), "{arguments:?} failed");
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // A benchmark's data is worth nothing: the fast end is the right one.
        let _killed = self.child.kill();
        let _status = self.child.wait();
        let _removed = fs::remove_dir_all(&self.directory);
    }
}

/// Returns a port that is free now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it has an address").port()
}

/// Returns a name that no other call returns.
pub fn unique() -> String {
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    format!("{}-{count}", std::process::id())
}

/// Runs a command to its end and returns its wall time.
pub fn run(command: &mut Command) -> Duration {
    let begin = Instant::now();
    let status = command.status().expect("the command starts");
    let wall = begin.elapsed();
    assert!(status.success(), "{command:?} failed");
    wall
}

/// Reads exactly one frame's payload of a blocking stream into `buffer`.
pub fn read_frame(stream: &mut std::net::TcpStream, buffer: &mut Vec<u8>) -> usize {
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("the broker answers");
    let length = usize::try_from(u32::from_be_bytes(length)).expect("a length");
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
    if let Some(target) = buffer.get_mut(..length) {
        stream.read_exact(target).expect("the broker answers whole");
    }
    length
}
