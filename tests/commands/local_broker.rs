//! The life of the local broker, as the commands see it.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use crate::harness::{Bench, text};

/// A broker's settings on a free port, in the bench's folder.
const ANY_PORT: &str = "--override listeners=PLAINTEXT://127.0.0.1:0";

fn pid(bench: &Bench) -> String {
    let found = bench.run("ls \"$KT_HOME/run\" | sed -n 's/.json$//p'");
    text(&found.stdout).trim().to_owned()
}

#[test]
fn a_broker_in_the_background_is_registered_until_it_is_stopped() {
    let bench = Bench::new();
    let started = bench.run(&format!("kt server-start -daemon {ANY_PORT}"));
    assert!(started.status.success(), "{}", text(&started.stderr));
    let pid = pid(&bench);
    assert!(!pid.is_empty());
    let log = text(&bench.run("cat $KT_HOME/logs/server.log").stdout);
    for line in [
        "INFO Kafka version: 4.3.1",
        "INFO [KafkaServer id=1] started",
        "RECOVERY to RUNNING",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    let stopped = bench.run("kt server-stop");
    assert!(stopped.status.success(), "{}", text(&stopped.stderr));
    let left = bench.run(&format!("ps -o stat= -p {pid} | grep -v Z"));
    assert_eq!(text(&left.stdout), "");
    let again = bench.run("kt server-stop");
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(text(&again.stdout), "No kafka server to stop\n");
}

#[test]
fn a_broker_in_the_background_has_its_own_session_and_holds_nobodys_pipe() {
    let bench = Bench::new();
    // The third descriptor is a pipe that the reader waits on: a broker that held it would keep
    // the reader waiting for ever.
    let line = format!("{{ kt server-start -daemon {ANY_PORT} 3>&1 >/dev/null 2>&1; }} | cat");
    let mut command = bench.command(&line);
    command.stdout(Stdio::piped());
    let output = command.output().expect("a shell runs");
    assert!(output.status.success());
    let pid = pid(&bench);
    let session = bench.run(&format!("ps -o sid= -p {pid} | tr -d ' '"));
    assert_eq!(text(&session.stdout).trim(), pid);
}

#[test]
fn a_killed_broker_is_not_taken_for_a_running_one() {
    let bench = Bench::new();
    assert!(
        bench
            .run(&format!("kt server-start -daemon {ANY_PORT}"))
            .status
            .success()
    );
    let killed = bench.run(&format!("kill -9 {}", pid(&bench)));
    assert!(killed.status.success());
    let stopped = bench.run("until ! kt server-stop; do :; done; ls $KT_HOME/run | grep json");
    assert_eq!(text(&stopped.stdout), "No kafka server to stop\n");
}

#[test]
fn server_start_ends_with_143_after_sigterm_and_130_after_sigint() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let bench = Bench::new();
        let line = format!(
            "kt server-start {ANY_PORT} > log 2>&1 & p=$!
             until grep -q 'Kafka Server started' log; do kill -0 $p || exit 99; done
             SIGNAL={signal} kt server-stop; wait $p"
        );
        // A shell's background jobs ignore SIGINT; the broker asks for it all the same.
        let output = bench.run(&line);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{signal}: {}",
            text(&output.stderr)
        );
        let log = text(&bench.run("cat log").stdout);
        assert!(
            log.contains(&format!("Terminating process due to signal SIG{signal}")),
            "{log}"
        );
    }
}

#[test]
fn two_brokers_of_one_home_are_stopped_one_by_one() {
    let bench = Bench::new();
    for id in [1, 2] {
        let line = format!(
            "kt server-start -daemon {ANY_PORT} --override node.id={id} \
             --override log.dirs=$PWD/data-{id}"
        );
        let started = bench.run(&line);
        assert!(started.status.success(), "{}", text(&started.stderr));
    }
    assert!(bench.run("kt server-stop --node-id=2").status.success());
    let left = bench.run("kt server-stop --node-id 2; kt server-stop --node-id=1 && echo one");
    assert_eq!(text(&left.stdout), "No kafka server to stop\none\n");
}

#[test]
fn run_leaves_nothing_behind_even_when_it_is_killed() {
    let bench = Bench::new();
    // The command tells the broker's folder by its address's process, then kt is killed.
    let line = "export TMPDIR=$PWD/tmp; mkdir tmp
        kt run -- sh -c 'echo $$ > ready; exec sleep 60' & p=$!
        until [ -s ready ]; do kill -0 $p || exit 99; done
        ls tmp | wc -l
        kill -9 $p
        for i in $(seq 400); do [ -z \"$(ls tmp)\" ] && break; sleep 0.05; done
        ls tmp | wc -l
        kill $(cat ready)";
    let output = bench.run(line);
    assert_eq!(text(&output.stdout), "1\n0\n", "{}", text(&output.stderr));
}

#[test]
fn run_passes_sigterm_on_and_ends_with_its_code() {
    let bench = Bench::new();
    let line = "kt run -- bash -c 'trap \"exit 7\" TERM; echo ready > ready
            while :; do sleep 0.05; done' & p=$!
        until [ -s ready ]; do kill -0 $p || exit 99; done; kill $p; wait $p";
    let output = bench.run(line);
    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
}

#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let bench = Bench::new();
    let output = bench.run("set -o pipefail; kt completions bash | head -1 > /dev/null");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(output.status.signal(), None);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn commands_that_start_at_once_end_with_one_broker() {
    let bench = Bench::new();
    let line = "for i in 1 2 3 4; do kt topics --list > out$i 2> err$i & done; wait
        cat err* | grep -c 'Started a local broker'; ls $KT_HOME/run | grep -c json; cat out*";
    let output = bench.run(line);
    assert_eq!(
        text(&output.stdout),
        "1\n1\n\n\n\n\n",
        "{}",
        text(&output.stderr)
    );
}
