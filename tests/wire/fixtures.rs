//! Recorded messages: what Kafka and its clients put on the wire, read and written again.
//!
//! `fixtures/<api>_v<version>_<request or response>.hex` is one frame without its length, in hex;
//! a first line after `#` says who sent it to whom. There is one for each API, version and
//! direction, so a new row or version in the table of APIs asks for its fixtures.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use kt::protocol::{APIS, ApiKey, ApiRow};

use crate::samples::{Direction, reframe};

/// Produce below version 3 is listed for old clients' sake, and refused.
const PRODUCE_MIN: i16 = 3;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/fixtures")
}

/// Returns the fixture's name for an API: `ListOffsets` is `list_offsets`.
fn snake(row: &ApiRow) -> String {
    let mut name = String::new();
    for letter in row.name.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// Calls `check` with every fixture that the table of APIs asks for.
fn for_each_fixture(mut check: impl FnMut(ApiKey, Direction, i16, &str)) {
    for row in APIS {
        for version in row.versions.min..=row.versions.max {
            if row.key == ApiKey::Produce && version < PRODUCE_MIN {
                continue;
            }
            for (direction, suffix) in [
                (Direction::Request, "request"),
                (Direction::Response, "response"),
            ] {
                let name = format!("{}_v{version}_{suffix}.hex", snake(row));
                check(row.key, direction, version, &name);
            }
        }
    }
}

fn read(name: &str) -> Bytes {
    let text = std::fs::read_to_string(folder().join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let digits: Vec<u8> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.chars())
        .map(|digit| u8::try_from(digit.to_digit(16).expect("hex")).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

#[test]
fn every_recorded_frame_is_read_and_written_alike() {
    for_each_fixture(|key, direction, version, name| {
        let frame = read(name);
        let again = reframe(key, direction, version, frame.clone())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(hex(&again), hex(&frame), "{name}");
    });
}

#[test]
fn every_truncation_of_a_recorded_frame_is_refused() {
    for_each_fixture(|key, direction, version, name| {
        let frame = read(name);
        for length in 0..frame.len() {
            let cut = frame.slice(..length);
            assert!(
                reframe(key, direction, version, cut).is_err(),
                "{name} cut to {length}"
            );
        }
    });
}

#[test]
fn no_fixture_lies_about_unread() {
    let mut asked = BTreeSet::new();
    for_each_fixture(|_, _, _, name| {
        asked.insert(name.to_owned());
    });
    let found: BTreeSet<String> = folder()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, asked);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
