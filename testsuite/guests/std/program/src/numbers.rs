//! What the standard library computes: memory, numbers, order.

use crate::Outcome;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::hint::black_box;

/// Marsaglia's xorshift with 64 bits of state.
struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Grows to some 40 MB, by one block that doubles and by many small ones, a part of them freed.
pub fn memory(_: &[String]) -> Outcome {
    let mut large: Vec<u32> = Vec::new();
    for i in 0..5_000_000_u32 {
        large.push(i.wrapping_mul(2_654_435_761));
    }
    println!(
        "{:#x}",
        large.iter().fold(0_u32, |sum, x| sum.rotate_left(1) ^ x)
    );

    let mut random = Xorshift(42);
    let mut texts: Vec<String> = Vec::new();
    for i in 0..50_000 {
        texts.push("x".repeat((random.next() % 200) as usize) + &i.to_string());
        if random.next() % 3 == 0 {
            let victim = random.next() as usize % texts.len();
            texts.swap_remove(victim);
        }
    }
    println!(
        "{} texts, {:#x}",
        texts.len(),
        fnv(texts.iter().flat_map(|t| t.bytes()))
    );

    let zeroed = vec![0_u8; 10 << 20];
    println!(
        "{} of {} bytes are zero",
        zeroed.iter().filter(|b| **b == 0).count(),
        zeroed.len()
    );

    let mut too_much: Vec<u8> = Vec::new();
    println!(
        "3 GiB more: {}",
        too_much.try_reserve_exact(3 << 30).is_ok()
    );
    Ok(())
}

pub fn floats(_: &[String]) -> Outcome {
    for x in [
        0.0,
        -0.0,
        1.0,
        0.1,
        1.0 / 3.0,
        1e21,
        1e-7,
        123_456_789.125,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        std::f64::consts::PI,
    ] {
        println!("{x} {x:?} {x:e} {x:.3} {:?} {:#x}", x as f32, x.to_bits());
        println!("    {} {} {} {}", x as i32, x as u8, x as i64, x as u64);
        println!(
            "    {:?} {:?} {:?} {:?}",
            x.floor(),
            x.ceil(),
            x.trunc(),
            x.round_ties_even()
        );
        println!("    {:?} {:?} {:?}", x.sqrt(), x.min(0.5), x.copysign(-1.0));
    }
    for text in [
        "0.1",
        "1e400",
        "-1e-400",
        "2.2250738585072011e-308",
        "9007199254740993",
        "nan",
        "+inf",
        "1.",
        ".5",
        "",
        "0x1",
    ] {
        println!(
            "{text:?}: {:?} {:?}",
            text.parse::<f64>(),
            text.parse::<f32>()
        );
    }
    let x = black_box(0.7_f64);
    println!("{:?} {:?} {:?} {:?}", x.sin(), x.exp(), x.ln(), x.powf(2.5));
    println!(
        "{:?} {:?} {:?}",
        x.mul_add(3.0, 1.0),
        x.hypot(1.1),
        x.atan2(-0.2)
    );
    let mut random = Xorshift(7);
    let mut sum = 0.0_f64;
    let mut texts = 0_u64;
    for _ in 0..2000 {
        let y = f64::from_bits(random.next());
        if y.is_finite() {
            let text = y.to_string();
            assert_eq!(
                text.parse::<f64>()?.to_bits(),
                y.to_bits(),
                "{text} doesn't read as what was printed"
            );
            texts = texts.wrapping_mul(31).wrapping_add(fnv(text.bytes()));
        }
        sum += (y % 1e9).abs().min(1e9);
    }
    println!("{sum:?} {texts:#x}");
    Ok(())
}

pub fn integers(_: &[String]) -> Outcome {
    let a = black_box(i128::MAX / 7);
    let b = black_box(-123_456_789_012_345_678_901_234_567_i128);
    println!("{} {} {} {}", a / b, a % b, a.wrapping_mul(b), a >> 77);
    println!(
        "{:?} {:?} {:?}",
        a.checked_mul(b),
        a.checked_add(b),
        a.overflowing_mul(3 + b)
    );
    println!("{} {}", b as f64, black_box(1e30_f64) as i128);
    println!(
        "{:?} {:?}",
        "170141183460469231731687303715884105728".parse::<i128>(),
        "-0".parse::<u128>()
    );
    println!("{} {}", u128::MAX, i128::MIN);

    for x in [0_u64, 1, 0x8000_0000, u64::MAX, 0x0123_4567_89ab_cdef].map(black_box) {
        println!(
            "{} {} {} {:#x}",
            x.leading_zeros(),
            x.trailing_zeros(),
            x.count_ones(),
            x.rotate_left(13)
        );
        println!(
            "{} {} {} {}",
            x as i8,
            x as i16,
            x as i32 as i64,
            x.swap_bytes()
        );
        println!(
            "{:?} {:?} {:?}",
            x.checked_add(7),
            x.checked_mul(3),
            x.checked_shl(black_box(64))
        );
        println!(
            "{} {}",
            x.wrapping_shl(black_box(70)),
            (x as i64).wrapping_shr(65)
        );
        println!(
            "{:?} {:?}",
            (x as i32).checked_div(-1),
            (x as i64).checked_rem(black_box(-1))
        );
        println!("{:o} {:b} {:X} {x:>25} {x:<25}|", x, x, x);
    }
    println!(
        "{:?} {:?}",
        i32::MIN.checked_div(black_box(-1)),
        i64::MIN.wrapping_rem(black_box(-1))
    );
    println!(
        "{:?} {:?} {:?}",
        "".parse::<u8>(),
        "256".parse::<u8>(),
        "-129".parse::<i8>()
    );
    Ok(())
}

pub fn sort(_: &[String]) -> Outcome {
    let mut random = Xorshift(2026);
    let numbers: Vec<u64> = (0..30_000).map(|_| random.next() % 100_000).collect();
    let mut stable: Vec<(u64, usize)> = numbers.iter().copied().zip(0..).collect();
    stable.sort_by_key(|pair| pair.0);
    assert!(
        stable.is_sorted(),
        "a stable sort changed the order of equals"
    );
    let mut unstable = numbers.clone();
    unstable.sort_unstable();
    assert!(unstable.iter().eq(stable.iter().map(|pair| &pair.0)));
    let mut heap: BinaryHeap<u64> = numbers.iter().copied().collect();
    let tree: BTreeMap<u64, usize> = stable.iter().copied().collect();
    println!(
        "{:?} {:?} {:?}",
        &unstable[..5],
        heap.pop(),
        tree.range(50_000..).next()
    );

    let mut words: Vec<String> = numbers
        .iter()
        .take(2000)
        .map(|n| format!("{n:x}"))
        .collect();
    words.sort_by(|a, b| a.chars().rev().cmp(b.chars().rev()));
    words.dedup();
    println!("{:#x} {:?}", fnv(words.concat().bytes()), &words[..4]);
    let mut queue: VecDeque<&str> = words.iter().map(String::as_str).collect();
    queue.rotate_left(100);
    println!(
        "{:?} {:?} {:?}",
        queue.front(),
        queue.back(),
        queue.iter().position(|w| w.len() == 1)
    );
    println!(
        "{}",
        "Grüße, мир, 世界 🦀"
            .to_uppercase()
            .chars()
            .rev()
            .collect::<String>()
    );
    println!(
        "{:?}",
        "a,b,,c\n"
            .trim_end()
            .split(',')
            .map(str::len)
            .collect::<Vec<_>>()
    );
    println!(
        "{:?}",
        String::from_utf8_lossy(b"caf\xc3\xa9 \xff\xfe \xe2\x82")
    );
    Ok(())
}

pub fn recursion(_: &[String]) -> Outcome {
    /// Keeps something on the stack, so that no optimiser makes a loop of it.
    fn depth(level: u64) -> u64 {
        let kept = black_box([level, level ^ 5]);
        if level == 0 {
            1
        } else {
            depth(level - 1).wrapping_mul(3) ^ kept[1]
        }
    }
    println!("{}", depth(10_000));
    fn ackermann(m: u32, n: u32) -> u32 {
        match (m, n) {
            (0, n) => n + 1,
            (m, 0) => ackermann(m - 1, 1),
            (m, n) => ackermann(m - 1, ackermann(m, n - 1)),
        }
    }
    println!("{}", ackermann(2, 300));
    Ok(())
}
