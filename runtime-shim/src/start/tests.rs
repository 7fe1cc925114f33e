use super::*;

const INFO: ProgramInfo = ProgramInfo {
    version: nanocc_shim_abi::ABI_VERSION,
    location_bytes: 0,
    locations: 0,
    strings: 0,
    stack_low: 0,
    stack_high: 0,
    shim_range: 0,
    shim_range_len: 0,
    guest_low: 0x1000_0000,
    guest_high: 0x40_1000_0000,
    report_limits: 0,
    prepare: nanocc_shim_abi::List {
        address: 0,
        count: 0,
    },
};

/// Where a kernel with 47 bits has them.
const STACK: usize = 0x7ffc_1234_5670;
const VDSO: usize = 0x7ffc_1239_0000;

#[test]
fn what_the_kernel_maps_lies_clear_of_the_guests() {
    assert!(is_clear(&INFO, STACK, Some(VDSO)));
    assert!(is_clear(&INFO, STACK, None));
    let (low, high) = (INFO.guest_low as usize, INFO.guest_high as usize);
    let margin = MARGIN as usize;
    for vdso in [
        low,
        low + 1,
        high / 2,
        high - 1,
        high,
        high + margin - 1,
        low - margin + 1,
    ] {
        assert!(!is_clear(&INFO, STACK, Some(vdso)), "{vdso:#x}");
    }
    for vdso in [0x1_0000, low - margin, high + margin, VDSO] {
        assert!(is_clear(&INFO, STACK, Some(vdso)), "{vdso:#x}");
    }
    // The stack reaches upwards from what the kernel tells: being below doesn't help.
    for stack in [low - margin, low, high - 1, high + margin - 1] {
        assert!(!is_clear(&INFO, stack, None), "{stack:#x}");
    }
    assert!(is_clear(&INFO, high + margin, None));
}

#[test]
fn a_program_without_memories_runs_anywhere() {
    let info = ProgramInfo {
        guest_high: INFO.guest_low,
        ..INFO
    };
    assert!(is_clear(
        &info,
        info.guest_low as usize,
        Some(info.guest_low as usize)
    ));
}
