//! Asks for each id on the command line whether it may pass, and says so in a line each.
//! Exit status: 0 if every id was verified, 1 if any was refused.

wit_bindgen::generate!({ path: "../wit", world: "checkpoint" });

use example::identity::identity_verification::verify;
use std::process::ExitCode;

/// Who comes by when nobody is named on the command line; not all of them are registered.
const PASSERS_BY: [&str; 4] = ["alice", "eve", "nobody", "mallory"];

fn main() -> ExitCode {
    let mut ids: Vec<String> = std::env::args().skip(1).collect();
    if ids.is_empty() {
        ids = PASSERS_BY.map(String::from).to_vec();
    }
    let mut all_verified = true;
    for id in &ids {
        match verify(id) {
            Ok(suspect) => println!("{}: threat level {}", suspect.id, suspect.threat_level),
            Err(reason) => {
                println!("{id}: refused: {reason}");
                all_verified = false;
            }
        }
    }
    if all_verified {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
