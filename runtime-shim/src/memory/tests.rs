use super::*;
use crate::testing::lock;
use nanocc_shim_abi::NO_ANNEX;

/// Where the tests lay out memories of their own, clear of the test program and of the shim's range.
const BASE: u64 = 0x1000_0000_0000;

/// An instance without limits.
fn instance() -> Instance {
    // SAFETY: all fields are numbers.
    let mut instance: Instance = unsafe { core::mem::zeroed() };
    instance.quota = Quota::NONE;
    instance
}

#[test]
fn memories_of_an_instance_share_its_quota() {
    let mut instance = instance();
    instance.quota.memory = 3 * WASM_PAGE;
    let at = (&raw mut instance).expose_provenance() as u64;
    let base = BASE + (2 << 30);
    let mut memories = [base, base + (1 << 30)].map(|base| Memory {
        base,
        bytes: 0,
        max_bytes: 8 * WASM_PAGE,
        instance: at,
        annex: NO_ANNEX,
    });
    // SAFETY: the memories are the test's; the same below.
    let mut grow = |index: usize, delta| unsafe { nanocc_memory_grow(&mut memories[index], delta) };
    assert_eq!(grow(0, 2), 0);
    assert_eq!(grow(1, 9), FAILED);
    assert_eq!(instance.quota.refused, 0);
    assert_eq!(grow(1, 2), FAILED);
    assert_eq!(instance.quota.refused, limit::MEMORY);
    assert_eq!(grow(1, 1), 0);
    assert_eq!(grow(0, 0), 2);
    assert_eq!(grow(0, 1), FAILED);
    assert_eq!(instance.quota.memory, 0);
}

#[test]
fn tables_of_an_instance_share_its_quota() {
    let mut instance = instance();
    instance.quota.elements = 3;
    let at = (&raw mut instance).expose_provenance() as u64;
    let mut elements = [[0u64; 4]; 2];
    let mut tables = elements.each_mut().map(|elements| Table {
        base: elements.as_mut_ptr().expose_provenance() as u64,
        len: 0,
        max_len: 4,
        instance: at,
    });
    // SAFETY: the tables are the test's; the same below.
    let mut grow = |index: usize, delta| unsafe { nanocc_table_grow(&mut tables[index], delta, 7) };
    assert_eq!(grow(0, 2), 0);
    assert_eq!(grow(1, 5), FAILED);
    assert_eq!(instance.quota.refused, 0);
    assert_eq!(grow(1, 2), FAILED);
    assert_eq!(instance.quota.refused, limit::TABLE_ELEMENTS);
    assert_eq!(grow(1, 1), 0);
    assert_eq!(elements, [[7, 7, 0, 0], [7, 0, 0, 0]]);
}

#[test]
fn a_memory_grows_in_place_with_zeros() {
    let mut instance = instance();
    let mut memory = Memory {
        base: BASE,
        bytes: 0,
        max_bytes: 5 * WASM_PAGE,
        instance: (&raw mut instance).expose_provenance() as u64,
        annex: NO_ANNEX,
    };
    // SAFETY: the memory is the test's; the same below.
    let mut grow = |delta| unsafe { nanocc_memory_grow(&mut memory, delta) };
    assert_eq!(grow(0), 0);
    assert_eq!(grow(2), 0);
    assert_eq!(grow(1), 2);
    assert_eq!(grow(3), FAILED);
    assert_eq!(grow(u32::MAX), FAILED);
    assert_eq!(grow(0), 3);
    assert_eq!(grow(2), 3);
    assert_eq!(grow(1), FAILED);
    assert_eq!(memory.bytes, 5 * WASM_PAGE);
    let bytes = unsafe { core::slice::from_raw_parts_mut(address(BASE).cast::<u8>(), 5 << 16) };
    assert!(bytes.iter().all(|&b| b == 0));
    bytes.fill(1);
}

#[test]
fn a_memory_never_grows_over_another_mapping() {
    let base = BASE + (1 << 30);
    let mut instance = instance();
    let mut memory = Memory {
        base,
        bytes: 0,
        max_bytes: 8 * WASM_PAGE,
        instance: (&raw mut instance).expose_provenance() as u64,
        annex: NO_ANNEX,
    };
    map_at(address(base + 2 * WASM_PAGE), 65536).unwrap();
    // SAFETY: the memory is the test's.
    unsafe {
        assert_eq!(nanocc_memory_grow(&mut memory, 3), FAILED);
        assert_eq!(memory.bytes, 0);
        assert_eq!(nanocc_memory_grow(&mut memory, 2), 0);
        assert_eq!(nanocc_memory_grow(&mut memory, 1), FAILED);
    }
}

#[test]
fn a_table_grows_to_its_limit() {
    let mut elements = [0u64; 6];
    let base = elements.as_mut_ptr().expose_provenance() as u64;
    let mut instance = instance();
    let mut table = Table {
        base,
        len: 1,
        max_len: 5,
        instance: (&raw mut instance).expose_provenance() as u64,
    };
    // SAFETY: the table is the test's; the same below.
    let mut grow = |delta, value| unsafe { nanocc_table_grow(&mut table, delta, value) };
    assert_eq!(grow(5, 7), FAILED);
    assert_eq!(grow(2, 7), 1);
    assert_eq!(grow(0, 9), 3);
    assert_eq!(grow(u32::MAX, 9), FAILED);
    assert_eq!(grow(2, 9), 3);
    assert_eq!(grow(1, 9), FAILED);
    assert_eq!(table.len, 5);
    assert_eq!(elements, [0, 7, 7, 9, 9, 0]);
}

#[test]
fn the_shim_maps_in_its_range() {
    let _lock = lock();
    let range = info().shim_range as usize..(info().shim_range + info().shim_range_len) as usize;
    let a = map(1).unwrap();
    let b = map(100_000).unwrap();
    assert!(range.contains(&a.addr()) && range.contains(&b.addr()));
    assert!(b.addr() >= a.addr() + 65536);
    // SAFETY: `b` was mapped with this length, which is not used after it is given back.
    unsafe {
        assert!(
            core::slice::from_raw_parts(b, 100_000)
                .iter()
                .all(|&b| b == 0)
        );
        unmap(b, 100_000);
        // What was mapped last is mapped again, in the same place and empty.
        let again = map(100_000).unwrap();
        assert_eq!(again, b);
        unmap(again, 100_000);
        unmap(a, 1);
    }
    assert_eq!(map(usize::MAX), None);
    assert_eq!(map(1 << 41), None);
}
