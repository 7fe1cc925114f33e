//! Programs that obey requests and time their own loops, taking turns: what `copies` and `strings` have in common.
//!
//! A request is three numbers: an operation, what it is about, and how many rounds of it; operation 0 hands over the
//! bytes to work with, `guests/copies.wat` says the rest. A reply has the time that the rounds took, and a sum and a digest of what
//! they received, so that nobody can win by leaving something out.

use crate::statistics::Samples;
use nanocc_testsuite::Result;
use nanocc_testsuite::mutate::Random;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// How long a turn takes, about.
const TURN: Duration = Duration::from_millis(1);

/// What a program says of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reply {
    nanoseconds: u64,
    sum: u64,
    digest: u64,
}

/// A program that obeys requests.
pub struct Player {
    name: &'static str,
    child: Child,
    requests: Option<ChildStdin>,
    replies: ChildStdout,
}

impl Player {
    /// Starts it, with pipes to it and from it.
    pub fn start(name: &'static str, command: &mut Command) -> Result<Player> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{name}: {error}"))?;
        let missing = || format!("{name}: a pipe is missing");
        Ok(Player {
            name,
            requests: Some(child.stdin.take().ok_or_else(missing)?),
            replies: child.stdout.take().ok_or_else(missing)?,
            child,
        })
    }

    fn request(&mut self, numbers: [u32; 3], data: &[u8]) -> Result<()> {
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        bytes.extend(data);
        let pipe = self.requests.as_mut().ok_or("the program has ended")?;
        pipe.write_all(&bytes)
            .map_err(|error| format!("{}: {error}", self.name))
    }

    /// What the turns from now on move.
    pub fn keep(&mut self, data: &[u8]) -> Result<()> {
        self.request([0, data.len() as u32, 0], data)
    }

    fn turn(&mut self, operation: u32, bytes: u32, rounds: u32) -> Result<Reply> {
        self.request([operation, bytes, rounds], &[])?;
        let mut reply = [0; 24];
        self.replies
            .read_exact(&mut reply)
            .map_err(|error| format!("{}: {error}", self.name))?;
        let mut numbers = reply
            .as_chunks::<8>()
            .0
            .iter()
            .map(|bytes| u64::from_le_bytes(*bytes));
        let mut number = || numbers.next().unwrap_or_default();
        Ok(Reply {
            nanoseconds: number(),
            sum: number(),
            digest: number(),
        })
    }

    /// Ends it.
    pub fn finish(mut self) -> Result<()> {
        drop(self.requests.take());
        let status = self.child.wait().map_err(|error| error.to_string())?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("{}: {status}", self.name))
        }
    }
}

impl Drop for Player {
    /// An error leaves programs that wait for requests: the end of the input ends them.
    fn drop(&mut self) {
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}

/// One column: who does what, and the nanoseconds that a round took.
pub struct Entrant {
    /// The player's place in the slice.
    player: usize,
    operation: u32,
    /// The request's second number.
    about: u32,
    rounds: u32,
    pub samples: Samples,
}

impl Entrant {
    /// A player who does `operation` about `about`.
    pub fn new(player: usize, operation: u32, about: u32) -> Entrant {
        Entrant {
            player,
            operation,
            about,
            rounds: 0,
            samples: Samples::default(),
        }
    }
}

/// Lets the entrants take `turns` turns each, in random order, after finding out how many rounds make one. `expected`
/// says which sum and digest so many rounds have to give; `what` is for the message if they don't.
pub fn take_turns(
    players: &mut [Player],
    entrants: &mut [Entrant],
    turns: u32,
    what: &str,
    expected: impl Fn(u32) -> (u64, u64),
) -> Result<()> {
    let turn = |players: &mut [Player], entrant: &Entrant, rounds: u32| {
        let player = &mut players[entrant.player];
        let reply = player.turn(entrant.operation, entrant.about, rounds)?;
        let wanted = expected(rounds);
        if (reply.sum, reply.digest) != wanted {
            let name = player.name;
            return Err(format!(
                "{name}: {what}, {rounds} rounds: sum and digest are {:x?}, not {wanted:x?}",
                (reply.sum, reply.digest)
            ));
        }
        Ok(reply.nanoseconds)
    };
    for entrant in entrants.iter_mut() {
        // The first rounds find pages that nobody touched yet.
        turn(players, entrant, 3)?;
        let mut rounds = 8;
        entrant.rounds = loop {
            let nanoseconds = turn(players, entrant, rounds)?.max(1);
            let share = TURN.as_nanos() as f64 / nanoseconds as f64;
            if share < 10.0 {
                break (f64::from(rounds) * share).ceil().max(1.0) as u32;
            }
            rounds *= 8;
        };
    }
    let mut random = Random::new(1);
    let mut order: Vec<usize> = (0..entrants.len()).collect();
    for _ in 0..turns {
        for i in (1..order.len()).rev() {
            order.swap(i, random.below(i + 1));
        }
        for &i in &order {
            let rounds = entrants[i].rounds;
            let nanoseconds = turn(players, &entrants[i], rounds)?;
            entrants[i]
                .samples
                .add(nanoseconds as f64 / f64::from(rounds));
        }
    }
    Ok(())
}

/// The sum of the first and the last byte.
pub fn ends(bytes: &[u8]) -> u64 {
    match bytes {
        [first, .., last] => u64::from(*first) + u64::from(*last),
        [only] => 2 * u64::from(*only),
        [] => 0,
    }
}

/// FNV-1a.
pub fn digest(bytes: &[u8]) -> u64 {
    let hash = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, hash)
}
