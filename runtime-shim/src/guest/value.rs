//! Values as they lie in guest memory: sizes, alignments, and how they are read and written
//! (CanonicalABI.md, "Alignment", "Element Size", "Loading", "Storing"). The bindings implement the
//! traits for the types that WIT names.

use core::marker::PhantomData;
use nanocc_shim_abi::{Instance, MAX_LIST_BYTES, Trap};

use super::Cx;
use crate::handles;
use crate::trap::raise;

/// A type with a place in guest memory.
pub trait Value: Sized {
    /// Bytes that it takes, a multiple of `ALIGN`.
    const SIZE: u32;
    /// Its alignment, a power of two.
    const ALIGN: u32;
}

/// Whether a type has this size and alignment. The bindings assert it of generic types, whose layouts
/// are computed here, against the model's numbers.
pub const fn has_layout<T: Value>(size: u32, align: u32) -> bool {
    T::SIZE == size && T::ALIGN == align
}

/// A type that is lifted from guest memory.
pub trait Load: Value {
    /// Not every bit pattern is a value: each element of a list is looked at when the list is lifted.
    const CHECKED: bool;
    /// Reads the value from its `SIZE` bytes. Traps if they are none.
    fn load(cx: &Cx, from: Source<'_>) -> Self;
}

/// A type that is lowered into guest memory.
pub trait Store: Value {
    /// Writes the value to its `SIZE` bytes.
    fn store(self, into: Destination<'_>);
}

/// A resource type of the host.
pub trait Resource {
    /// Its program-wide number.
    const TYPE: u32;
}

/// Bytes of guest memory to read, checked.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    start: *const u8,
    len: u32,
    memory: PhantomData<&'a [u8]>,
}

impl<'a> Source<'a> {
    /// # Safety
    ///
    /// `len` bytes at `start` can be read, and nothing writes them, for as long as `'a`.
    #[inline(always)]
    pub(super) unsafe fn new(start: *const u8, len: u32) -> Source<'a> {
        Source {
            start,
            len,
            memory: PhantomData,
        }
    }

    /// `N` bytes at an offset.
    #[inline(always)]
    pub fn bytes<const N: usize>(self, offset: u32) -> [u8; N] {
        let from = self.at(offset, N as u32);
        // SAFETY: within the range, by `at`; an array of bytes has no alignment.
        unsafe { from.start.cast::<[u8; N]>().read() }
    }

    /// The `len` bytes at an offset.
    #[inline(always)]
    pub fn at(self, offset: u32, len: u32) -> Source<'a> {
        inside(self.len, offset, len);
        // SAFETY: part of this one.
        unsafe { Source::new(self.start.wrapping_add(offset as usize), len) }
    }
}

/// Bytes of guest memory to write, checked.
pub struct Destination<'a> {
    start: *mut u8,
    len: u32,
    /// The instance that handles are lowered for.
    instance: *mut Instance,
    memory: PhantomData<&'a mut [u8]>,
}

impl Destination<'_> {
    /// # Safety
    ///
    /// `len` bytes at `start` can be written, and nothing else refers to them, for as long as the
    /// result lives; `instance` is one of the program's.
    #[inline(always)]
    pub(super) unsafe fn new<'a>(
        start: *mut u8,
        len: u32,
        instance: *mut Instance,
    ) -> Destination<'a> {
        Destination {
            start,
            len,
            instance,
            memory: PhantomData,
        }
    }

    /// Writes bytes at an offset.
    #[inline(always)]
    pub fn put<const N: usize>(&mut self, offset: u32, bytes: [u8; N]) {
        let into = self.at(offset, N as u32);
        // SAFETY: within the range, by `at`; an array of bytes has no alignment.
        unsafe { into.start.cast::<[u8; N]>().write(bytes) };
    }

    /// The `len` bytes at an offset.
    #[inline(always)]
    pub fn at(&mut self, offset: u32, len: u32) -> Destination<'_> {
        inside(self.len, offset, len);
        // SAFETY: part of this one, which is borrowed meanwhile.
        unsafe { Destination::new(self.start.wrapping_add(offset as usize), len, self.instance) }
    }

    /// Writes a value at an offset.
    #[inline(always)]
    pub fn field<T: Store>(&mut self, offset: u32, value: T) {
        value.store(self.at(offset, T::SIZE));
    }
}

/// The bindings' offsets are constants that fit, so that nothing of this is left in the executable.
#[inline(always)]
fn inside(len: u32, offset: u32, part: u32) {
    if offset > len || part > len - offset {
        raise(Trap::PointerOutOfBounds);
    }
}

/// The trap of a variant's or enumeration's discriminant that no case has.
#[cold]
#[inline(never)]
pub fn invalid_discriminant() -> ! {
    raise(Trap::InvalidDiscriminant)
}

macro_rules! numbers {
    ($($ty:ty)*) => { $(
        impl Value for $ty {
            const SIZE: u32 = size_of::<$ty>() as u32;
            const ALIGN: u32 = size_of::<$ty>() as u32;
        }
        impl Load for $ty {
            const CHECKED: bool = false;
            #[inline(always)]
            fn load(_: &Cx, from: Source<'_>) -> Self {
                <$ty>::from_le_bytes(from.bytes(0))
            }
        }
        impl Store for $ty {
            #[inline(always)]
            fn store(self, mut into: Destination<'_>) {
                into.put(0, self.to_le_bytes());
            }
        }
    )* };
}

numbers! { u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 }

impl Value for bool {
    const SIZE: u32 = 1;
    const ALIGN: u32 = 1;
}

impl Load for bool {
    const CHECKED: bool = false;
    #[inline(always)]
    fn load(cx: &Cx, from: Source<'_>) -> bool {
        u8::load(cx, from) != 0
    }
}

impl Store for bool {
    #[inline(always)]
    fn store(self, into: Destination<'_>) {
        u8::from(self).store(into);
    }
}

impl Value for char {
    const SIZE: u32 = 4;
    const ALIGN: u32 = 4;
}

impl Load for char {
    const CHECKED: bool = true;
    #[inline(always)]
    fn load(cx: &Cx, from: Source<'_>) -> char {
        Cx::lift_char(u32::load(cx, from))
    }
}

impl Store for char {
    #[inline(always)]
    fn store(self, into: Destination<'_>) {
        u32::from(self).store(into);
    }
}

impl Cx {
    /// Lifts a `char`. Traps unless it is a Unicode scalar value.
    pub fn lift_char(code: u32) -> char {
        match char::from_u32(code) {
            Some(char) => char,
            None => raise(Trap::InvalidChar),
        }
    }
}

/// The payload of a case that has none.
impl Value for () {
    const SIZE: u32 = 0;
    const ALIGN: u32 = 1;
}

impl Load for () {
    const CHECKED: bool = false;
    #[inline(always)]
    fn load(_: &Cx, _: Source<'_>) {}
}

impl Store for () {
    #[inline(always)]
    fn store(self, _: Destination<'_>) {}
}

/// The greater of two sizes or alignments.
pub const fn greater(a: u32, b: u32) -> u32 {
    if a > b { a } else { b }
}

impl<T: Value> Value for Option<T> {
    const SIZE: u32 = T::ALIGN + T::SIZE;
    const ALIGN: u32 = T::ALIGN;
}

impl<T: Load> Load for Option<T> {
    const CHECKED: bool = true;
    #[inline]
    fn load(cx: &Cx, from: Source<'_>) -> Option<T> {
        match from.bytes(0) {
            [0] => None,
            [1] => Some(T::load(cx, from.at(T::ALIGN, T::SIZE))),
            _ => invalid_discriminant(),
        }
    }
}

impl<T: Store> Store for Option<T> {
    #[inline]
    fn store(self, mut into: Destination<'_>) {
        into.put(0, [u8::from(self.is_some())]);
        if let Some(value) = self {
            into.field(T::ALIGN, value);
        }
    }
}

impl<T: Value, E: Value> Value for Result<T, E> {
    const SIZE: u32 = (Self::ALIGN + greater(T::SIZE, E::SIZE)).next_multiple_of(Self::ALIGN);
    const ALIGN: u32 = greater(T::ALIGN, E::ALIGN);
}

impl<T: Load, E: Load> Load for Result<T, E> {
    const CHECKED: bool = true;
    #[inline]
    fn load(cx: &Cx, from: Source<'_>) -> Result<T, E> {
        match from.bytes(0) {
            [0] => Ok(T::load(cx, from.at(Self::ALIGN, T::SIZE))),
            [1] => Err(E::load(cx, from.at(Self::ALIGN, E::SIZE))),
            _ => invalid_discriminant(),
        }
    }
}

impl<T: Store, E: Store> Store for Result<T, E> {
    #[inline]
    fn store(self, mut into: Destination<'_>) {
        into.put(0, [u8::from(self.is_err())]);
        match self {
            Ok(value) => into.field(Self::ALIGN, value),
            Err(error) => into.field(Self::ALIGN, error),
        }
    }
}

/// A tuple is laid out field by field; `$before` are the fields before the last.
macro_rules! tuples {
    ($(($($ty:ident $field:tt),*))*) => { $(
        impl<$($ty: Value),*> Value for ($($ty,)*) {
            const SIZE: u32 = {
                let end = 0u32;
                $(let end = end.next_multiple_of($ty::ALIGN) + $ty::SIZE;)*
                end.next_multiple_of(Self::ALIGN)
            };
            const ALIGN: u32 = {
                let align = 1;
                $(let align = greater(align, $ty::ALIGN);)*
                align
            };
        }
        impl<$($ty: Load),*> Load for ($($ty,)*) {
            const CHECKED: bool = $($ty::CHECKED)||*;
            #[inline]
            #[allow(unused_assignments)] // the last field's end is nobody's start
            fn load(cx: &Cx, from: Source<'_>) -> Self {
                let mut end = 0u32;
                ($({
                    let at = end.next_multiple_of($ty::ALIGN);
                    end = at + $ty::SIZE;
                    $ty::load(cx, from.at(at, $ty::SIZE))
                },)*)
            }
        }
        impl<$($ty: Store),*> Store for ($($ty,)*) {
            #[inline]
            #[allow(unused_assignments)] // the last field's end is nobody's start
            fn store(self, mut into: Destination<'_>) {
                let mut end = 0u32;
                $(
                    let at = end.next_multiple_of($ty::ALIGN);
                    end = at + $ty::SIZE;
                    into.field(at, self.$field);
                )*
            }
        }
    )* };
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

/// A resource that the holder of this value owns: its representation. Lowering it gives it to the
/// guest; it isn't destroyed by itself.
pub struct Own<R> {
    rep: u32,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Own<R> {
    /// The resource with this representation.
    #[inline(always)]
    pub fn new(rep: u32) -> Own<R> {
        Own {
            rep,
            resource: PhantomData,
        }
    }

    /// The representation.
    #[inline(always)]
    pub fn rep(&self) -> u32 {
        self.rep
    }
}

impl<R> Value for Own<R> {
    const SIZE: u32 = 4;
    const ALIGN: u32 = 4;
}

impl<R: Resource> Store for Own<R> {
    #[inline]
    fn store(self, into: Destination<'_>) {
        // SAFETY: a destination's instance is one of the program's.
        unsafe { handles::lower_own(into.instance, R::TYPE, self.rep) }.store(into);
    }
}

/// A resource that a guest lends for the call: its representation.
pub struct Borrow<R> {
    rep: u32,
    resource: PhantomData<fn() -> R>,
}

impl<R> Clone for Borrow<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Borrow<R> {}

impl<R: Resource> Borrow<R> {
    /// The resource with this representation.
    #[inline(always)]
    pub fn new(rep: u32) -> Borrow<R> {
        Borrow {
            rep,
            resource: PhantomData,
        }
    }

    /// The representation.
    #[inline(always)]
    pub fn rep(self) -> u32 {
        self.rep
    }
}

impl<R> Value for Borrow<R> {
    const SIZE: u32 = 4;
    const ALIGN: u32 = 4;
}

impl<R: Resource> Load for Borrow<R> {
    const CHECKED: bool = true;
    #[inline]
    fn load(cx: &Cx, from: Source<'_>) -> Borrow<R> {
        cx.lift_borrow(u32::load(cx, from))
    }
}

/// A list that a guest passed: where it is. Elements are read from the guest's memory each time.
pub struct GuestSlice<T> {
    at: u32,
    len: u32,
    element: PhantomData<fn() -> T>,
}

impl<T> Clone for GuestSlice<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for GuestSlice<T> {}

impl<T: Load> GuestSlice<T> {
    /// Lifts a list. Traps unless all of it lies in the memory, aligned, and every element is valid.
    #[inline]
    pub fn lift(cx: &Cx, at: u32, len: u32) -> GuestSlice<T> {
        let bytes = match len.checked_mul(T::SIZE) {
            Some(bytes) if bytes <= MAX_LIST_BYTES => bytes,
            _ => raise(Trap::PointerOutOfBounds),
        };
        cx.check(at, bytes, T::ALIGN);
        let list = GuestSlice {
            at,
            len,
            element: PhantomData,
        };
        if T::CHECKED {
            list.iter(cx).for_each(drop);
        }
        list
    }

    /// Number of elements.
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The elements in order.
    pub fn iter(self, cx: &Cx) -> impl ExactSizeIterator<Item = T> {
        let from = cx.source(self.at, self.len * T::SIZE, T::ALIGN);
        (0..self.len as usize)
            .map(move |index| T::load(cx, from.at(index as u32 * T::SIZE, T::SIZE)))
    }
}

impl GuestSlice<u8> {
    /// The bytes.
    #[inline]
    pub fn bytes(self, cx: &Cx) -> &[u8] {
        cx.slice(self.at, self.len, 1)
    }
}

impl<T> Value for GuestSlice<T> {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 4;
}

impl<T: Load> Load for GuestSlice<T> {
    const CHECKED: bool = true;
    #[inline]
    fn load(cx: &Cx, from: Source<'_>) -> GuestSlice<T> {
        let (at, len) = <(u32, u32)>::load(cx, from);
        GuestSlice::lift(cx, at, len)
    }
}

/// A list that was put into the guest's memory for a result.
pub struct NewList<T> {
    at: u32,
    len: u32,
    element: PhantomData<fn(T)>,
}

impl<T> Value for NewList<T> {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 4;
}

impl<T> Store for NewList<T> {
    #[inline]
    fn store(self, into: Destination<'_>) {
        (self.at, self.len).store(into);
    }
}

/// A list that is being put into the guest's memory ([`Cx::list`]).
pub struct ListBuilder<T> {
    pub(super) at: u32,
    pub(super) capacity: u32,
    pub(super) len: u32,
    pub(super) element: PhantomData<fn(T)>,
}

impl<T: Store> ListBuilder<T> {
    /// Appends an element. There must be room for it.
    pub fn push(&mut self, cx: &mut Cx, value: T) {
        if self.len == self.capacity {
            raise(Trap::HostFunction);
        }
        // The list's bytes fit 32 bits, but its place is a guest's number.
        cx.store(self.at.wrapping_add(self.len * T::SIZE), value);
        self.len += 1;
    }

    /// Ends the list. Room that wasn't needed is given back, unless the list is empty: the ABI has no
    /// way to free a block.
    pub fn finish(self, cx: &mut Cx) -> NewList<T> {
        let ListBuilder {
            mut at,
            capacity,
            len,
            ..
        } = self;
        if len != capacity && len != 0 {
            at = cx.realloc(at, capacity * T::SIZE, T::ALIGN, len * T::SIZE);
        }
        NewList {
            at,
            len,
            element: PhantomData,
        }
    }
}

impl ListBuilder<u8> {
    /// The room that is left, for bytes to be written to.
    pub fn room<'a>(&self, cx: &'a mut Cx) -> &'a mut [u8] {
        cx.slice_mut(self.at.wrapping_add(self.len), self.capacity - self.len, 1)
    }

    /// Appends the first `bytes` bytes of [`Self::room`], which have been written.
    pub fn advance(&mut self, bytes: usize) {
        if bytes > (self.capacity - self.len) as usize {
            raise(Trap::HostFunction);
        }
        self.len += bytes as u32;
    }
}
