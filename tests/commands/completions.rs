//! The scripts in `completions/` are those that the binary prints.

use std::fs;
use std::path::Path;

use crate::harness::{Bench, text};

#[test]
fn the_scripts_in_the_repository_are_up_to_date() {
    let bench = Bench::new();
    for (shell, file) in [("bash", "kt.bash"), ("zsh", "_kt"), ("fish", "kt.fish")] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("completions")
            .join(file);
        let kept = fs::read_to_string(&path).expect("a script can be read");
        let printed = text(&bench.run(&format!("kt completions {shell}")).stdout);
        assert!(
            kept == printed,
            "kt completions {shell} > completions/{file}"
        );
    }
}
