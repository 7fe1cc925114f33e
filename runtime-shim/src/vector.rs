//! Sixteen bytes in a register: the few operations that copying and validating need, for both
//! architectures.
//!
//! x86-64 code is for the level x86-64-v2, so SSSE3's byte shuffle is there; it is enabled function by
//! function, because a build for tests has the compiler's default level.

#[cfg(target_arch = "aarch64")]
pub use aarch64::*;
#[cfg(target_arch = "x86_64")]
pub use x86_64::*;

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use core::arch::x86_64::*;

    /// Sixteen bytes.
    pub type Bytes = __m128i;

    /// # Safety
    ///
    /// Sixteen bytes can be read at `at`.
    #[inline(always)]
    pub unsafe fn load(at: *const u8) -> Bytes {
        // SAFETY: the caller's; the instruction needs no alignment.
        unsafe { _mm_loadu_si128(at.cast()) }
    }

    /// # Safety
    ///
    /// Sixteen bytes can be written at `at`.
    #[inline(always)]
    pub unsafe fn store(at: *mut u8, bytes: Bytes) {
        // SAFETY: the caller's; the instruction needs no alignment.
        unsafe { _mm_storeu_si128(at.cast(), bytes) }
    }

    /// Asks for the cache line of `at` ahead of time. It is no access: `at` may be anywhere.
    #[inline(always)]
    pub fn prefetch(at: *const u8) {
        // SAFETY: SSE; the instruction never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }

    /// Sixteen times `byte`.
    #[inline(always)]
    pub fn splat(byte: u8) -> Bytes {
        // SAFETY: SSE2 is part of the architecture; the same below.
        unsafe { _mm_set1_epi8(byte as i8) }
    }

    /// The bytes of two little-endian words.
    #[inline(always)]
    pub fn words(low: u64, high: u64) -> Bytes {
        // SAFETY: SSE2.
        unsafe { _mm_set_epi64x(high as i64, low as i64) }
    }

    /// Bitwise or.
    #[inline(always)]
    pub fn or(a: Bytes, b: Bytes) -> Bytes {
        // SAFETY: SSE2.
        unsafe { _mm_or_si128(a, b) }
    }

    /// Whether every byte is below 0x80.
    #[inline(always)]
    pub fn is_ascii(bytes: Bytes) -> bool {
        // SAFETY: SSE2.
        unsafe { _mm_movemask_epi8(bytes) == 0 }
    }

    /// Whether every byte is 0.
    #[inline(always)]
    pub fn is_zero(bytes: Bytes) -> bool {
        // SAFETY: SSE2.
        unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())) == 0xffff }
    }

    /// Bitwise and.
    #[inline(always)]
    pub fn and(a: Bytes, b: Bytes) -> Bytes {
        // SAFETY: SSE2.
        unsafe { _mm_and_si128(a, b) }
    }

    /// Bitwise exclusive or.
    #[inline(always)]
    pub fn xor(a: Bytes, b: Bytes) -> Bytes {
        // SAFETY: SSE2.
        unsafe { _mm_xor_si128(a, b) }
    }

    /// `a - b` in each byte, at least 0.
    #[inline(always)]
    pub fn saturating_sub(a: Bytes, b: Bytes) -> Bytes {
        // SAFETY: SSE2.
        unsafe { _mm_subs_epu8(a, b) }
    }

    /// The high four bits of each byte.
    #[inline(always)]
    pub fn high_nibbles(bytes: Bytes) -> Bytes {
        // SAFETY: SSE2.
        unsafe { _mm_and_si128(_mm_srli_epi16::<4>(bytes), _mm_set1_epi8(15)) }
    }

    /// For each byte of `indexes`, that byte of `table` if it is below 16, 0 if it is 0x80.
    #[inline]
    #[target_feature(enable = "ssse3")]
    pub fn lookup(table: Bytes, indexes: Bytes) -> Bytes {
        _mm_shuffle_epi8(table, indexes)
    }

    /// The last `N` bytes of `before` and then the first `16 - N` of `bytes`; `KEEP` is `16 - N`.
    #[inline]
    #[target_feature(enable = "ssse3")]
    pub fn shifted_in<const KEEP: i32>(before: Bytes, bytes: Bytes) -> Bytes {
        _mm_alignr_epi8::<KEEP>(bytes, before)
    }

    /// Writes the first eight bytes.
    ///
    /// # Safety
    ///
    /// Eight bytes can be written at `at`.
    #[inline(always)]
    pub unsafe fn store_low(at: *mut u8, bytes: Bytes) {
        // SAFETY: the caller's; the instruction needs no alignment.
        unsafe { _mm_storel_epi64(at.cast(), bytes) }
    }

    /// The first eight bytes as eight 16-bit units.
    #[inline(always)]
    pub fn widen_low(bytes: Bytes) -> Bytes {
        // SAFETY: SSE2.
        unsafe { _mm_unpacklo_epi8(bytes, _mm_setzero_si128()) }
    }

    /// The last eight bytes as eight 16-bit units.
    #[inline(always)]
    pub fn widen_high(bytes: Bytes) -> Bytes {
        // SAFETY: SSE2.
        unsafe { _mm_unpackhi_epi8(bytes, _mm_setzero_si128()) }
    }

    /// Sixteen units, each below 256, as bytes.
    #[inline(always)]
    pub fn narrow(first: Bytes, second: Bytes) -> Bytes {
        // SAFETY: SSE2.
        unsafe { _mm_packus_epi16(first, second) }
    }

    /// Eight times `unit`.
    #[inline(always)]
    pub fn splat_unit(unit: u16) -> Bytes {
        // SAFETY: SSE2.
        unsafe { _mm_set1_epi16(unit as i16) }
    }

    /// All ones in each unit where the two are equal, else zeros.
    #[inline(always)]
    pub fn equal_units(a: Bytes, b: Bytes) -> Bytes {
        // SAFETY: SSE2.
        unsafe { _mm_cmpeq_epi16(a, b) }
    }

    /// How many bits of [`unit_mask`] a unit has.
    pub const UNIT_BITS: u32 = 2;

    /// Eight units that are all ones or zeros as so many bits each, the first one lowest.
    #[inline(always)]
    pub fn unit_mask(units: Bytes) -> u64 {
        // SAFETY: SSE2.
        unsafe { _mm_movemask_epi8(units) as u64 }
    }
}

#[cfg(target_arch = "aarch64")]
mod aarch64 {
    use core::arch::aarch64::*;

    /// Sixteen bytes.
    pub type Bytes = uint8x16_t;

    /// # Safety
    ///
    /// Sixteen bytes can be read at `at`.
    #[inline(always)]
    pub unsafe fn load(at: *const u8) -> Bytes {
        // SAFETY: the caller's; the instruction needs no alignment.
        unsafe { vld1q_u8(at) }
    }

    /// # Safety
    ///
    /// Sixteen bytes can be written at `at`.
    #[inline(always)]
    pub unsafe fn store(at: *mut u8, bytes: Bytes) {
        // SAFETY: the caller's; the instruction needs no alignment.
        unsafe { vst1q_u8(at, bytes) }
    }

    /// Asks for the cache line of `at` ahead of time. It is no access: `at` may be anywhere.
    #[inline(always)]
    pub fn prefetch(at: *const u8) {
        // SAFETY: the instruction never faults.
        unsafe {
            core::arch::asm!(
                "prfm pldl1keep, [{at}]",
                at = in(reg) at,
                options(nostack, preserves_flags, readonly),
            );
        }
    }

    /// Sixteen times `byte`.
    #[inline(always)]
    pub fn splat(byte: u8) -> Bytes {
        // SAFETY: NEON is part of the target; the same below.
        unsafe { vdupq_n_u8(byte) }
    }

    /// The bytes of two little-endian words.
    #[inline(always)]
    pub fn words(low: u64, high: u64) -> Bytes {
        // SAFETY: NEON.
        unsafe { vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(low), vcreate_u64(high))) }
    }

    /// Bitwise or.
    #[inline(always)]
    pub fn or(a: Bytes, b: Bytes) -> Bytes {
        // SAFETY: NEON.
        unsafe { vorrq_u8(a, b) }
    }

    /// Whether every byte is below 0x80.
    #[inline(always)]
    pub fn is_ascii(bytes: Bytes) -> bool {
        // SAFETY: NEON.
        unsafe { vmaxvq_u8(bytes) < 0x80 }
    }

    /// Whether every byte is 0.
    #[inline(always)]
    pub fn is_zero(bytes: Bytes) -> bool {
        // SAFETY: NEON.
        unsafe { vmaxvq_u8(bytes) == 0 }
    }

    /// Bitwise and.
    #[inline(always)]
    pub fn and(a: Bytes, b: Bytes) -> Bytes {
        // SAFETY: NEON.
        unsafe { vandq_u8(a, b) }
    }

    /// Bitwise exclusive or.
    #[inline(always)]
    pub fn xor(a: Bytes, b: Bytes) -> Bytes {
        // SAFETY: NEON.
        unsafe { veorq_u8(a, b) }
    }

    /// `a - b` in each byte, at least 0.
    #[inline(always)]
    pub fn saturating_sub(a: Bytes, b: Bytes) -> Bytes {
        // SAFETY: NEON.
        unsafe { vqsubq_u8(a, b) }
    }

    /// The high four bits of each byte.
    #[inline(always)]
    pub fn high_nibbles(bytes: Bytes) -> Bytes {
        // SAFETY: NEON.
        unsafe { vshrq_n_u8::<4>(bytes) }
    }

    /// For each byte of `indexes`, that byte of `table` if it is below 16, 0 if it is 0x80.
    #[inline]
    #[target_feature(enable = "neon")]
    pub fn lookup(table: Bytes, indexes: Bytes) -> Bytes {
        vqtbl1q_u8(table, indexes)
    }

    /// The last `N` bytes of `before` and then the first `16 - N` of `bytes`; `KEEP` is `16 - N`.
    #[inline]
    #[target_feature(enable = "neon")]
    pub fn shifted_in<const KEEP: i32>(before: Bytes, bytes: Bytes) -> Bytes {
        vextq_u8::<KEEP>(before, bytes)
    }

    /// Writes the first eight bytes.
    ///
    /// # Safety
    ///
    /// Eight bytes can be written at `at`.
    #[inline(always)]
    pub unsafe fn store_low(at: *mut u8, bytes: Bytes) {
        // SAFETY: the caller's; the instruction needs no alignment.
        unsafe { vst1_u8(at, vget_low_u8(bytes)) }
    }

    /// The first eight bytes as eight 16-bit units.
    #[inline(always)]
    pub fn widen_low(bytes: Bytes) -> Bytes {
        // SAFETY: NEON.
        unsafe { vreinterpretq_u8_u16(vmovl_u8(vget_low_u8(bytes))) }
    }

    /// The last eight bytes as eight 16-bit units.
    #[inline(always)]
    pub fn widen_high(bytes: Bytes) -> Bytes {
        // SAFETY: NEON.
        unsafe { vreinterpretq_u8_u16(vmovl_high_u8(bytes)) }
    }

    /// Sixteen units, each below 256, as bytes.
    #[inline(always)]
    pub fn narrow(first: Bytes, second: Bytes) -> Bytes {
        // SAFETY: NEON.
        unsafe { vuzp1q_u8(first, second) }
    }

    /// Eight times `unit`.
    #[inline(always)]
    pub fn splat_unit(unit: u16) -> Bytes {
        // SAFETY: NEON.
        unsafe { vreinterpretq_u8_u16(vdupq_n_u16(unit)) }
    }

    /// All ones in each unit where the two are equal, else zeros.
    #[inline(always)]
    pub fn equal_units(a: Bytes, b: Bytes) -> Bytes {
        // SAFETY: NEON.
        unsafe {
            let equal = vceqq_u16(vreinterpretq_u16_u8(a), vreinterpretq_u16_u8(b));
            vreinterpretq_u8_u16(equal)
        }
    }

    /// How many bits of [`unit_mask`] a unit has.
    pub const UNIT_BITS: u32 = 8;

    /// Eight units that are all ones or zeros as so many bits each, the first one lowest.
    #[inline(always)]
    pub fn unit_mask(units: Bytes) -> u64 {
        // SAFETY: NEON.
        unsafe { vget_lane_u64::<0>(vreinterpret_u64_u8(vmovn_u16(vreinterpretq_u16_u8(units)))) }
    }
}
