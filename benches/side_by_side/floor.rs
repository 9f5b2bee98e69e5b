//! The floors: the least that the machine lets anyone do, measured alone.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::machine::thread_cpu_seconds;

/// Receives `total` bytes in pieces of `piece`, sums each up and writes it into allocated blocks;
/// returns the processor seconds of the receiving thread.
pub fn receive_check_write(directory: &Path, total: usize, piece: usize) -> f64 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    let sender = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).expect("connects");
        let _unsupported = rustix::net::sockopt::set_tcp_congestion(&stream, "cubic");
        let block = vec![7_u8; piece];
        for _ in 0..total / piece {
            stream.write_all(&block).expect("the receiver reads");
        }
    });
    let (mut stream, _) = listener.accept().expect("accepts");
    let _unsupported = rustix::net::sockopt::set_tcp_congestion(&stream, "cubic");
    let path = directory.join("floor");
    let file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .open(&path)
        .expect("a file");
    let bytes = u64::try_from(total).expect("a size");
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, bytes).expect("blocks");
    let mut buffer = vec![0; piece];
    let seconds = thread_cpu_seconds(|| {
        let mut position = 0;
        let mut sums = 0_u64;
        for _ in 0..total / piece {
            stream.read_exact(&mut buffer).expect("the sender sends");
            sums ^= crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, &buffer);
            file.write_all_at(&buffer, position)
                .expect("the disk has room");
            position += u64::try_from(piece).expect("a size");
        }
        std::hint::black_box(sums);
    });
    sender.join().expect("the sender ends");
    drop(file);
    std::fs::remove_file(path).expect("it is there");
    seconds
}

/// Answers `count` requests of `request` bytes with `answer` bytes, `in_flight` on the way; returns
/// the processor seconds of the answering thread and the median time of an answer.
pub fn echo(count: usize, request: usize, answer: usize, in_flight: usize) -> (f64, Duration) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    let (send, receive) = mpsc::channel();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("accepts");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        let mut incoming = vec![0; request];
        let outgoing = vec![1; answer];
        let seconds = thread_cpu_seconds(|| {
            for _ in 0..count {
                stream.read_exact(&mut incoming).expect("the client sends");
                stream.write_all(&outgoing).expect("the client reads");
            }
        });
        send.send(seconds).expect("someone listens");
    });
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.set_nodelay(true).expect("TCP_NODELAY");
    let outgoing = vec![2; request];
    let mut incoming = vec![0; answer];
    let mut times = Vec::with_capacity(count);
    let mut sent_at = std::collections::VecDeque::new();
    let mut sent = 0;
    while times.len() < count {
        while sent < count && sent - times.len() < in_flight {
            sent_at.push_back(Instant::now());
            stream.write_all(&outgoing).expect("the server reads");
            sent += 1;
        }
        stream
            .read_exact(&mut incoming)
            .expect("the server answers");
        times.push(sent_at.pop_front().expect("one was sent").elapsed());
    }
    server.join().expect("the server ends");
    times.sort();
    let median = times.get(count / 2).copied().unwrap_or_default();
    (receive.recv().expect("the server told"), median)
}

/// Sends a cached file over loopback by read and write; returns bytes a second.
pub fn cache_to_loopback(path: &Path, piece: usize) -> f64 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    let path = path.to_owned();
    let sender = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("accepts");
        let _unsupported = rustix::net::sockopt::set_tcp_congestion(&stream, "cubic");
        let file = std::fs::File::open(path).expect("the file");
        let mut buffer = vec![0; piece];
        let mut position = 0;
        loop {
            let count = file.read_at(&mut buffer, position).expect("the file reads");
            if count == 0 {
                return;
            }
            stream
                .write_all(buffer.get(..count).expect("count fits"))
                .expect("the peer reads");
            position += u64::try_from(count).expect("a size");
        }
    });
    let mut stream = TcpStream::connect(address).expect("connects");
    let _unsupported = rustix::net::sockopt::set_tcp_congestion(&stream, "cubic");
    let mut buffer = vec![0; piece];
    let begin = Instant::now();
    let mut total = 0_u32;
    let mut bytes = 0.0;
    loop {
        let count = stream.read(&mut buffer).expect("the sender sends");
        if count == 0 {
            break;
        }
        total = total.wrapping_add(1);
        bytes += f64::from(u32::try_from(count).expect("a read is below 4 GiB"));
    }
    std::hint::black_box(total);
    let seconds = begin.elapsed().as_secs_f64();
    sender.join().expect("the sender ends");
    bytes / seconds
}

/// Appends `bytes` and calls fdatasync, `count` times; returns the median time.
pub fn fdatasync(directory: &Path, bytes: usize, count: u64) -> Duration {
    let path = directory.join("sync-floor");
    let file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .open(&path)
        .expect("a file");
    let block = vec![3; bytes];
    let size = u64::try_from(bytes).expect("a size");
    let mut times: Vec<Duration> = (0..count)
        .map(|index| {
            let begin = Instant::now();
            file.write_all_at(&block, index * size)
                .expect("the disk has room");
            file.sync_data().expect("the disk works");
            begin.elapsed()
        })
        .collect();
    std::fs::remove_file(path).expect("it is there");
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
