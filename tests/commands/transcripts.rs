//! One test a command: its transcripts.

use crate::harness::check;

#[test]
fn topics() {
    check("topics");
}

#[test]
fn console_producer() {
    check("console-producer");
}

#[test]
fn console_consumer() {
    check("console-consumer");
}

#[test]
fn consumer_groups() {
    check("consumer-groups");
}

#[test]
fn groups() {
    check("groups");
}

#[test]
fn configs() {
    check("configs");
}

#[test]
fn get_offsets() {
    check("get-offsets");
}

#[test]
fn delete_records() {
    check("delete-records");
}

#[test]
fn dump_log() {
    check("dump-log");
}

#[test]
fn log_dirs() {
    check("log-dirs");
}

#[test]
fn reassign_partitions() {
    check("reassign-partitions");
}

#[test]
fn broker_api_versions() {
    check("broker-api-versions");
}

#[test]
fn storage() {
    check("storage");
}

#[test]
fn server_start() {
    check("server-start");
}

#[test]
fn server_stop() {
    check("server-stop");
}

#[test]
fn run() {
    check("run");
}

#[test]
fn wait() {
    check("wait");
}

#[test]
fn status() {
    check("status");
}

#[test]
fn verify() {
    check("verify");
}

#[test]
fn snapshot() {
    check("snapshot");
}

#[test]
fn replica_verification() {
    check("replica-verification");
}

#[test]
fn install_links() {
    check("install-links");
}

#[test]
fn legacy() {
    check("legacy");
}

#[test]
fn help() {
    check("help");
}
