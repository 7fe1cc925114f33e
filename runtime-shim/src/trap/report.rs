//! The words on standard error.
//!
//! ```text
//! error: wasm trap: integer divide by zero
//!   in component `checkpoint`, function `divide`, at module offset 0x1f3
//! ```

use core::mem::MaybeUninit;

use nanocc_shim_abi::{Location, NO_OFFSET, Trap};
use rustix::io::Errno;

use crate::sys;

/// A message under construction. It is written when it is finished, or before that whenever its
/// buffer is full: a message of usual length is one write.
pub struct Message {
    buffer: [MaybeUninit<u8>; 1024],
    len: usize,
}

impl Message {
    /// An empty message.
    pub fn new() -> Message {
        Message {
            buffer: [MaybeUninit::uninit(); 1024],
            len: 0,
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.len == self.buffer.len() {
            self.flush();
        }
        if let Some(at) = self.buffer.get_mut(self.len) {
            at.write(byte);
            self.len += 1;
        }
    }

    /// Appends text of ours.
    pub fn text(&mut self, text: &str) -> &mut Message {
        text.bytes().for_each(|b| self.byte(b));
        self
    }

    /// Appends a name that comes from the program's input. Control characters would let a component
    /// play tricks with the terminal: they come out as `?`.
    pub fn name(&mut self, name: &[u8]) -> &mut Message {
        for (i, &b) in name.iter().enumerate() {
            // U+0080 to U+009F are C2 80 to C2 9F.
            let lead = b == 0xc2 && name.get(i + 1).is_some_and(|&next| next < 0xa0);
            let follower = b < 0xa0 && i > 0 && name.get(i - 1) == Some(&0xc2);
            let plain = b >= 0x20 && b != 0x7f && !lead && !follower;
            self.byte(if plain { b } else { b'?' });
        }
        self
    }

    /// Appends a number as `0x1f3`.
    pub fn hex(&mut self, number: u64) -> &mut Message {
        self.text("0x");
        let digits = (64 - number.leading_zeros()).div_ceil(4).max(1);
        for i in (0..digits).rev() {
            let digit = (number >> (i * 4)) as u8 & 15;
            self.byte(if digit < 10 {
                b'0' + digit
            } else {
                b'a' + digit - 10
            });
        }
        self
    }

    /// Appends a number in decimal.
    pub fn decimal(&mut self, number: impl Into<u64>) -> &mut Message {
        let number = number.into();
        let mut divisor = 10_000_000_000_000_000_000;
        while divisor > 1 && number < divisor {
            divisor /= 10;
        }
        while divisor > 0 {
            self.byte(b'0' + (number / divisor % 10) as u8);
            divisor /= 10;
        }
        self
    }

    /// The line that says where: in `location`'s function, at `source` if it is known.
    pub fn place(
        &mut self,
        location: &Location,
        source: Option<u32>,
        string: impl Fn(nanocc_shim_abi::StringRef) -> &'static [u8],
    ) {
        let (component, function) = (string(location.component), string(location.function));
        let adapter = location.module_offset == NO_OFFSET;
        self.text(if adapter {
            "  at the boundary of "
        } else {
            "  in "
        });
        if component.is_empty() {
            self.text("the root component");
        } else {
            self.text("component `").name(component).text("`");
        }
        if !function.is_empty() {
            self.text(", function `").name(function).text("`");
        }
        if let (Some(source), false) = (source, adapter) {
            self.text(if function.is_empty() {
                ", function"
            } else {
                ","
            });
            let offset = location
                .module_offset
                .wrapping_add(source.wrapping_sub(location.first));
            self.text(" at module offset ").hex(u64::from(offset));
        }
        self.text("\n");
    }

    /// The line that names the trap.
    pub fn trap(&mut self, trap: Trap) {
        self.text("error: wasm trap: ")
            .text(trap.message())
            .text("\n");
    }

    /// What the buffer holds.
    pub fn bytes(&self) -> &[u8] {
        let start = self.buffer.as_ptr().cast();
        // SAFETY: the first `len` bytes have been written, and `len` is at most the buffer's length.
        unsafe { core::slice::from_raw_parts(start, self.len) }
    }

    /// Writes what the buffer holds to standard error. There is nobody to tell of an error there.
    pub fn flush(&mut self) {
        let mut rest = self.bytes();
        while !rest.is_empty() {
            // SAFETY: the kernel reads the slice; if the program has no descriptor 2, it says so.
            let wrote = unsafe { sys::call::write_message(rest.as_ptr().addr(), rest.len()) };
            match sys::check(wrote) {
                Ok(n) if n != 0 => rest = rest.get(n..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                _ => break,
            }
        }
        self.len = 0;
    }
}

#[cfg(test)]
mod tests;
