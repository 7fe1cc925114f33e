//! System calls that a program was never meant to make, for the tests of the second fence; in no product.
//!
//! Where the shim's own checks are off (`--cfg nanocc_unchecked`), a program that is started with `--attempt` as its first argument
//! makes the calls that the arguments after it say, after all preparations and in place of its own first instruction: what code would do that
//! has taken over the process. A call is its number and up to six arguments; `--` is between calls. An argument is
//!
//! * a number, decimal;
//! * `$`: what the call before gave; `$N` what the Nth gave, from 0;
//! * `@text`: the address of this text with a zero behind it;
//! * `%6d6f`: the address of these bytes.
//!
//! The status is 0 if all succeeded, else the first error's number.

use core::cell::Cell;

use crate::start;
use crate::sys::{SingleThread, exit_group};

/// Where bytes lie.
static BYTES: SingleThread<Cell<[u8; 512]>> = SingleThread(Cell::new([0; 512]));

/// Makes the calls and ends the program, if its arguments ask for that.
pub fn from_arguments() {
    let mut arguments = start::arguments();
    if arguments.nth(1) != Some(b"--attempt") {
        return;
    }
    let mut results = [0; 16];
    let (mut made, mut used, mut words, mut count) = (0, 0, [0; 7], 0);
    loop {
        let argument = arguments.next();
        match argument {
            Some(argument) if argument != b"--" => {
                if let Some(word) = words.get_mut(count) {
                    *word = value(argument, results.get(..made).unwrap_or(&[]), &mut used);
                    count += 1;
                }
            }
            _ => {
                let result = call(words);
                if result < 0 {
                    exit_group(-result as i32)
                }
                if let Some(place) = results.get_mut(made) {
                    *place = result as usize;
                    made += 1;
                }
                if argument.is_none() {
                    exit_group(0)
                }
                (words, count) = ([0; 7], 0);
            }
        }
    }
}

fn value(argument: &'static [u8], results: &[usize], used: &mut usize) -> usize {
    let number = |digits: &[u8]| {
        let add =
            |sum: usize, digit: &u8| sum.wrapping_mul(10).wrapping_add((digit - b'0') as usize);
        digits.iter().fold(0, add)
    };
    match argument {
        [b'@', text @ ..] => text.as_ptr().addr(),
        [b'$'] => results.last().copied().unwrap_or(0),
        [b'$', index @ ..] => results.get(number(index)).copied().unwrap_or(0),
        [b'%', digits @ ..] => {
            let start = used.next_multiple_of(8);
            let at = BYTES.0.as_ptr().cast::<u8>();
            *used = start;
            for pair in digits.chunks_exact(2) {
                let nibble = |digit: u8| {
                    if digit < b'a' {
                        digit - b'0'
                    } else {
                        digit - b'a' + 10
                    }
                };
                let byte = pair
                    .iter()
                    .fold(0, |byte, digit| byte << 4 | nibble(*digit));
                if *used < 512 {
                    // SAFETY: within the cell, which nothing else uses.
                    unsafe { at.add(*used).write(byte) };
                    *used += 1;
                }
            }
            at.wrapping_add(start).expose_provenance()
        }
        digits => number(digits),
    }
}

/// Any system call at all.
#[inline(never)]
fn call([number, a, b, c, d, e, f]: [usize; 7]) -> isize {
    let result: isize;
    // SAFETY: none: it is what the fence is for.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        core::arch::asm!("syscall # attempt", inlateout("rax") number => result, in("rdi") a, in("rsi") b,
            in("rdx") c, in("r10") d, in("r8") e, in("r9") f, lateout("rcx") _, lateout("r11") _, options(nostack));
        #[cfg(target_arch = "aarch64")]
        core::arch::asm!("svc #0 // attempt", in("x8") number, inlateout("x0") a => result, in("x1") b,
            in("x2") c, in("x3") d, in("x4") e, in("x5") f, options(nostack));
    }
    result
}
