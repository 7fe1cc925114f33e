use super::super::table::tests::Encoder;
use super::*;

const INFO: ProgramInfo = ProgramInfo {
    version: nanocc_shim_abi::ABI_VERSION,
    location_bytes: 0,
    locations: 0,
    strings: 0,
    stack_low: 0x80_0000,
    stack_high: 0x90_0000,
    shim_range: 0,
    shim_range_len: 0,
    guest_low: 0x1000_0000,
    guest_high: 0x10_0000_0000,
    report_limits: 0,
    prepare: nanocc_shim_abi::List {
        address: 0,
        count: 0,
    },
};

/// Function with an out-of-bounds entry at 0x1004, a division at 0x1008, a return at 0x100c.
fn judge(memory_fault: bool, address: u64, pc: u64) -> Meaning {
    let mut table = Encoder::default();
    let entries = [
        (4, Trap::MemoryOutOfBounds as u8, 11),
        (8, Trap::IntegerDivisionByZero as u8, 12),
        (12, 0, 13),
    ];
    table.function(0x1000, 0x20, 10, &entries);
    let function = table::function_at(&table.0, pc);
    meaning(&INFO, function.as_ref(), memory_fault, address, pc)
}

#[test]
fn a_fault_in_the_guard_is_a_stack_overflow_whatever_ran() {
    for pc in [0x1000, 0x1004, 0x9999] {
        let guard = INFO.stack_low - STACK_GUARD;
        for address in [guard, guard + 1, INFO.stack_low - 1] {
            assert_eq!(
                judge(true, address, pc),
                Meaning::Trap(Trap::StackOverflow, None)
            );
        }
    }
    assert_eq!(judge(true, INFO.stack_low, 0x1000), Meaning::Internal);
    assert_eq!(
        judge(true, INFO.stack_low - STACK_GUARD - 1, 0x1000),
        Meaning::Internal
    );
}

#[test]
fn out_of_bounds_needs_the_guests_range_and_an_entry() {
    let trap = Meaning::Trap(Trap::MemoryOutOfBounds, Some(11));
    assert_eq!(judge(true, INFO.guest_low, 0x1004), trap);
    assert_eq!(judge(true, INFO.guest_high - 1, 0x1004), trap);
    assert_eq!(judge(true, INFO.guest_low - 1, 0x1004), Meaning::Internal);
    assert_eq!(judge(true, INFO.guest_high, 0x1004), Meaning::Internal);
    assert_eq!(judge(true, 0, 0x1004), Meaning::Internal);
    // A check of the bounds that trapped by an undefined instruction: its address is the code's.
    assert_eq!(judge(false, 0x1004, 0x1004), trap);
    for pc in [0x1003, 0x1005, 0x100c, 0x2000] {
        assert_eq!(judge(true, INFO.guest_low, pc), Meaning::Internal);
    }
}

#[test]
fn another_entry_says_itself_what_it_is() {
    assert_eq!(
        judge(false, 0x1008, 0x1008),
        Meaning::Trap(Trap::IntegerDivisionByZero, Some(12))
    );
    assert_eq!(judge(false, 0x1009, 0x1009), Meaning::Internal);
}
