//! The line tools beside kcat: a file of lines into a topic, and out again.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::machine::{Broker, run};

/// Writes `count` varied JSON lines of 100 bytes, end of line included.
pub fn line_file(directory: &Path, count: u32) -> PathBuf {
    let path = directory.join("lines.txt");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&path).expect("a file"));
    let mut state = 1_u32;
    for index in 0..count {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let mut line = format!(
            "{{\"id\":{index:08},\"user\":\"u{:06}\",\"path\":\"/v1/items/{:05}\",\"ms\":{:04},\
             \"ok\":true,\"note\":\"",
            state % 1_000_000,
            state % 65_521,
            state % 5_003
        );
        while line.len() < 97 {
            line.push('x');
        }
        line.truncate(97);
        line.push_str("\"}");
        out.write_all(line.as_bytes()).expect("room");
        out.write_all(b"\n").expect("room");
    }
    out.flush().expect("room");
    path
}

/// `kt console-producer < file`.
pub fn kt_produce(kt: &Path, broker: &Broker, topic: &str, file: &Path) -> Duration {
    run(Command::new(kt)
        .args([
            "console-producer",
            "--topic",
            topic,
            "--bootstrap-server",
            &broker.address(),
        ])
        .stdin(File::open(file).expect("the lines"))
        .stdout(Stdio::null()))
}

/// `kcat -P -l file`.
pub fn kcat_produce(broker: &Broker, topic: &str, file: &Path) -> Duration {
    run(Command::new("kcat")
        .args(["-b", &broker.address(), "-P", "-t", topic, "-p", "0", "-l"])
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null()))
}

/// `kt console-consumer > /dev/null`.
pub fn kt_consume(kt: &Path, broker: &Broker, topic: &str, count: u32) -> Duration {
    run(Command::new(kt)
        .args([
            "console-consumer",
            "--topic",
            topic,
            "--bootstrap-server",
            &broker.address(),
        ])
        .args(["--from-beginning", "--max-messages", &count.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null()))
}

/// `kcat -C -e > /dev/null`, with queues large enough that it never backs off.
pub fn kcat_consume(broker: &Broker, topic: &str) -> Duration {
    run(Command::new("kcat")
        .args([
            "-b",
            &broker.address(),
            "-C",
            "-t",
            topic,
            "-p",
            "0",
            "-e",
            "-o",
            "beginning",
            "-q",
        ])
        .args(["-X", "queued.min.messages=10000000"])
        .args(["-X", "queued.max.messages.kbytes=2000000"])
        .stdout(Stdio::null())
        .stderr(Stdio::null()))
}
