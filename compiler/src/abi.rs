use crate::{program::Signature,types::*};
pub fn lowered_signature(_: &Types, _: &FuncType) -> Signature { todo!() }
