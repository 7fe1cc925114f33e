use super::*;
use crate::guarded::Guarded;

/// Bytes that tell their places apart.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 251) as u8).collect()
}

/// Lengths around every boundary between one way of copying and another.
fn lengths() -> Vec<usize> {
    (0..=300)
        .chain(2030..2070)
        .chain([4095, 4096, 10_000])
        .collect()
}

#[test]
fn memcpy_copies_exactly() {
    for n in lengths() {
        for (dst, src) in [(0, 0), (1, 0), (0, 1), (15, 3), (7, 9)] {
            let from = pattern(n + 64);
            let mut to = vec![0xee; n + 64];
            // SAFETY: both areas lie in their vectors.
            let result =
                unsafe { memcpy(to.as_mut_ptr().add(16 + dst), from.as_ptr().add(src), n) };
            assert_eq!(result, to[16 + dst..].as_mut_ptr());
            assert_eq!(
                to[16 + dst..][..n],
                from[src..][..n],
                "n {n} dst {dst} src {src}"
            );
            assert!(
                to[..16 + dst]
                    .iter()
                    .chain(&to[16 + dst + n..])
                    .all(|&b| b == 0xee)
            );
        }
    }
}

#[test]
fn memmove_copies_across_an_overlap() {
    for n in lengths() {
        for distance in [0, 1, 3, 15, 16, 17, 63, 64, 65, 100, 128, 1000] {
            for (dst, src) in [(distance, 0), (0, distance)] {
                let before = pattern(n + distance + 40);
                let mut wanted = before.clone();
                wanted.copy_within(20 + src..20 + src + n, 20 + dst);
                let mut got = before.clone();
                let at = got.as_mut_ptr();
                // SAFETY: both areas lie in the vector.
                unsafe { memmove(at.add(20 + dst), at.add(20 + src), n) };
                assert!(got == wanted, "n {n} dst {dst} src {src}");
            }
        }
    }
}

/// Not a byte before or after the areas is touched, however near a page's edge they are.
#[test]
fn nothing_outside_is_touched() {
    let (mut from, mut to) = (Guarded::new(), Guarded::new());
    for n in lengths().into_iter().filter(|&n| n <= 4096) {
        let bytes = pattern(n);
        for src in from.edges(n) {
            from.put(src, &bytes, 0x55);
            for dst in to.edges(n) {
                for copy in [memcpy, memmove] {
                    to.fill(0xee);
                    // SAFETY: both areas have `n` bytes; the same below.
                    unsafe { copy(dst, src, n) };
                    to.check(dst, &bytes, 0xee);
                }
                assert_eq!(unsafe { memcmp(dst, src, n) }, 0);
                to.fill(0xee);
                unsafe { memset(dst, 0xa5, n) };
                to.check(dst, &vec![0xa5; n], 0xee);
            }
        }
        // Within one page, from one edge to a byte beside it and back.
        if (1..4096).contains(&n) {
            let [first, last] = from.edges(n);
            for (src, dst) in [
                (first, first.wrapping_add(1)),
                (first.wrapping_add(1), first),
                (last, last.wrapping_sub(1)),
                (last.wrapping_sub(1), last),
            ] {
                from.put(src, &bytes, 0x55);
                unsafe { memmove(dst, src, n) };
                // The byte of the source that the target doesn't cover.
                let uncovered = if src < dst {
                    (src, bytes[0])
                } else {
                    (src.wrapping_add(n - 1), bytes[n - 1])
                };
                assert_eq!(unsafe { *uncovered.0 }, uncovered.1);
                unsafe { *uncovered.0 = 0x55 };
                from.check(dst, &bytes, 0x55);
            }
        }
    }
}

#[test]
fn memset_sets_exactly() {
    for n in lengths() {
        for offset in 0..17 {
            let mut got = vec![0xee; n + 40];
            // SAFETY: the area lies in the vector.
            unsafe { memset(got.as_mut_ptr().add(offset), 0x1a5, n) };
            let set = offset..offset + n;
            for (i, &b) in got.iter().enumerate() {
                assert_eq!(
                    b,
                    if set.contains(&i) { 0xa5 } else { 0xee },
                    "n {n} + {offset} at {i}"
                );
            }
        }
    }
}

#[test]
fn memcmp_orders_by_the_first_difference() {
    for n in 0..70 {
        let a = pattern(n);
        // SAFETY: the vectors have `n` bytes; the same below.
        assert_eq!(unsafe { memcmp(a.as_ptr(), a.clone().as_ptr(), n) }, 0);
        for at in 0..n {
            let mut b = a.clone();
            b[at] = b[at].wrapping_add(100);
            for later in b.iter_mut().skip(at + 1) {
                *later = !*later;
            }
            let got = unsafe { memcmp(a.as_ptr(), b.as_ptr(), n) };
            assert_eq!(got.signum(), if a < b { -1 } else { 1 }, "n {n} at {at}");
            assert_ne!(unsafe { bcmp(b.as_ptr(), a.as_ptr(), n) }, 0);
        }
    }
}

#[test]
fn strlen_counts_to_the_zero() {
    for n in 0..40 {
        let mut string = vec![b'x'; n];
        string.extend([0, b'y', 0]);
        // SAFETY: the string ends with a zero.
        assert_eq!(unsafe { strlen(string.as_ptr()) }, n);
    }
}

/// Prints ns a call beside libc's: `cargo test --release -- --ignored --nocapture speed`.
#[test]
#[ignore = "a measurement"]
fn speed() {
    type Copy = unsafe extern "C" fn(*mut u8, *const u8, usize) -> *mut u8;
    unsafe extern "C" fn libc(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
        // SAFETY: as `memcpy`.
        unsafe { core::ptr::copy_nonoverlapping(src, dst, n) };
        dst
    }
    unsafe extern "C" fn utf8(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
        // SAFETY: as `memcpy`.
        assert_eq!(unsafe { crate::utf8::nanocc_utf8_copy(dst, src, n) }, 1);
        dst
    }
    unsafe extern "C" fn up(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
        // SAFETY: as `memcpy`.
        unsafe {
            if n > 128 {
                copy_up(dst, src, n)
            } else {
                copy_short(dst, src, n)
            }
        };
        dst
    }
    let from = vec![b'a'; 1 << 21];
    let mut to = vec![1; 1 << 21];
    for n in [
        0,
        5,
        16,
        64,
        100,
        256,
        1024,
        2048,
        4096,
        8192,
        16384,
        65536,
        1 << 20,
    ] {
        print!("{n:8}");
        let all: [(&str, Copy); 4] = [
            ("libc", libc),
            ("ours", memcpy),
            ("loop", up),
            ("utf8", utf8),
        ];
        for (name, f) in all {
            let rounds = (20_000_000 / (n + 50)).max(20);
            let mut best = f64::MAX;
            for _ in 0..5 {
                let start = std::time::Instant::now();
                for i in 0..rounds {
                    // SAFETY: both vectors are longer.
                    std::hint::black_box(unsafe {
                        f(
                            to.as_mut_ptr().add(i & 8),
                            from.as_ptr().add(i & 16),
                            std::hint::black_box(n),
                        )
                    });
                }
                best = best.min(start.elapsed().as_nanos() as f64 / rounds as f64);
            }
            print!("  {name} {best:9.2}");
        }
        println!();
    }
}
