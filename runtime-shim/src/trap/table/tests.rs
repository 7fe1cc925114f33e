use nanocc_shim_abi::StringRef;

use super::*;

/// Writes a trap table as the contract has it.
#[derive(Default)]
pub struct Encoder(pub Vec<u8>);

impl Encoder {
    /// Appends a function; an entry is its code offset, its trap (0 for a call) and its source
    /// location.
    pub fn function(&mut self, code: u32, len: u32, location: u32, entries: &[(u32, u8, u32)]) {
        let mut bytes = Vec::new();
        let (mut offset, mut source) = (0, location);
        for &(o, trap, s) in entries {
            let other = trap != Trap::MemoryOutOfBounds as u8;
            unsigned_leb(&mut bytes, u64::from(o - offset) << 1 | u64::from(other));
            if other {
                unsigned_leb(&mut bytes, trap.into());
            }
            signed_leb(&mut bytes, i64::from(s as i32) - i64::from(source as i32));
            (offset, source) = (o, s);
        }
        for word in [code, len, location, bytes.len() as u32] {
            self.0.extend(word.to_ne_bytes());
        }
        self.0.extend(bytes);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }
}

fn unsigned_leb(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn signed_leb(bytes: &mut Vec<u8>, mut value: i64) {
    while !(-64..64).contains(&value) {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8 & 0x7f);
}

#[test]
fn numbers_of_every_size_decode() {
    for value in [
        0,
        1,
        63,
        64,
        127,
        128,
        0x3fff,
        0x4000,
        u64::from(u32::MAX),
        u64::MAX >> 1,
    ] {
        let mut bytes = Vec::new();
        unsigned_leb(&mut bytes, value);
        assert_eq!(unsigned(&mut &bytes[..]), Some(value));
        for value in [value as i64, -(value as i64)] {
            let mut bytes = Vec::new();
            signed_leb(&mut bytes, value);
            assert_eq!(signed(&mut &bytes[..]), Some(value));
        }
    }
    assert_eq!(unsigned(&mut &[0x80; 3][..]), None);
    assert_eq!(unsigned(&mut &[0x80; 30][..]), None);
}

#[test]
fn entries_are_found_at_exactly_their_address() {
    let mut table = Encoder::default();
    table.function(
        0x1000,
        0x40,
        100,
        &[(3, 2, 105), (9, 0, 102), (9, 6, 170), (0x3f, 1, 100)],
    );
    table.function(0x1040, 0x10, 500, &[]);
    table.function(
        0x2000,
        0x4000,
        900,
        &[(0, 25, 900), (0x3fff, 3, 20_000), (0x4000, 0, 901)],
    );
    let table = &table.0[..];

    let first = function_at(table, 0x1000).unwrap();
    assert_eq!((first.code, first.location), (0x1000, 100));
    assert_eq!(first.trap_at(0x1003), Some((Trap::MemoryOutOfBounds, 105)));
    assert_eq!(first.trap_at(0x1002), None);
    assert_eq!(first.trap_at(0x1004), None);
    // A call may return to an instruction that traps.
    assert_eq!(
        first.trap_at(0x1009),
        Some((Trap::IntegerDivisionByZero, 170))
    );
    assert_eq!(first.return_at(0x1009), Some(102));
    assert_eq!(first.trap_at(0x103f), Some((Trap::Unreachable, 100)));

    assert_eq!(function_at(table, 0x1047).unwrap().code, 0x1040);
    assert_eq!(function_at(table, 0x1047).unwrap().trap_at(0x1047), None);
    let last = function_at(table, 0x5fff).unwrap();
    assert_eq!(last.trap_at(0x2000), Some((Trap::HostFunction, 900)));
    assert_eq!(last.trap_at(0x5fff), Some((Trap::TableOutOfBounds, 20_000)));
    assert_eq!(last.return_at(0x6000), Some(901));

    for outside in [0, 0xfff, 0x1050, 0x1fff, 0x6000, u64::MAX, 0x1_0000_1000] {
        assert!(function_at(table, outside).is_none(), "{outside:#x}");
    }
}

#[test]
fn a_table_that_is_cut_off_is_not_read_past_its_end() {
    let mut table = Encoder::default();
    table.function(0x1000, 0x40, 100, &[(3, 2, 105), (9, 0, 102)]);
    table.function(0x2000, 0x40, 200, &[(3, 2, 205), (9, 0, 202)]);
    for len in 0..table.0.len() {
        for address in [0x1003, 0x2003, 0x2009] {
            if let Some(function) = function_at(&table.0[..len], address) {
                function.trap_at(address);
            }
        }
    }
}

#[test]
fn a_location_belongs_to_the_last_function_that_begins_before_it() {
    let string = |offset, len| StringRef { offset, len };
    let location = |first, module_offset, function, component| Location {
        first,
        module_offset,
        function,
        component,
    };
    let all = [
        location(10, 110, string(0, 4), string(4, 3)),
        // Beside it in the module, without a name.
        location(20, 120, string(0, 0), string(4, 3)),
        // At no place, with names elsewhere: the shim's own lie before the compiler's.
        location(1000, u32::MAX, string(-9i32 as u32, 2), string(0, 0)),
        location(u32::MAX, 0, string(7, 90), string(70_000, 300)),
    ];
    let mut bytes = Vec::new();
    for (unsigned, number) in [
        // first, module, function's length and distance, component's
        (true, 10),
        (false, 100),
        (true, 4),
        (false, 0),
        (true, 3),
        (false, 4),
        (true, 10),
        (false, 0),
        (true, 0),
        (true, 3),
        (false, -3),
        (true, 980),
        (false, -1001 - 100),
        (true, 2),
        (false, -13),
        (true, 0),
        (true, i64::from(u32::MAX) - 1000),
        (false, 1 + 1001),
        (true, 90),
        (false, 14),
        (true, 300),
        (false, 70_000 - 7),
    ] {
        match unsigned {
            true => unsigned_leb(&mut bytes, number as u64),
            false => signed_leb(&mut bytes, number),
        }
    }
    let found = |l| location_of(&bytes, l);
    assert_eq!(found(9), None);
    assert_eq!(found(10), Some(all[0]));
    assert_eq!(found(19), Some(all[0]));
    assert_eq!(found(20), Some(all[1]));
    assert_eq!(found(999), Some(all[1]));
    assert_eq!(found(1000), Some(all[2]));
    assert_eq!(found(u32::MAX - 1), Some(all[2]));
    assert_eq!(found(u32::MAX), Some(all[3]));
    for len in 0..bytes.len() {
        location_of(&bytes[..len], 1000);
    }
}
