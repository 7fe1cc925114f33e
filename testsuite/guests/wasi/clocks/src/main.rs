//! Every function of wasi:clocks and of wasi:random. Of a value that nobody can foresee it is said whether it
//! is as it should be.

use wasi_bindings::clocks::{monotonic_clock, wall_clock};
use wasi_bindings::io::poll::poll;
use wasi_bindings::random::{insecure, insecure_seed, random};
use wasi_bindings::say;

const MILLISECOND: u64 = 1_000_000;

fn main() {
    wall();
    monotonic();
    timers();
    chance();
}

fn wall() {
    let (first, second) = (wall_clock::now(), wall_clock::now());
    say!("after 2020", first.seconds > 1_577_836_800);
    say!("before 2100", first.seconds < 4_102_444_800);
    say!("nanoseconds of a second", first.nanoseconds < 1_000_000_000);
    let at = |time: wall_clock::Datetime| (time.seconds, time.nanoseconds);
    say!("goes on", at(first) <= at(second));
    let resolution = wall_clock::resolution();
    let fine = resolution.seconds == 0 && (1..=10_000_000).contains(&resolution.nanoseconds);
    say!("its resolution is fine", fine);
}

fn monotonic() {
    let times: Vec<u64> = (0..1000).map(|_| monotonic_clock::now()).collect();
    say!("never goes back", times.is_sorted());
    let resolution = monotonic_clock::resolution();
    say!("its resolution is fine", (1..=10 * MILLISECOND).contains(&resolution));
}

fn timers() {
    let start = monotonic_clock::now();
    let past = monotonic_clock::subscribe_instant(start);
    let first = monotonic_clock::subscribe_instant(0);
    let now = monotonic_clock::subscribe_duration(0);
    // A timer of no length is due when it is looked at, not before.
    let due = poll(&[&past, &first, &now]);
    say!("due", (due.contains(&0), due.contains(&1), due.contains(&2)));
    say!("ready", (past.ready(), first.ready(), now.ready()));
    past.block();
    first.block();
    now.block();

    let start = monotonic_clock::now();
    let soon = monotonic_clock::subscribe_duration(20 * MILLISECOND);
    say!("soon is ready at once", soon.ready());
    soon.block();
    let waited = monotonic_clock::now() - start;
    say!("waited long enough", waited >= 20 * MILLISECOND);
    say!("not for ever", waited < 20_000 * MILLISECOND);
    say!("stays ready", soon.ready());
    soon.block();

    let start = monotonic_clock::now();
    let late = monotonic_clock::subscribe_duration(3_600_000 * MILLISECOND);
    let early = monotonic_clock::subscribe_instant(start + 30 * MILLISECOND);
    let never = monotonic_clock::subscribe_instant(u64::MAX);
    let longest = monotonic_clock::subscribe_duration(u64::MAX);
    say!("the early one", poll(&[&late, &early, &never, &longest]));
    say!("waited for it", monotonic_clock::now() - start >= 30 * MILLISECOND);
    say!("the others", (late.ready(), never.ready(), longest.ready()));
    say!("twice the same", poll(&[&early, &late, &early]));
    say!("what is due already", poll(&[&soon, &late, &early]));
    let many: Vec<_> = (0..100)
        .map(|i| monotonic_clock::subscribe_instant(start + (i % 2) * 3_600_000 * MILLISECOND))
        .collect();
    let due = poll(&many.iter().collect::<Vec<_>>());
    say!("every second of a hundred", due == (0..100).step_by(2).collect::<Vec<u32>>());
}

fn chance() {
    say!("none", random::get_random_bytes(0));
    for length in [1, 7, 256, 100_000] {
        let bytes = random::get_random_bytes(length);
        say!("as many as asked for", bytes.len() as u64 == length);
    }
    let bytes = random::get_random_bytes(100_000);
    say!("other bytes", bytes != random::get_random_bytes(100_000));
    say!("evenly", even(&bytes));
    say!("another number", random::get_random_u64() != random::get_random_u64());

    say!("none", insecure::get_insecure_random_bytes(0));
    for length in [1, 7, 256, 100_000] {
        let bytes = insecure::get_insecure_random_bytes(length);
        say!("as many as asked for", bytes.len() as u64 == length);
    }
    let bytes = insecure::get_insecure_random_bytes(100_000);
    say!("other bytes", bytes != insecure::get_insecure_random_bytes(100_000));
    say!("evenly", even(&bytes));
    let number = insecure::get_insecure_random_u64();
    say!("another number", number != insecure::get_insecure_random_u64());
    let seed = insecure_seed::insecure_seed();
    say!("a seed", seed != (0, 0));
    say!("the same again", seed == insecure_seed::insecure_seed());
}

/// Whether every value of a byte comes about as often as any other: 390 times on average of 100 000, with a
/// deviation of 20. (Ten deviations off is nobody's bad luck.)
fn even(bytes: &[u8]) -> bool {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    counts.iter().all(|count| (190..=590).contains(count))
}
